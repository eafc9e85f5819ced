"""Readers of people's own tables and questions: numbers, dates, durations, and columns as a whole.

The benchmarks have rules of their own, which stay as they are: CoreNLP's of 2015 in
`annotation.cells` and WikiSQL's in `interpreters.tables`.

Libraries decide text by text (price-parser, dateutil) or for a locale that must be known (babel),
so none of them can let the other cells of a column decide.
"""

from sparse_rl.annotation.readers.columns import ColumnReading, read_columns
from sparse_rl.annotation.readers.dates import read_date
from sparse_rl.annotation.readers.durations import read_duration
from sparse_rl.annotation.readers.numbers import Quantity, read_quantity

__all__ = [
    "ColumnReading",
    "Quantity",
    "read_columns",
    "read_date",
    "read_duration",
    "read_quantity",
]
