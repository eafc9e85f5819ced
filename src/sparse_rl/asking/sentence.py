"""A program in one plain sentence, from which its expressions can be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from sparse_rl.asking.table_words import TableWords, date_words, number_words, quoted
from sparse_rl.asking.tables import OpenTable
from sparse_rl.interpreters.tables.constants import ConstantValue
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.functions import NO_ANSWER
from sparse_rl.interpreters.tables.no_value import NO_VALUE
from sparse_rl.interpreters.tables.program import ALL_ROWS, ExecutedExpression, Expression
from sparse_rl.interpreters.tables.table import OrderedProperty, Property

NO_ANSWER_SENTENCE = "The table does not seem to have the answer."
_RELATIONS = {
    "filter_eq": "is",
    "filter_ne": "is not",
    "filter_gt": "is above",
    "filter_ge": "is at least",
    "filter_lt": "is below",
    "filter_le": "is at most",
}
_IN_TIME = {
    "filter_gt": "is after",
    "filter_ge": "is on or after",
    "filter_lt": "is before",
    "filter_le": "is on or before",
}
_EXTREMES = {"argmax": "greatest", "argmin": "least", "maximum": "greatest", "minimum": "least"}
_EXTREME_DATES = {"greatest": "latest", "least": "earliest"}
_ANSWERS = {
    "hop": "the {column} of {rows}",
    "count_distinct": "the number of different values of {column} among {rows}",
    "sum": "the sum of {column} over {rows}",
    "average": "the average {column} over {rows}",
    "mode": "the most frequent {column} among {rows}",
    "diff": "the difference in {column} between {rows} and {other}",
}
FILTERS = frozenset({*_RELATIONS, "filter_in", "filter_not_in"})
"""Functions of a condition: a constant and a column."""
_ORDERED = {*_RELATIONS, *_EXTREMES, "sum", "average", "diff"}


def sentence_of(phrase: str) -> str:
    """The sentence of a program by the phrase of its last step.

    >>> sentence_of("the number of rows")
    'This is the number of rows.'
    """
    return NO_ANSWER_SENTENCE if phrase == NO_ANSWER else f"This is {phrase}."


def _with_article(noun: str) -> str:
    """A name of a column after "with" or "without"; names of several things have no article.

    >>> _with_article("Score"), _with_article("Email"), _with_article("Goals")
    ('a Score', 'an Email', 'Goals')
    """
    if noun.endswith("s") and not noun.endswith("ss"):
        return noun
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


@dataclass(frozen=True)
class _Rows:
    """Rows in words: `all rows`, or a noun with what tells the rows apart.

    Attributes:
        count: number of rows.
        which: follows the noun; "" for all rows of the table.
        conditions: whether `which` is conditions, to which another one can be added.
        having: which cells the rows have or lack, before the conditions; "" for none.
        among: the rows that they are chosen from, with a word before; "" for the table's.
        noun: "row", or with a word before.
        whole: the whole phrase, where it has no noun.
    """

    count: int
    which: str = ""
    conditions: bool = False
    having: str = ""
    among: str = ""
    noun: str = "row"
    whole: str = ""

    def __str__(self) -> str:
        if self.whole:
            return self.whole
        number = "" if self.count == 1 else f"{self.count:,} "
        return f"the {number}{self._noun(self.count)} {self._told}"

    @property
    def counted(self) -> str:
        """The rows without their number."""
        return self.whole or f"{self._noun(2)} {self._told}"

    @property
    def _told(self) -> str:
        return " ".join(filter(None, (self.having, self.which))) + self.among

    def restricted(self, condition: str, count: int, of_cells: bool) -> _Rows:
        """These rows with one more condition, which may be that they have or lack a cell."""
        if of_cells:
            having = f"{self.having} and {condition}" if self.having else condition
            return replace(self, count=count, having=having)
        which = f"{self.which} and {condition}" if self.which else f"where {condition}"
        return replace(self, count=count, which=which)

    def _noun(self, count: int) -> str:
        return self.noun if count == 1 else f"{self.noun}s"


class SentenceWriter:
    """Says what programs on a table compute.

    Args:
        opened: the table.
        words: constants as the question writes them.
    """

    def __init__(
        self, opened: OpenTable, words: Mapping[ConstantValue, str] = MappingProxyType({})
    ) -> None:
        self._words = TableWords(opened, words)
        self._properties = {property_.name: property_ for property_ in opened.table.properties}
        self._all = _Rows(opened.table.size, whole="all rows")

    def sentence(self, steps: Sequence[ExecutedExpression]) -> str:
        """A program in a sentence: "This is the Golds of the row where Nation is Peru.".

        Programs that differ in more than the order of their expressions have different sentences.

        Args:
            steps: the program with its values.
        """
        return sentence_of(self.phrases(steps)[-1])

    def phrases(self, steps: Sequence[ExecutedExpression]) -> list[str]:
        """What every step of a program computes, with the steps before it."""
        rows: dict[str, _Rows] = {ALL_ROWS: self._all}
        found = []
        for index, step in enumerate(steps):
            if isinstance(step.value, int):
                kept = self._rows(step.expression, rows, step.value.bit_count())
                rows[f"v{index}"] = kept
                found.append(str(kept))
            elif step.expression.function == "no_answer":
                found.append(NO_ANSWER)
            else:
                found.append(self._answer(step.expression, rows))
        return found

    def condition(self, expression: Expression) -> str:
        """The condition of a filter: "Golds is above 5", "without a Score"."""
        constant, name = expression.arguments
        function, property_ = expression.function, self._properties[str(name)]
        column = self._words.column(property_, function in _ORDERED)
        if constant == NO_VALUE:
            preposition = "without" if function == "filter_in" else "with"
            return f"{preposition} {_with_article(column.noun)}"
        if not isinstance(constant, tuple):
            assert not isinstance(constant, str)
            relation = (_IN_TIME if column.view == "date" else {}).get(function)
            value = self._words.ordered(constant, property_)
            return f"{column.subject} {relation or _RELATIONS[function]} {value}"
        said, whole = self._words.strings(constant, property_)
        if column.written:
            relations = ("is written", "is not written")
        else:
            relations = ("is", "is not") if whole else ("contains", "does not contain")
        return f"{column.subject} {relations[function == 'filter_not_in']} {' or '.join(said)}"

    def _rows(self, expression: Expression, rows: Mapping[str, _Rows], count: int) -> _Rows:
        """Rows that an expression chooses of other rows."""
        function, given = expression.function, rows[expression.rows]
        among = "" if given is self._all else f" among {given}"
        if function in FILTERS:
            if not given.conditions:
                given = _Rows(count, conditions=True, among=among)
            of_cells = expression.arguments[0] == NO_VALUE
            return given.restricted(self.condition(expression), count, of_cells)
        if function in ("first", "last"):
            of = "row" if given is self._all else f"of {given}"
            return _Rows(count, whole=f"the {function} {of}")
        if function in ("previous", "next"):
            each = " each of" if given.count > 1 else ""
            place = "before" if function == "previous" else "after"
            return _Rows(count, f"right {place}{each} {given}")
        if function == "same_as":
            return _Rows(
                count, f"with the same {self._column(expression)} as {given}", noun="other row"
            )
        if function in _EXTREMES:
            return _Rows(count, f"with the {self._extreme(expression)}", among=among)
        return _Rows(count, whole=self._own(expression, rows))

    def _answer(self, expression: Expression, rows: Mapping[str, _Rows]) -> str:
        function, given = expression.function, rows[expression.rows]
        if function == "count":
            return f"the number of {given.counted}"
        if function in _EXTREMES:
            return f"the {self._extreme(expression)} among {given}"
        if function not in _ANSWERS:
            return self._own(expression, rows)
        said = str(given)
        if function == "hop" and given.count > 1:
            said = "every row" if given is self._all else f"each of {given}"
        names = (a for a in expression.arguments if isinstance(a, str))
        other = next((str(rows[name]) for name in names if name in rows), "")
        return _ANSWERS[function].format(column=self._column(expression), rows=said, other=other)

    def _extreme(self, expression: Expression) -> str:
        """The greatest or least value of a column, in time the latest or earliest."""
        column = self._words.column(self._named(expression), ordered=True)
        extreme = _EXTREMES[expression.function]
        return f"{_EXTREME_DATES[extreme] if column.view == 'date' else extreme} {column.noun}"

    def _column(self, expression: Expression) -> str:
        ordered = expression.function in _ORDERED
        return self._words.column(self._named(expression), ordered).noun

    def _named(self, expression: Expression) -> Property:
        names = [a for a in expression.arguments if isinstance(a, str)]
        return next(self._properties[name] for name in names if name in self._properties)

    def _own(self, expression: Expression, rows: Mapping[str, _Rows]) -> str:
        """A function of the user's own, with all that it is given."""
        given = [self._argument(argument, rows) for argument in expression.arguments]
        more = f" with {' and '.join(given)}" if given else ""
        return f"the result of {expression.function} on {rows[expression.rows]}{more}"

    def _argument(self, argument: ConstantValue | str, rows: Mapping[str, _Rows]) -> str:
        if isinstance(argument, str):
            if argument in rows:
                return str(rows[argument])
            property_ = self._properties[argument]
            return self._words.column(property_, isinstance(property_, OrderedProperty)).noun
        if isinstance(argument, tuple):
            return " or ".join(map(quoted, argument))
        return date_words(argument) if isinstance(argument, Date) else number_words(argument)
