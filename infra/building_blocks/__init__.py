"""What services are built of: a second service is one short module."""
