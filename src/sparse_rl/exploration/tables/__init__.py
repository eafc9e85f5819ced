"""Searches and files of programs over tables."""
