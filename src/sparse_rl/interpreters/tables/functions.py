"""Functions of the program language; `signature` explains their type hints."""

from __future__ import annotations

from collections.abc import Iterator

from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.row_sets import is_one
from sparse_rl.interpreters.tables.signature import Answer, OneRow, Ordered, Rows, Strings, Where
from sparse_rl.interpreters.tables.table import (
    Cell,
    NumberProperty,
    OrderedProperty,
    Property,
    Relation,
    StringProperty,
    Table,
    firsts,
)

NO_ANSWER = "no answer"
"""Denotation of `no_answer`, and the answer of a question that its table does not answer."""


def hop(table: Table, rows: Rows, column: Property) -> Answer:
    """Values of the column over the rows, with duplicates, in row order.

    >>> hop(medals(), Rows(0b110), medals().properties[0])
    ('peru', 'uruguay')
    """
    return table.values(rows, column.column)


def distinct_hop(table: Table, rows: Rows, column: Property) -> Answer:
    """The different values of the column over the rows, in order of their first rows.

    >>> distinct_hop(medals(), Rows(0b110), medals().properties[0])
    ('peru', 'uruguay')
    """
    return tuple(dict.fromkeys(table.values(rows, column.column)))


def filter_in(table: Table, rows: Rows, strings: Strings, column: StringProperty) -> Where:
    """Rows whose normalised cell contains any of the strings, as whole words.

    >>> bin(filter_in(medals(), Rows(0b111), Strings(("peru",)), medals().properties[0]))
    '0b10'
    """
    return Where(rows & table.containing(column.column, strings))


def filter_not_in(table: Table, rows: Rows, strings: Strings, column: StringProperty) -> Where:
    """Rows whose normalised cell contains none of the strings; an empty cell contains none.

    >>> bin(filter_not_in(medals(), Rows(0b111), Strings(("peru",)), medals().properties[0]))
    '0b101'
    """
    return Where(rows & ~table.containing(column.column, strings))


def filter_eq(table: Table, rows: Rows, value: Ordered, column: OrderedProperty) -> Where:
    """Rows whose number or date is equal.

    >>> bin(filter_eq(medals(), Rows(0b111), 2.0, medals().properties[1]))
    '0b100'
    """
    return _compared(table, rows, "eq", value, column)


def filter_ne(table: Table, rows: Rows, value: Ordered, column: OrderedProperty) -> Where:
    """Rows whose number or date is different, and rows without a value.

    >>> bin(filter_ne(medals(), Rows(0b111), 2.0, medals().properties[1]))
    '0b11'
    """
    if isinstance(value, Date) != (table.types[column.column] == "date"):
        return Where(0)
    return Where(rows & ~table.compared(column.column, "eq", value))


def filter_gt(table: Table, rows: Rows, value: Ordered, column: OrderedProperty) -> Where:
    """Rows whose number or date is greater.

    >>> bin(filter_gt(medals(), Rows(0b111), 2.0, medals().properties[1]))
    '0b11'
    """
    return _compared(table, rows, "gt", value, column)


def filter_ge(table: Table, rows: Rows, value: Ordered, column: OrderedProperty) -> Where:
    """Rows whose number or date is greater or equal.

    >>> bin(filter_ge(medals(), Rows(0b111), 3.0, medals().properties[1]))
    '0b11'
    """
    return _compared(table, rows, "ge", value, column)


def filter_lt(table: Table, rows: Rows, value: Ordered, column: OrderedProperty) -> Where:
    """Rows whose number or date is less.

    >>> bin(filter_lt(medals(), Rows(0b111), 5.0, medals().properties[1]))
    '0b110'
    """
    return _compared(table, rows, "lt", value, column)


def filter_le(table: Table, rows: Rows, value: Ordered, column: OrderedProperty) -> Where:
    """Rows whose number or date is less or equal.

    >>> bin(filter_le(medals(), Rows(0b111), 3.0, medals().properties[1]))
    '0b110'
    """
    return _compared(table, rows, "le", value, column)


def argmax(table: Table, rows: Rows, column: OrderedProperty) -> Rows:
    """Rows with the greatest value; rows without a value are left out.

    >>> bin(argmax(medals(), Rows(0b110), medals().properties[1]))
    '0b10'
    """
    return Rows(table.extreme(rows, column.column, greatest=True))


def argmin(table: Table, rows: Rows, column: OrderedProperty) -> Rows:
    """Rows with the least value; rows without a value are left out.

    >>> bin(argmin(medals(), Rows(0b011), medals().properties[1]))
    '0b10'
    """
    return Rows(table.extreme(rows, column.column, greatest=False))


def first(table: Table, rows: Rows) -> Rows:
    """The first of several rows.

    >>> bin(first(medals(), Rows(0b110))), bin(first(medals(), Rows(0b100)))
    ('0b10', '0b0')
    """
    return Rows(rows & -rows if not is_one(rows) else 0)


