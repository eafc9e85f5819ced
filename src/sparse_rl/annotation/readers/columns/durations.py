"""Columns of durations: whether `3:25` is minutes and seconds."""

from __future__ import annotations

from dataclasses import replace

import regex as re

from sparse_rl.annotation.readers.columns.cells import ColumnCells, few, hopeless, typed
from sparse_rl.annotation.readers.columns.notes import listed
from sparse_rl.annotation.readers.columns.reading import ColumnReading, Defaults
from sparse_rl.annotation.readers.durations import read_duration, zone_of

_SCORE_HEADER = re.compile(
    r"\b(?:scores?|results?|ratios?|odds|sets?|goals?|points?|tore|punkte|ergebnis|buts|goles)\b|"
    r"verhältnis",
    re.IGNORECASE,
)
_SIZE_HEADER = re.compile(r"height|length|width|depth|size|tall|distance", re.IGNORECASE)
_FEET = re.compile(r"\d+\s?['′’]\s?(?:\d+(?:\.\d+)?\s?(?:[\"″”]|''))?")


def duration_column(column: ColumnCells, defaults: Defaults) -> ColumnReading | str:
    """Reads a column of durations; else tells what contradicts it, "" if hardly a cell fits."""
    wanted = column.options.type == "duration"
    if not wanted and hopeless(column.cells, lambda c: read_duration(c) is not None):
        return ""
    if not wanted and _SIZE_HEADER.search(column.header):
        feet = [i for i, cell in enumerate(column.cells) if _FEET.fullmatch(cell)]
        if feet:
            return f"{column.named(feet[0])} is feet and inches, which are not read as one number"
    pairs = [re.fullmatch(r"(\d{1,9}):\d\d", cell) for cell in column.cells]
    three = any(re.fullmatch(r"\d+:\d\d:\d\d(?:\.\d+)?", cell) for cell in column.cells)
    if not wanted and all(pairs) and _SCORE_HEADER.search(column.header):
        return f"{column.named(0)} may be a score or a time: set the column's type if it is a time"
    laps = any(re.fullmatch(r"\d+:\d\d[.,]\d+", cell) for cell in column.cells)
    minutes = laps or any(pair and int(pair[1]) >= 24 for pair in pairs) or (any(pairs) and three)
    values = [read_duration(cell, minutes) for cell in column.cells]
    if None in values:
        misses = [i for i, value in enumerate(values) if value is None]
        if wanted or few(misses, values):
            return f"{column.named(misses[0])} is no duration, the other cells are"
        return ""
    zones = sorted({zone_of(cell) for cell in column.cells if cell[-1].isupper()} - {""})
    if len(zones) > 1:
        return f"the cells have times in {listed(zones)}"
    notes = ["in seconds"]
    if any(pairs):
        notes = [f"in seconds, {'minutes' if minutes else 'hours'} first"]
    return replace(typed(column, "duration", notes), minutes_first=minutes, unit="s")
