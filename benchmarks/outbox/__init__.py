"""`make bench-outbox`: what the outbox costs and carries, beside raw SQL, bare boto3 and peers."""
