"""The verbs of `manage.py strangler`, one module each."""