def last(table: Table, rows: Rows) -> Rows:
    """The last of several rows.

    >>> bin(last(medals(), Rows(0b110))), bin(last(medals(), Rows(0b100)))
    ('0b100', '0b0')
    """
    return Rows(1 << rows.bit_length() - 1 if not is_one(rows) else 0)


def previous(table: Table, rows: Rows) -> Rows:
    """The row before each row; the first row of the table has none.

    >>> bin(previous(medals(), Rows(0b101)))
    '0b10'
    """
    return Rows(rows >> 1)


def next_(table: Table, rows: Rows) -> Rows:
    """The row after each row; the last row of the table has none.

    >>> bin(next_(medals(), Rows(0b101)))
    '0b10'
    """
    return Rows(rows << 1 & table.all_rows)


def same_as(table: Table, row: OneRow, column: Property) -> Rows:
    """The other rows with the row's value.

    >>> bin(same_as(medals(), OneRow(0b1), medals().properties[1]))
    '0b0'
    """
    if not is_one(row):
        return Rows(0)
    values = table.values(row, column.column)
    return Rows(table.equal(column.column, values[0]) & ~row if values else 0)


def count(table: Table, rows: Rows) -> Answer:
    """Number of rows.

    >>> count(medals(), Rows(0b101))
    (2,)
    """
    return (rows.bit_count(),)


def count_distinct(table: Table, rows: Rows, column: Property) -> Answer:
    """Number of different values.

    >>> count_distinct(medals(), Rows(0b111), medals().properties[0])
    (3,)
    """
    number = table.number_of_values(rows, column.column)
    return (number,) if number else ()


def no_answer(table: Table, rows: Rows) -> Answer:
    """Says that the table does not answer the question; only of all rows.

    >>> no_answer(medals(), Rows(0b111)), no_answer(medals(), Rows(0b101))
    (('no answer',), ())
    """
    return (NO_ANSWER,) if rows == table.all_rows else ()


def maximum(table: Table, rows: Rows, column: OrderedProperty) -> Answer:
    """The greatest value.

    >>> maximum(medals(), Rows(0b111), medals().properties[1])
    (7,)
    """
    return _first_cell(table, argmax(table, rows, column), column)


def minimum(table: Table, rows: Rows, column: OrderedProperty) -> Answer:
    """The least value.

    >>> minimum(medals(), Rows(0b111), medals().properties[1])
    (2,)
    """
    return _first_cell(table, argmin(table, rows, column), column)


def sum(table: Table, rows: Rows, column: NumberProperty) -> Answer:
    """The sum of the values.

    >>> sum(medals(), Rows(0b111), medals().properties[1])
    (12,)
    """
    known = rows & table.present(column.column)
    return (table.total(known, column.column),) if known else ()


def average(table: Table, rows: Rows, column: NumberProperty) -> Answer:
    """The mean of the values.

    >>> average(medals(), Rows(0b111), medals().properties[1])
    (4.0,)
    """
    known = rows & table.present(column.column)
    return (table.total(known, column.column) / known.bit_count(),) if known else ()


def mode(table: Table, rows: Rows, column: Property) -> Answer:
    """All most frequent values, in order of their first rows.

    >>> mode(medals(), Rows(0b011), medals().properties[0])
    ('brazil', 'peru')
    """
    return tuple(table.most_frequent(rows, column.column))


def diff(table: Table, row: OneRow, other: OneRow, column: NumberProperty) -> Answer:
    """The absolute difference between two rows.

    >>> diff(medals(), OneRow(0b1), OneRow(0b10), medals().properties[1])
    (4,)
    """
    if row == other or not (is_one(row) and is_one(other)):
        return ()
    values = table.values(row, column.column) + table.values(other, column.column)
    return (abs(values[0] - values[1]),) if len(values) == 2 else ()


def each_value(table: Table, rows: Rows, column: Property) -> Iterator[Cell]:
    """Yields the values of `hop`."""
    return table.each_value(rows, column.column)


def each_distinct_value(table: Table, rows: Rows, column: Property) -> Iterator[Cell]:
    """Yields the values of `distinct_hop`."""
    return firsts(table.each_value(rows, column.column))


def each_most_frequent(table: Table, rows: Rows, column: Property) -> Iterator[Cell]:
    """Yields the values of `mode`."""
    return table.most_frequent(rows, column.column)


def _compared(
    table: Table, rows: int, relation: Relation, value: Ordered, column: Property
) -> Where:
    return Where(rows & table.compared(column.column, relation, value))


def _first_cell(table: Table, rows: Rows, column: Property) -> Answer:
    return (table.columns[column.column][(rows & -rows).bit_length() - 1],) if rows else ()


def medals() -> Table:
    """Small table for the examples above."""
    rows = [("Brazil", 7), ("Peru", 3), ("Uruguay", 2)]
    return Table("medals", ("Nation", "Golds"), ("text", "real"), rows)
