"""What the data is: the types every stage speaks, and the tables they land in."""
