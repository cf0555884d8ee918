"""Other outboxes, each behind one adapter module that runs in an environment of its own."""
