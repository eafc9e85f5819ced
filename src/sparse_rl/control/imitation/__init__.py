"""Imitation: acting as an expert does, from few of its trajectories."""
