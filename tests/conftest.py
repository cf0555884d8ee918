"""What every test may rely on. The database is provided by tests/settings.py."""
