"""The whole platform on one machine: PostgreSQL, AWS, Lambda, and the shop's own processes."""
