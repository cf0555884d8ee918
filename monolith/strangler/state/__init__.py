"""Where every path stands and since when, who put it there, and what is in force in a process."""
