"""Asking a trained policy questions about a table."""
