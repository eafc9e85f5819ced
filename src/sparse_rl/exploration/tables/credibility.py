"""Credibility of rewarded programs: a vote of a question's programs on its meaning.

Spurious programs give the right answer for the wrong reason. On fictitious tables (see
`interpreters.tables.fictitious`) they disagree with each other, while correct programs still
agree. So the rewarded programs of a question are grouped into classes of equal denotations on all
fictitious tables (Pasupat and Liang, ACL 2016), and each program votes for its class; a program
that uses more of the question has a greater vote. The vote is unsupervised: it may be wrong.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

from sparse_rl.errors import ExecutionError
from sparse_rl.interpreters.tables.answers import Gold
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.fictitious import fictitious, shuffled
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import Program, run_program
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_features import Clues, clues
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import Actions

MENTION = 4
"""Factor of a vote for each constant or column of the question that the program uses."""
Meaning = tuple[Hashable, ...]
"""A program's denotations on several tables; None where it has no value."""


def fictitious_tables(table: Table, key: str, worlds: int) -> list[Table]:
    """Draws `worlds` fictitious tables, the same for the same key."""
    rng = random.Random(key)
    return [fictitious(table, rng) for _ in range(worlds)]


def shuffled_tables(table: Table, key: str, worlds: int) -> list[Table]:
    """Draws `worlds` orders of the same rows, the same for the same key."""
    rng = random.Random(key)
    return [shuffled(table, rng) for _ in range(worlds)]


def meaning(program: Program, tables: Sequence[Table], language: Language, gold: Gold) -> Meaning:
    """Returns the program's denotation on each table, as keys of the gold answer's comparison."""
    return tuple(_denotation(program, table, language, gold) for table in tables)


def _denotation(program: Program, table: Table, language: Language, gold: Gold) -> Hashable:
    try:
        value = run_program(program, table, language)[-1].value
    except ExecutionError:
        return None
    return gold.key(value) if isinstance(value, tuple) else value


def mentions(program: Program, question: Clues) -> int:
    """Counts the question's constants, and the columns its words name, that the program uses."""
    arguments = {argument for expression in program for argument in expression.arguments}
    columns = [argument for argument in arguments if isinstance(argument, str)]
    named = {question.columns[c] for c in columns if question.overlaps.get(c, 0.0) > 0}
    return len(named) + len(arguments & question.spans.keys())


def credibility(meanings: Sequence[Meaning], mentioned: Sequence[int]) -> list[float]:
    """Returns, for each of N programs, its class's share of the votes.

    Args:
        meanings: meanings of the N programs.
        mentioned: their `mentions`. Each mention multiplies a vote by `MENTION`.

    >>> credibility([("a",), ("b",), ("a",), ("a",)], [0, 0, 0, 0])
    [0.75, 0.25, 0.75, 0.75]
    >>> credibility([("a",), ("b",), ("a",), ("a",)], [0, 1, 0, 1])
    [0.6, 0.4, 0.6, 0.6]
    """
    votes: Counter[Meaning] = Counter()
    for meaning_, number in zip(meanings, mentioned, strict=True):
        votes[meaning_] += MENTION**number
    return [votes[meaning_] / votes.total() for meaning_ in meanings]


def entropy(meanings: Sequence[Hashable]) -> float:
    """Returns the entropy of the classes, in bits: 0 where all programs mean the same.

    >>> entropy(["a", "a", "b", "b"])
    1.0
    """
    shares = [count / len(meanings) for count in Counter(meanings).values()]
    return -math.fsum(share * math.log2(share) for share in shares) + 0.0


def select(
    meanings: Sequence[Meaning], shares: Sequence[float], keep: float, per_class: int = 0
) -> list[int]:
    """Returns positions of the programs to keep, most credible first; ties in the given order.

    Args:
        meanings: meanings of the programs.
        shares: their `credibility`.
        keep: least votes of a class to keep, as a share of the greatest class's votes: 1 keeps
            only the greatest classes, 0 keeps all.
        per_class: number of first programs kept of each class; 0 for all.

    >>> meanings = [("a",), ("b",), ("b",), ("b",), ("c",)]
    >>> select(meanings, credibility(meanings, [0] * 5), keep=0.3, per_class=2)
    [1, 2, 0, 4]
    """
    enough = keep * max(shares, default=0.0)
    order = sorted(range(len(meanings)), key=lambda position: -shares[position])
    return list(_first(order, meanings, per_class, [share >= enough for share in shares]))


def _first(
    order: Sequence[int], meanings: Sequence[Meaning], per_class: int, wanted: Sequence[bool]
) -> Iterator[int]:
    taken: Counter[Meaning] = Counter()
    for position in order:
        taken[meanings[position]] += 1
        if wanted[position] and (not per_class or taken[meanings[position]] <= per_class):
            yield position


def meanings_and_mentions(
    example: Example, actions: Sequence[Actions], language: Language, worlds: int, seed: int = 0
) -> tuple[list[Meaning], list[int]]:
    """Executes a question's programs on its fictitious tables; also counts their `mentions`."""
    if example.answer is None or not actions:
        return [], []
    world, question = TableWorld(example, language), clues(example)
    tables = fictitious_tables(example.table, f"{seed} {example.id}", worlds)
    programs = [world.program(sequence) for sequence in actions]
    meanings = [meaning(program, tables, language, example.answer) for program in programs]
    return meanings, [mentions(program, question) for program in programs]
