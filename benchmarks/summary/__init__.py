"""What a summary of each customer of the real trade costs to keep, and where its thresholds lie."""
