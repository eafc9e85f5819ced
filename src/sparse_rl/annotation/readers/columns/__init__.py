"""Columns read as columns: what a cell leaves open, all cells of its column decide."""

from sparse_rl.annotation.readers.columns.decide import read_columns
from sparse_rl.annotation.readers.columns.reading import ColumnReading

__all__ = ["ColumnReading", "read_columns"]
