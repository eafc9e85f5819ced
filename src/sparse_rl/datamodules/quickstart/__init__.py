"""A generated dataset of questions over tables."""
