"""What every service's handlers need at the edge; it knows no service."""
