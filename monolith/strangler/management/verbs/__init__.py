"""What `manage.py strangler` can do: one module per verb, or per few that belong together."""
