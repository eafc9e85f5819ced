"""Columns of which some cells are empty, as people leave them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from sparse_rl.datamodules.everyday.cells import DrawnColumn
from sparse_rl.datamodules.everyday.topics import TopicColumn

_WITH_GAPS = 0.45
"""Share of the tables with such columns."""
_MARKERS = ("", "", "", "", "-", "n/a", "?")
"""What files write for a missing amount, measure or date."""
_MARKED = ("money", "measure", "date")


def leave_gaps(
    rng: random.Random, columns: Sequence[TopicColumn], cells: Sequence[DrawnColumn]
) -> list[DrawnColumn]:
    """Empties some cells of one to three columns, in some of the tables.

    Columns that name or number the rows, or say yes and no, have all their cells.
    """
    found = list(cells)
    free = [place for place, column in enumerate(columns) if _may_have_gaps(column)]
    if free and rng.random() < _WITH_GAPS:
        for place in rng.sample(free, min(len(free), rng.randint(1, 3))):
            found[place] = _with_gaps(rng, columns[place], cells[place])
    return found


def _may_have_gaps(column: TopicColumn) -> bool:
    name, *rest = column.cells.split()
    numbered = name in ("serial", "rank", "code") or "distinct" in rest
    return not (numbered or column.is_flag or column.names or column.measured)


def _with_gaps(rng: random.Random, column: TopicColumn, drawn: DrawnColumn) -> DrawnColumn:
    size = len(drawn.texts)
    number = min(max(1, round(size * rng.uniform(0.1, 0.55))), size - 2)
    empty = set(rng.sample(range(size), number))
    marker = rng.choice(_MARKERS) if column.cells.split()[0] in _MARKED else ""
    return replace(
        drawn,
        values=tuple(None if row in empty else cell for row, cell in enumerate(drawn.values)),
        texts=tuple(marker if row in empty else text for row, text in enumerate(drawn.texts)),
    )
