"""Features of a program and its question, for auxiliary rewards.

MeRL and BoRL (Agarwal, Liang, Schuurmans and Norouzi, 2019, arXiv 1902.07198) score rewarded
programs by such features, to distinguish spurious programs from the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sparse_rl.interpreters.tables.constants import ConstantValue
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.program import Program
from sparse_rl.interpreters.tables.text import STOP_WORDS, stem, tokenize
from sparse_rl.interpreters.tables.triggers import NO_TRIGGERS, Triggers

TABLE_FEATURES = 12
# Weight of a constant, relative to a column, in feature 12.
CONSTANT_SHARE = 2


@dataclass(frozen=True)
class Clues:
    """Clues of a question about its programs.

    Attributes:
        spans: question tokens of every constant.
        kinds: kind of every constant: "date", "string" or "number".
        overlaps: by property name, the share of its header's content words that the question
            has, up to their endings.
        columns: column of every property name; several properties may be views of one column.
        triggered: for every function with trigger words, whether the question has one of them.
    """

    spans: Mapping[ConstantValue, frozenset[int]]
    kinds: Mapping[ConstantValue, str]
    overlaps: Mapping[str, float]
    columns: Mapping[str, int]
    triggered: Mapping[str, bool]


def clues(example: Example, triggers: Triggers = NO_TRIGGERS) -> Clues:
    """Reads the clues of a question.

    Args:
        example: question with its table, and with its POS tags if known.
        triggers: words and POS tags that suggest functions.
    """
    stems = {stem(token) for token in example.tokens}
    properties = example.table.properties
    overlaps = [_overlap(header, stems) for header in example.table.header]
    # The names of a column's views differ in their ends only: r.score-number, r.score-date.
    columns = {p.name: p.name.rpartition("-")[0] for p in properties}
    numbers = {name: number for number, name in enumerate(dict.fromkeys(columns.values()))}
    forbidden = triggers.forbidden(example.tokens, example.pos_tags)
    return Clues(
        {c.value: frozenset(range(c.start, c.end)) for c in example.constants},
        {c.value: c.kind for c in example.constants},
        {p.name: overlaps[p.column] for p in properties},
        {name: numbers[column] for name, column in columns.items()},
        {name: name not in forbidden for name, _ in triggers.rules},
    )


def _overlap(header: str, stems: Collection[str]) -> float:
    tokens = [token for token in tokenize(header) if token.is_word]
    words = {stem(token.text) for token in tokens if token.text not in STOP_WORDS}
    return _share(len(words.intersection(stems)), len(words))


def table_features(question: Clues, program: Program, max_expressions: int) -> tuple[float, ...]:
    """Computes the 12 features of a program over a table, each within [0, 1].

    A share of nothing is 0. Constants and columns used twice count once.

    1. Tokens of the used constants, as a share of the tokens of all constants of the question.
    2. The same for dates alone,
    3. for strings alone,
    4. for numbers alone.
    5. Used constants, as a share of all constants.
    6. 1 if a constant of the greatest length in tokens is used.
    7. Sum of the used columns' overlaps with the question, as a share of all columns' sum.
    8. Used columns with overlap, as a share of all columns with overlap.
    9. 1 if a column of the greatest overlap is used.
    10. 1 - expressions / the greatest number of expressions in a program.
    11. Used functions with a trigger in the question, as a share of used functions that have
    triggers.
        12. (2 x used constants + used columns with overlap) over (2 x constants + columns with
        overlap) x expressions.

    Args:
        question: clues of the question.
        program: program over the question's table.
        max_expressions: the language's limit.
    """
    arguments = [argument for expression in program for argument in expression.arguments]
    names = {argument for argument in arguments if isinstance(argument, str)}
    used = {value for value in arguments if not isinstance(value, str)} & question.spans.keys()
    kinds = (None, "date", "string", "number")
    lengths = [_covered(question, used, kind) for kind in kinds]
    longest = max(map(len, question.spans.values()), default=0)

    overlaps = {question.columns[name]: value for name, value in question.overlaps.items()}
    # A second variable is also an argument, but not a column.
    columns = {question.columns[name] for name in names if name in question.columns}
    near = {column for column, value in overlaps.items() if value > 0}
    best = max(overlaps.values(), default=0.0)

    called = {e.function for e in program} & question.triggered.keys()
    triggered = [function for function in called if question.triggered[function]]
    offered = CONSTANT_SHARE * len(question.spans) + len(near)
    taken = CONSTANT_SHARE * len(used) + len(columns & near)
    return (
        *lengths,
        _share(len(used), len(question.spans)),
        float(any(len(question.spans[value]) == longest for value in used)),
        _share(sum(overlaps[column] for column in columns), sum(overlaps.values())),
        _share(len(columns & near), len(near)),
        float(any(overlaps[column] == best > 0 for column in columns)),
        1.0 - len(program) / max_expressions,
        _share(len(triggered), len(called)),
        _share(taken, offered * len(program)),
    )


def _covered(question: Clues, used: Collection[ConstantValue], kind: str | None) -> float:
    """Tokens of the used constants of a kind (None: of all), as a share of all such tokens."""
    of_kind = [value for value in question.spans if kind in (None, question.kinds[value])]
    all_tokens = frozenset().union(*(question.spans[value] for value in of_kind))
    tokens = frozenset().union(*(question.spans[value] for value in of_kind if value in used))
    return _share(len(tokens), len(all_tokens))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
