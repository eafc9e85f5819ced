"""Exploration in processes of its own, beside training."""
