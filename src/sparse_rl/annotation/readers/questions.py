"""Constants of a question about a user's own table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import regex as re

from sparse_rl.annotation.readers.columns import ColumnReading
from sparse_rl.annotation.readers.dates import DateText, Order, date_mentions
from sparse_rl.annotation.readers.durations import time_mentions
from sparse_rl.annotation.readers.flags import flag_constants
from sparse_rl.annotation.readers.no_values import no_value_constants
from sparse_rl.annotation.readers.number_mentions import (
    Mention,
    bare_fractions,
    decades_in_words,
    digit_mentions,
)
from sparse_rl.annotation.readers.number_words import word_number
from sparse_rl.annotation.readers.other_names import said_otherwise
from sparse_rl.annotation.readers.units import converted, header_unit, next_unit, symbol
from sparse_rl.interpreters.tables.constants import (
    Constant,
    distinct,
    joined_by_or,
    string_constants,
)
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.table import StringProperty, Table
from sparse_rl.interpreters.tables.text import Token
from sparse_rl.interpreters.tables.wording import exact, folded

# Marks around a name in a question that may belong to its cell.
_MOST_MARKS = 3


@dataclass(frozen=True)
class Style:
    """How a table writes what a text leaves open.

    Attributes:
        decimal: decimal mark.
        order: order of day and month.
        metres: whether a glued `m` is a metre.
        millions: whether a glued `m` may be a million too.
        years: whether a column has years.
        scales: powers of ten in which columns are, such as a million.
        units: symbols of the units of columns.
        times: whether a column has durations or times of day.
        minutes_first: whether `3:25` is minutes and seconds in it.
    """

    decimal: str = "."
    order: Order = "month first"
    metres: bool = False
    millions: bool = True
    years: bool = False
    scales: frozenset[int] = frozenset()
    units: frozenset[str] = frozenset()
    times: bool = False
    minutes_first: bool = False

    @classmethod
    def of(cls, columns: Sequence[ColumnReading]) -> Style:
        """Collects the style of a table; of columns that differ, the point and the month win."""
        numbers = [column for column in columns if column.type == "number"]
        dates = [column for column in columns if column.type == "date"]
        times = [column for column in columns if column.type == "duration"]
        commas = any(column.decimal == "," for column in numbers)
        points = any("." in column.decided for column in numbers)
        days = any(column.order == "day first" for column in dates)
        months = any("month first" in column.decided for column in dates)
        metres = any(column.metres or column.unit == "m" for column in numbers)
        return cls(
            "," if commas and not points else ".",
            "day first" if days and not months else "month first",
            metres,
            not metres or any(c.scaled for c in numbers),
            any(column.years for column in numbers),
            frozenset(column.header_scale for column in numbers) - {1},
            frozenset(symbol(c.unit) or header_unit(c.header) for c in numbers) - {""},
            bool(times),
            any(column.minutes_first for column in times),
        )


def question_constants(
    question: str, tokens: Sequence[Token], table: Table, style: Style, alternatives: bool = True
) -> tuple[Constant, ...]:
    """Finds the strings, numbers and dates of a question.

    Args:
        question: text of the question.
        tokens: its tokens, by the table's wording.
        table: the table.
        style: how the table writes numbers and dates.
        alternatives: whether to offer pairs of strings joined by "or".
    """
    constants = [
        _as_written(constant, question, tokens, table)
        for constant in string_constants(tokens, table)
    ]
    constants += _symbols(question, tokens, table)
    constants += _of_other_number(tokens, constants, table)
    constants += flag_constants(tokens, table)
    constants += said_otherwise(tokens, constants, table)
    if alternatives:
        constants += joined_by_or(constants, tokens)
    dates = list(date_mentions(question, style.order))
    if "date" in table.types:
        constants = [c for c in constants if not _is_part_of_date(c, tokens, dates, table)]
    constants += no_value_constants(tokens, table)
    if "real" in table.types:
        constants += _numbers(question, tokens, dates, style)
    if "date" in table.types:
        constants += _dates(question, tokens, dates)
    return distinct(constants)


_SHORTEST_NOUN = 3
_LONGEST_NOUN = 4
"""Words of a cell that is looked for in its plural or singular."""


def _of_other_number(
    tokens: Sequence[Token], constants: Sequence[Constant], table: Table
) -> list[Constant]:
    """Finds cells that a question names in the plural, or in the singular: "flats", "hand tool".

    Whole cells, or else the ends of cells ("clocks": "Bracket clock"), and only where the words
    themselves are no constant.
    """
    taken = {place for c in constants for place in range(c.start, c.end)}
    words = [(place, token.text) for place, token in enumerate(tokens) if token.is_word]
    sought = [
        [] if place in taken else list(_other_phrases(words, last))
        for last, (place, _) in enumerate(words)
    ]
    phrases = tuple({f" {phrase} " for spans in sought for phrase, _ in spans})
    # One pass over the cells of a long table.
    cells = {
        key
        for property_ in table.properties
        if isinstance(property_, StringProperty)
        for key in table.keys(property_.column)
        if key.endswith(phrases)
    }
    found: list[Constant] = []
    for (place, _), spans in zip(words, sought, strict=True):
        whole = [span for span in spans if f" {span[0]} " in cells]
        ends = (span for span in spans if any(key.endswith(f" {span[0]} ") for key in cells))
        named = whole or list(islice(ends, 1))
        found += [Constant((phrase,), first, place + 1) for phrase, first in named[:1]]
    return found


def _other_phrases(words: Sequence[tuple[int, str]], last: int) -> Iterator[tuple[str, int]]:
    """Yields phrases that end in another number of a word, with their first token; long ones first.

    Args:
        words: words of the question, with their tokens.
        last: index of the word.
    """
    forms = _other_numbers(words[last][1])
    for first in range(max(0, last - _LONGEST_NOUN + 1), last + 1):
        before = [text for _, text in words[first:last]]
        for form in forms:
            yield " ".join([*before, form]), words[first][0]


def _other_numbers(noun: str) -> tuple[str, ...]:
    """The singulars that a word may be the plural of, and the plurals that it may have.

    >>> _other_numbers("flats"), _other_numbers("cities"), _other_numbers("box")
    (('flat',), ('citie', 'city'), ('boxs', 'boxes'))
    """
    if len(noun) < _SHORTEST_NOUN or not noun.isalpha():
        return ()
    if not noun.endswith("s"):
        return (f"{noun}s", f"{noun}es" if noun[-1] != "y" else f"{noun[:-1]}ies")
    if noun.endswith("ss"):
        return (f"{noun}es",)
    forms = [noun[:-1]]
    if noun.endswith("ies"):
        forms.append(f"{noun[:-3]}y")
    elif noun.endswith("es"):
        forms.append(noun[:-2])
    return tuple(forms)


def _symbols(question: str, tokens: Sequence[Token], table: Table) -> list[Constant]:
    """Finds cells without any word, such as + or ★★, between blanks or at the end of a sentence."""
    cells: set[str] = set()
    for property_ in table.properties:
        if isinstance(property_, StringProperty):
            cells.update(table.names(property_.column).spellings.get("", ()))
    found = []
    for cell in sorted(cells, key=len, reverse=True):
        match = re.search(rf"(?<!\S){re.escape(cell)}(?=[\s?.!,;]|$)", question)
        if match is not None:
            span = [i for i, t in enumerate(tokens) if match.start() <= t.start < match.end()]
            found.append(Constant((folded(cell),), span[0], span[-1] + 1))
    return found


def _as_written(
    constant: Constant, question: str, tokens: Sequence[Token], table: Table
) -> Constant:
    """Names the cell as the question writes it, where its words name several cells."""
    assert isinstance(constant.value, tuple)
    (words,) = constant.value
    cells: set[str] = set()
    for property_ in table.properties:
        if isinstance(property_, StringProperty):
            cells.update(table.names(property_.column).spellings.get(words, ()))
    if len(cells) < 2:
        return constant
    start, end = tokens[constant.start].start, tokens[constant.end - 1].end
    by_fold = {folded(cell): cell for cell in cells}
    for text in _surroundings(question, start, end):
        if exact(text) in cells:
            # Letter case decides only where another cell differs in nothing else.
            twins = sum(folded(cell) == folded(text) for cell in cells)
            name = exact(text) if twins > 1 else folded(text)
            return Constant((name,), constant.start, constant.end)
        if folded(text) in by_fold:
            return Constant((folded(text),), constant.start, constant.end)
    return constant


def _is_part_of_date(
    constant: Constant, tokens: Sequence[Token], dates: Sequence[DateText], table: Table
) -> bool:
    """Whether a string is a piece of a date, and no cell."""
    assert isinstance(constant.value, tuple)
    start, end = tokens[constant.start].start, tokens[constant.end - 1].end
    inside = any(
        date.start <= start and end <= date.end and (date.date.month or date.date.day)
        for date in dates
    )
    columns = [p.column for p in table.properties if isinstance(p, StringProperty)]
    return inside and not any(
        string in table.names(column).spellings for column in columns for string in constant.value
    )


def _surroundings(question: str, start: int, end: int) -> Iterator[str]:
    """Yields a span with the marks around it, with the most marks first."""
    for after in range(_MOST_MARKS, -1, -1):
        for before in range(_MOST_MARKS, -1, -1):
            text = question[max(0, start - before) : end + after]
            extra = question[max(0, start - before) : start] + question[end : end + after]
            if not any(char.isalnum() or char.isspace() for char in extra):
                yield text


def _numbers(
    question: str, tokens: Sequence[Token], dates: Sequence[DateText], style: Style
) -> list[Constant]:
    """Finds the numbers that are no part of a date; and the year of a month, if there are years."""
    mentions = digit_mentions(question, style.decimal, style.metres)
    if style.metres and style.millions:
        mentions += digit_mentions(question, style.decimal)
    mentions += bare_fractions(question)
    mentions += decades_in_words(question)
    mentions += _in_words(tokens, [(mention.start, mention.end) for mention in mentions])
    if style.times:
        mentions = _with_times(mentions, question, style)
    taken = [(d.start, d.end) for d in dates if d.date.month is not None or d.date.day is not None]
    constants = [
        constant
        for mention in mentions
        if not any(start < mention.end and mention.start < end for start, end in taken)
        for constant in _constants(
            (
                *mention.values,
                *_in_scale(mention, question, style),
                *_in_units(mention, question, style),
            ),
            mention.start,
            mention.end,
            tokens,
        )
    ]
    for found in dates if style.years else ():
        year, month, day = found.date.fields
        if year is not None and month is not None and day is None:
            constants += _constants((year,), found.start, found.end, tokens)
    return sorted(constants, key=lambda constant: (constant.start, constant.end))


def _in_scale(mention: Mention, question: str, style: Style) -> list[float]:
    """Values of "3.5 million" in a column of millions."""
    if not any(char.isalpha() for char in question[mention.start : mention.end]):
        return []
    return [
        value / scale
        for value in mention.values
        for scale in sorted(style.scales)
        if abs(value) >= scale
    ]


def _in_units(mention: Mention, question: str, style: Style) -> list[float]:
    """Values of "5 kg" in a column of grams, and of "20 %" where no column has per cent."""
    measured = symbol(mention.unit) if mention.unit else next_unit(question, mention.end)
    if measured == "%":
        return [] if "%" in style.units else [value / 100 for value in mention.values]
    found = (
        converted(value, measured, unit)
        for value in mention.values
        for unit in sorted(style.units)
        if measured not in style.units
    )
    return [value for value in found if value is not None]


def _with_times(mentions: Sequence[Mention], question: str, style: Style) -> list[Mention]:
    """Adds times of day and durations; the 60 of "60 minutes" stays a number too."""
    found = [
        Mention((seconds,), start, end)
        for seconds, start, end in time_mentions(question, style.minutes_first)
    ]
    pieces = [
        mention
        for mention in mentions
        for time in found
        if mention.overlaps(time) and not _is_one_number(question[time.start : time.end])
    ]
    return [*(mention for mention in mentions if mention not in pieces), *found]


def _is_one_number(text: str) -> bool:
    return re.fullmatch(r"[\d.,]+\s*(?![ap]\.?m\b)\p{L}+", text, re.IGNORECASE) is not None


def _in_words(tokens: Sequence[Token], digits: Sequence[tuple[int, int]]) -> Iterator[Mention]:
    """Finds the numbers in words; "3 million" is one in digits."""
    words = [token.text for token in tokens]
    position = 0
    while position < len(tokens):
        taken = any(start <= tokens[position].start < end for start, end in digits)
        read = None if taken else word_number(words, position)
        if read is not None:
            value, end = read
            yield Mention((value,), tokens[position].start, tokens[end - 1].end)
        position = position + 1 if read is None else read[1]


def _dates(question: str, tokens: Sequence[Token], dates: Sequence[DateText]) -> list[Constant]:
    constants = [
        c for date in dates for c in _constants((date.date,), date.start, date.end, tokens)
    ]
    for mention in (*digit_mentions(question), *decades_in_words(question)):
        if len(mention.values) == 2:
            years = tuple(Date(int(year)) for year in mention.values)
            constants += _constants(years, mention.start, mention.end, tokens)
    return sorted(constants, key=lambda constant: constant.start)


def _constants(
    values: Sequence[float | Date], start: int, end: int, tokens: Sequence[Token]
) -> list[Constant]:
    """Makes constants of characters [start, end)."""
    inside = [i for i, token in enumerate(tokens) if token.start < end and start < token.end]
    if not inside:
        return []
    span = inside[0], inside[-1] + 1
    return [Constant(value if isinstance(value, Date) else float(value), *span) for value in values]
