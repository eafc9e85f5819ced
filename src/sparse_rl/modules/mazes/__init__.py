"""The policy over moves in a maze."""
