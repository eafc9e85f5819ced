"""Fictitious tables: modified copies of a table, with other right answers.

A program with the meaning of the question gives the right answer on every table; a spurious
program seldom does (Pasupat and Liang, "Inferring Logical Forms From Denotations", ACL 2016).
The question's constants, which its words name, must still occur. So cells only change places within
their column, and only some of them, so that most rows still keep related cells together.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from sparse_rl.interpreters.tables.table import Table


def fictitious(table: Table, rng: random.Random, moved: float = 0.5, dropped: float = 0.1) -> Table:
    """Copies a table with rows dropped, cells exchanged, and rows in another order.

    Args:
        table: the original.
        rng: generator of all draws.
        moved: share of the rows whose cells change places, drawn separately for each column.
        dropped: probability of dropping a row. One row always stays.
    """
    rows = [row for row in range(table.size) if rng.random() >= dropped]
    rows = rows or list(range(table.size))[:1]
    rng.shuffle(rows)
    sources: dict[str, list[int]] = {}
    for property_ in table.properties:
        # Text, number and date of a cell stay together.
        order = sources.setdefault(_source(property_.name), [])
        if not order:
            order[:] = exchanged(rows, moved, rng)
    return rearranged(table, [sources[_source(p.name)] for p in table.properties])


def shuffled(table: Table, rng: random.Random) -> Table:
    """Copies a table with the rows in another order."""
    rows = list(range(table.size))
    rng.shuffle(rows)
    return rearranged(table, [rows] * len(table.properties))


def exchanged(rows: Sequence[int], share: float, rng: random.Random) -> list[int]:
    """Exchanges the places of about a share of the rows."""
    chosen = [place for place in range(len(rows)) if rng.random() < share]
    arriving = rng.sample(chosen, len(chosen))
    result = list(rows)
    for place, source in zip(chosen, arriving, strict=True):
        result[place] = rows[source]
    return result


def rearranged(table: Table, rows: Sequence[Sequence[int]]) -> Table:
    """Copies a table with the cells of the given rows, column by column."""
    columns = [
        [column[row] for row in order] for column, order in zip(table.columns, rows, strict=True)
    ]
    names = [p.name for p in table.properties]
    size = len(rows[0]) if rows else table.size
    return Table.of_views(
        table.name, table.header, table.types, names, columns, size, table.wording
    )


def _source(name: str) -> str:
    """Name of a view without its kind, which all views of a column share."""
    return name.rpartition("-")[0]
