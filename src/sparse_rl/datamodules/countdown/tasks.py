"""Draws tasks that can be solved, and checks answers to them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

from sparse_rl.datamodules.countdown.expressions import ExpressionError, value_of
from sparse_rl.errors import DataError

SIZES: Mapping[str, int] = {"train": 256, "dev": 128, "test": 256}
MOST_NUMBERS = 5
"""The values of more numbers are too many to be listed."""
_ATTEMPTS = 1000


@dataclass(frozen=True)
class Difficulty:
    """What makes a task's rewarded answers rare.

    Attributes:
        numbers: numbers of a task; 2 to 5. Each one more divides the share of rewarded answers
            by about ten.
        largest: largest of the numbers; the least is 1.
        highest: highest target; the lowest is 1.
        all_needed: whether no target can be reached with some of the numbers left out.
    """

    numbers: int = 3
    largest: int = 9
    highest: int = 99
    all_needed: bool = False

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            DataError: a field is outside its range.
        """
        if not 2 <= self.numbers <= MOST_NUMBERS:
            raise DataError(f"set numbers to 2 to {MOST_NUMBERS}: got {self.numbers}")
        if min(self.largest, self.highest) < 1:
            raise DataError(
                f"set largest and highest to 1 or more: got {self.largest} and {self.highest}"
            )


@dataclass(frozen=True)
class CountdownTask:
    """Numbers, each of which an answer may use once, and the value that it is to have.

    Attributes:
        numbers: in ascending order.
        target: a whole number.
    """

    numbers: tuple[int, ...]
    target: int

    @property
    def id(self) -> str:
        """Numbers and target; two tasks of one id are the same."""
        return f"{'-'.join(map(str, self.numbers))}={self.target}"

    @property
    def prompt(self) -> str:
        """The task in words: "29 from 3 7 8 :"."""
        return f"{self.target} from {' '.join(map(str, self.numbers))} :"

    def reward(self, answer: str) -> float:
        """Returns 1 for an expression of the target's value that uses no number too often."""
        try:
            found = value_of(answer)
        except ExpressionError:
            return 0.0
        allowed = not Counter(found.numbers) - Counter(self.numbers)
        return float(allowed and found.value == self.target)


def generate_tasks(
    difficulty: Difficulty, seed: int = 0, sizes: Mapping[str, int] = SIZES
) -> dict[str, list[CountdownTask]]:
    """Draws the tasks of all splits, no task twice; each has a rewarded answer with all numbers.

    Train comes last, so its size changes no other split.

    Args:
        difficulty: numbers and targets.
        seed: seed of all splits.
        sizes: tasks of every split.

    Raises:
        DataError: there are fewer tasks of this difficulty, or they are too rare to be drawn.
    """
    rng = random.Random(f"{seed}/{difficulty}")
    known: set[CountdownTask] = set()
    splits: dict[str, list[CountdownTask]] = {}
    for split in sorted(sizes, key=lambda split: (split == "train", split)):
        splits[split] = [_new_task(rng, difficulty, known) for _ in range(sizes[split])]
    return {split: splits[split] for split in sizes}


def _new_task(
    rng: random.Random, difficulty: Difficulty, known: set[CountdownTask]
) -> CountdownTask:
    for _ in range(_ATTEMPTS):
        numbers = tuple(
            sorted(rng.randint(1, difficulty.largest) for _ in range(difficulty.numbers))
        )
        targets = _targets(numbers, difficulty)
        if not targets:
            continue
        task = CountdownTask(numbers, rng.choice(targets))
        if task not in known:
            known.add(task)
            return task
    raise DataError(
        f"ask for fewer tasks, or for larger numbers: after {len(known)} tasks of {difficulty} "
        "no new one is found"
    )


def _targets(numbers: tuple[int, ...], difficulty: Difficulty) -> list[int]:
    values = set(reachable_values(numbers))
    if difficulty.all_needed:
        for some in combinations(numbers, len(numbers) - 1):
            values -= _with_any(some)
    return sorted(int(v) for v in values if v.denominator == 1 and 1 <= v <= difficulty.highest)


def _with_any(numbers: tuple[int, ...]) -> frozenset[Fraction]:
    """Values of the expressions that use each number at most once."""
    found = reachable_values(numbers)
    for some in set(combinations(numbers, len(numbers) - 1)) - {()}:
        found |= _with_any(some)
    return found


@lru_cache(maxsize=10_000)
def reachable_values(numbers: tuple[int, ...]) -> frozenset[Fraction]:
    """Returns the values of all expressions that use every number once.

    Args:
        numbers: in ascending order.
    """
    if len(numbers) == 1:
        return frozenset({Fraction(numbers[0])})
    found: set[Fraction] = set()
    places = range(len(numbers))
    # The first number is on the left: the operators below take both orders.
    for size in range(1, len(numbers)):
        for chosen in combinations(places, size):
            if 0 in chosen:
                rest = tuple(numbers[p] for p in places if p not in chosen)
                left = reachable_values(tuple(numbers[p] for p in chosen))
                found |= _joined(left, reachable_values(rest))
    return frozenset(found)


def _joined(left: frozenset[Fraction], right: frozenset[Fraction]) -> set[Fraction]:
    found = set()
    for a in left:
        for b in right:
            found |= {a + b, a - b, b - a, a * b}
            if b:
                found.add(a / b)
            if a:
                found.add(b / a)
    return found
