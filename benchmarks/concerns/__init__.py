"""The headline: what moving reads out does to the reads, the writes and the database."""
