"""TextWorld's mazes as data."""
