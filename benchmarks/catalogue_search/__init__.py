"""How well and how fast the search service finds, beside PostgreSQL."""
