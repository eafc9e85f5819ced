"""Constants of a question in its own spelling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sparse_rl.interpreters.tables.constants import Constant, ConstantValue
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.program import Program

_COMPARING = frozenset(
    str.split(
        "above after at before below exactly fewer greater higher in least less lower more most "
        "not on over since than under until"
    )
)
_MOST_BEFORE = 3
"""Words of a comparison before its number or date: "no more than 5"."""


@dataclass(frozen=True)
class QuestionWords:
    """A question's tokens as it writes them.

    Attributes:
        question: text of the question.
        tokens: its tokens.
        spans: their characters in the question; empty if another annotation made the tokens.
    """

    question: str
    tokens: Sequence[str]
    spans: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, example: Example) -> QuestionWords:
        found = example.table.wording.tokenize(example.question)
        same = [token.text for token in found] == list(example.tokens)
        spans = [(token.start, token.end) for token in found] if same else []
        return cls(example.question, example.tokens, spans)

    def text(self, start: int, end: int) -> str:
        """Tokens [start, end) as the question writes them."""
        if not self.spans:
            return " ".join(self.tokens[start:end])
        return " ".join(self.question[self.spans[start][0] : self.spans[end - 1][1]].split())

    def by_value(self, constants: Iterable[Constant]) -> Mapping[ConstantValue, str]:
        """The first spelling of every constant's value."""
        found: dict[ConstantValue, str] = {}
        for constant in constants:
            found.setdefault(constant.value, self.text(constant.start, constant.end))
        return found

    def compared(self, constant: Constant) -> str:
        """A constant with the words before it that compare it: "over 500"."""
        start = constant.start
        if not isinstance(constant.value, tuple):
            earliest = max(0, start - _MOST_BEFORE)
            while start > earliest and self.tokens[start - 1] in _COMPARING:
                start -= 1
        return self.text(start, constant.end)

    def widest(self, constants: Iterable[Constant]) -> tuple[str, ...]:
        """Words of constants, each once; of readings within each other the longest."""
        spans = {(c.start, c.end) for c in constants}
        widest = [
            (start, end)
            for start, end in spans
            if not any(a <= start and end <= b and (a, b) != (start, end) for a, b in spans)
        ]
        return tuple(self.text(start, end) for start, end in sorted(widest))


def used_and_unused(program: Program, example: Example) -> tuple[list[Constant], list[Constant]]:
    """The question's constants that a program uses, and those that it does not.

    A constant that shares words with a used one is another reading of it, and no unused one.
    """
    values = {a for e in program for a in e.arguments if not isinstance(a, str)}
    used = [c for c in example.constants if c.value in values]
    taken = places_of(used)
    return used, [c for c in example.constants if taken.isdisjoint(range(c.start, c.end))]


def places_of(constants: Iterable[Constant]) -> set[int]:
    """Tokens that belong to constants."""
    return {place for c in constants for place in range(c.start, c.end)}
