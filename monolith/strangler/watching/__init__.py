"""What somebody has to look after while paths move, and what they do when something is wrong."""
