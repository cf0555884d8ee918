"""One letter per order, by event notification and by event-carried state transfer, side by side."""
