"""The cells of a column that have a value, and what shares of them can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sparse_rl.annotation.readers.column_options import ColumnOptions
from sparse_rl.annotation.readers.columns.missing import missing_markers
from sparse_rl.annotation.readers.columns.reading import ColumnReading, Type

# One cell of five, or a single one, may contradict the others before a column is plain text.
_FEW = 0.2
# So many cells show whether a column may have numbers or dates at all.
_SAMPLE = 100


@dataclass
class ColumnCells:
    """Cells of a column that have a value, with their rows."""

    header: str
    cells: list[str]
    rows: list[int]
    options: ColumnOptions
    markers: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, header: str, cells: Sequence[str], options: ColumnOptions) -> ColumnCells:
        missing = missing_markers(options)
        stripped = {cell: cell.strip() for cell in dict.fromkeys(cells)}
        markers = {cell: text for cell, text in stripped.items() if text.lower() in missing}
        rows = [row for row, cell in enumerate(cells, 1) if cell not in markers]
        texts = [stripped[cell] for cell in cells if cell not in markers]
        return cls(header, texts, rows, options, [*dict.fromkeys(filter(None, markers.values()))])

    def named(self, place: int) -> str:
        """Names a cell for people."""
        return f"{self.cells[place]!r} (row {self.rows[place]})"


def typed(column: ColumnCells, type_: Type, notes: Sequence[str] = ()) -> ColumnReading:
    """Returns a reading of the column's cells, with the markers that it leaves out."""
    notes = list(notes)
    if column.markers:
        notes.append(f"missing: {', '.join(column.markers)}")
    return ColumnReading(
        column.header, type_, missing=missing_markers(column.options), notes=tuple(notes)
    )


def hopeless(cells: Sequence[str], reads: Callable[[str], bool]) -> bool:
    """Whether fewer than half of the first cells of a long column can be read."""
    sample = cells[:_SAMPLE]
    return len(cells) > _SAMPLE and 2 * sum(map(reads, sample)) < len(sample)


def few(misses: Sequence[int], all_: Sequence[object]) -> bool:
    """Whether so few cells cannot be read that they look like mistakes."""
    hits = len(all_) - len(misses)
    return hits >= 2 and len(misses) <= max(1, _FEW * len(all_))
