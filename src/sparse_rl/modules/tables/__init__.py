"""The policy over programs that answer questions about tables."""
