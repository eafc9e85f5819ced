"""TextWorld's mazes."""
