"""Examples in Arrow files that are mapped into memory: objects are made of those that are used."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload
from weakref import WeakValueDictionary

from sparse_rl.datamodules.tables.example_records import answer_of, example_of, table_of
from sparse_rl.interpreters.tables.answers import Gold
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1000
"""Records that are read at once where all are."""
_TABLES = 16
"""Tables that stay for the next examples: those of neighbours are often the same."""


class StoredExamples(Sequence[Example]):
    """The examples of a split, in their order.

    An example is made when it is first asked for, by its place or by iteration, and stays, so that
    it is one object. `each` makes all that are not there yet without keeping them; other methods
    read single columns. A table is one object for all its examples, and goes with the last of them.

    Args:
        tables: records of `table_records`.
        examples: records of `example_records`.
    """

    def __init__(self, tables: pa.Table, examples: pa.Table) -> None:
        self._tables, self._records = tables, examples
        self._columns = [(name, examples.column(name)) for name in examples.column_names]
        names = tables.column("name").to_pylist()
        self._place_of_table = {name: place for place, name in enumerate(names)}
        self._made: list[Example | None] = [None] * len(examples)
        self._made_tables: WeakValueDictionary[str, Table] = WeakValueDictionary()
        self._last_tables: deque[Table] = deque(maxlen=_TABLES)

    def __len__(self) -> int:
        return len(self._made)

    @overload
    def __getitem__(self, place: int) -> Example: ...
    @overload
    def __getitem__(self, place: slice) -> list[Example]: ...
    def __getitem__(self, place: int | slice) -> Example | list[Example]:
        if isinstance(place, slice):
            return [self[index] for index in range(len(self))[place]]
        example = self._made[place]
        if example is None:
            place = range(len(self))[place]
            record = {name: column[place].as_py() for name, column in self._columns}
            example = self._made[place] = self._example(record)
        return example

    def __iter__(self) -> Iterator[Example]:
        for place, example in enumerate(self.each()):
            if self._made[place] is None:
                self._made[place] = example
            yield example

    def each(self) -> Iterator[Example]:
        """Yields all examples; those that are not there already are not kept."""
        for start in range(0, len(self), _ROWS):
            records = self._records.slice(start, _ROWS).to_pylist()
            for place, record in enumerate(records, start):
                yield self._made[place] or self._example(record)

    def ids(self) -> list[str]:
        """Returns the examples' ids."""
        return list(self._column("id"))

    def wordless(self) -> Iterator[str]:
        """Yields the ids of examples whose question has no word."""
        columns = zip(self._column("id"), self._column("tokens"), strict=True)
        return (id_ for id_, tokens in columns if not any(tokens))

    def lengths(self) -> list[int]:
        """Returns the numbers of tokens of the examples' questions."""
        return [len(tokens) for tokens in self._column("tokens")]

    def questions(self) -> Iterator[tuple[str, str, str]]:
        """Yields id, question and table's name of every example."""
        columns = (self._column(name) for name in ("id", "question", "table"))
        return zip(*columns, strict=True)

    def answers(self) -> Iterator[Gold | None]:
        """Yields the answer of every example."""
        return map(answer_of, self._column("answer"))

    def tables(self) -> Iterator[Table]:
        """Yields the tables of the examples, in the order of their first use."""
        return map(self._table, dict.fromkeys(self._column("table")))

    def unread_numbers(self) -> int:
        """Counts the cells of number columns that are no numbers."""
        used = set(self._column("table"))
        records = self._tables.to_batches(_ROWS)
        columns = (batch.select(["name", "unread_numbers"]).to_pylist() for batch in records)
        return sum(r["unread_numbers"] for part in columns for r in part if r["name"] in used)

    def _column(self, name: str) -> Iterator[Any]:
        for start in range(0, len(self), _ROWS):
            yield from self._records.column(name).slice(start, _ROWS).to_pylist()

    def _example(self, record: dict[str, Any]) -> Example:
        return example_of(record, self._table(record["table"]))

    def _table(self, name: str) -> Table:
        table = self._made_tables.get(name)
        if table is None:
            place = self._place_of_table[name]
            (record,) = self._tables.slice(place, 1).to_pylist()
            table = self._made_tables[name] = table_of(record)
            self._last_tables.append(table)
        return table
