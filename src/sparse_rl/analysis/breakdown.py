"""Accuracy by the form of the programs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sparse_rl.analysis.programs import functions, template

# Upper bounds of the programs per template, with names.
FREQUENCIES = ((1, "once"), (9, "2 to 9 times"), (99, "10 to 99 times"), (math.inf, "100 and more"))


@dataclass(frozen=True)
class Share:
    """Right answers among some questions.

    Attributes:
        right: number of right answers.
        count: number of questions.
    """

    right: int
    count: int

    @property
    def accuracy(self) -> float:
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the share (Wilson 1927)."""
        z, n, p = 1.96, self.count, self.accuracy
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        # After rounding, the interval must still contain the share.
        return min(p, max(0.0, centre - half)), max(p, min(1.0, centre + half))


def shares(
    lines: Sequence[dict[str, Any]], groups: Callable[[dict[str, Any]], Iterable[str]]
) -> dict[str, Share]:
    """Computes the share of right answers in each group, over questions with a known answer.

    Args:
        lines: predictions.
        groups: returns the groups of a prediction, none or several.
    """
    count: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for line in lines:
        if line["reward"] is None:
            continue
        for group in groups(line):
            count[group] += 1
            right[group] += bool(line["reward"])
    return {group: Share(right[group], count[group]) for group in count}


def overall(lines: Sequence[dict[str, Any]]) -> Share | None:
    """Share over all questions with a known answer, if there are any."""
    return shares(lines, lambda line: ["all"]).get("all")


def by_function(lines: Sequence[dict[str, Any]]) -> dict[str, Share]:
    """Shares by function; a program counts for each function it calls."""
    return shares(lines, lambda line: set(functions(line["program"])))


def by_length(lines: Sequence[dict[str, Any]]) -> dict[str, Share]:
    """Shares by number of expressions."""
    return shares(lines, lambda line: [str(len(functions(line["program"])))])


def by_template(lines: Sequence[dict[str, Any]]) -> dict[str, Share]:
    """Shares by template: the program with its constants and columns left open."""
    return shares(lines, lambda line: [template(line["program"])])


def by_frequency(lines: Sequence[dict[str, Any]]) -> dict[str, Share]:
    """Shares by frequency of the program's template in the run."""
    seen = Counter(template(line["program"]) for line in lines)

    def name(line: dict[str, Any]) -> list[str]:
        times = seen[template(line["program"])]
        return [next(name for most, name in FREQUENCIES if times <= most)]

    return shares(lines, name)
