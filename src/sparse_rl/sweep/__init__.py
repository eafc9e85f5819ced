"""Sweeps: many short trainings with drawn options, offline."""
