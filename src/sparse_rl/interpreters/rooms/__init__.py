"""MiniGrid's rooms."""
