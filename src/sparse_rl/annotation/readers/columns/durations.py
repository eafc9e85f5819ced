"""Columns of durations: whether `3:25` is minutes and seconds."""

from __future__ import annotations

from dataclasses import replace

import regex as re

from sparse_rl.annotation.readers.columns.cells import ColumnCells, few, hopeless, typed
from sparse_rl.annotation.readers.columns.reading import ColumnReading, Defaults
from sparse_rl.annotation.readers.durations import read_duration


def duration_column(column: ColumnCells, defaults: Defaults) -> ColumnReading | str:
    """Reads a column of durations; else tells what contradicts it, "" if hardly a cell fits."""
    wanted = column.options.type == "duration"
    if not wanted and hopeless(column.cells, lambda c: read_duration(c) is not None):
        return ""
    pairs = [re.fullmatch(r"(\d{1,9}):\d\d", cell) for cell in column.cells]
    three = any(re.fullmatch(r"\d+:\d\d:\d\d(?:\.\d+)?", cell) for cell in column.cells)
    minutes = any(pair and int(pair[1]) >= 24 for pair in pairs) or (any(pairs) and three)
    values = [read_duration(cell, minutes) for cell in column.cells]
    if None in values:
        misses = [i for i, value in enumerate(values) if value is None]
        if wanted or few(misses, values):
            return f"{column.named(misses[0])} is no duration, the other cells are"
        return ""
    notes = ["in seconds"]
    if any(pairs):
        notes = [f"in seconds, {'minutes' if minutes else 'hours'} first"]
    return replace(typed(column, "duration", notes), minutes_first=minutes, unit="s")
