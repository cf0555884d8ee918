"""Small synthetic files of trade, built line by line; no line is copied from real trade."""
