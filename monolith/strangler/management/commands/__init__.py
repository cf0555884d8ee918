"""Commands of the strangler."""
