"""What a rival has generated, found and learned so far: the points of its curves."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from countdown.model import accuracy
from sparse_rl.datamodules.countdown import CountdownTask

Point = dict[str, float]
"""Completions, minutes of processor time, and shares of tasks: answered in `train` and `held_out`
by the most probable tokens, and `found`, a rewarded completion of a training task."""


@dataclass
class Progress:
    """Measures a rival now and then, with its clock stopped.

    Attributes:
        tasks: training and held-out tasks, by split.
        every: completions between two points.
        points: the curve so far.
    """

    tasks: Mapping[str, Sequence[CountdownTask]]
    every: int
    points: list[Point] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._measuring, self._start = 0.0, math.nan

    def begin(self, model: Any, tokenizer: Any) -> None:
        """Starts the clock, with a point of the start."""
        # Of the processor: other programs on the machine do not count.
        self._start = time.process_time()
        self._measure(model, tokenizer, 0, 0)

    def step(self, model: Any, tokenizer: Any, completions: int, found: int) -> None:
        """Adds a point, if one is due after so many completions and tasks found."""
        if completions >= self.points[-1]["completions"] + self.every:
            self._measure(model, tokenizer, completions, found)

    def _measure(self, model: Any, tokenizer: Any, completions: int, found: int) -> None:
        before = time.process_time()
        self.points.append(
            {
                "completions": completions,
                "minutes": round((before - self._start - self._measuring) / 60, 4),
                "train": accuracy(model, tokenizer, self.tasks["train"]),
                "held_out": accuracy(model, tokenizer, self.tasks["test"]),
                "found": found / len(self.tasks["train"]),
            }
        )
        self._measuring += time.process_time() - before
