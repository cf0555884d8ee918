"""How did the shop do? Every event as a row in S3, and questions to all of them."""
