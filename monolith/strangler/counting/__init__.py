"""What was seen of reads, in numbers: tallies, their statistics, and the watches that they move."""
