"""What a rival has generated, found and learned so far: the points of its curves."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from countdown.model import accuracy
from sparse_rl.datamodules.countdown import CountdownTask


@dataclass
class Progress:
    """Rewards completions, counts them, and measures accuracies now and then.

    Attributes:
        tasks: training and held-out tasks, by split.
        every: completions between two points.
        points: the curve, a mapping of completions, minutes and figures for every point.
    """

    tasks: Mapping[str, Sequence[CountdownTask]]
    every: int
    points: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._by_prompt = {task.prompt: task for task in self.tasks["train"]}
        self._found: set[str] = set()
        self._completions, self._rewarded = 0, 0.0
        self._measuring, self._start = 0.0, math.nan

    def begin(self, model: Any, tokenizer: Any) -> None:
        """Starts the clock, with a point of the start."""
        self._start = time.perf_counter()
        self.measure(model, tokenizer)

    def rewards(self, prompts: Sequence[str], completions: Sequence[str]) -> list[float]:
        """Rewards of completions that were drawn for training."""
        pairs = list(zip(prompts, completions, strict=True))
        rewards = [self._by_prompt[prompt].reward(completion) for prompt, completion in pairs]
        self._completions += len(pairs)
        self._rewarded += sum(rewards)
        self._found.update(p for (p, _), reward in zip(pairs, rewards, strict=True) if reward)
        return rewards

    @property
    def due(self) -> bool:
        """Whether it is time for the next point."""
        return self._completions >= self.points[-1]["completions"] + self.every

    def measure(self, model: Any, tokenizer: Any) -> None:
        """Adds a point; the time that measuring takes does not count."""
        before = time.perf_counter()
        spent = before - self._start - self._measuring
        last = self.points[-1] if self.points else {"completions": 0, "all_rewarded": 0.0}
        drawn = self._completions - last["completions"]
        self.points.append(
            {
                "completions": self._completions,
                "minutes": spent / 60,
                "train": accuracy(model, tokenizer, list(self.tasks["train"])),
                "held_out": accuracy(model, tokenizer, list(self.tasks["test"])),
                "found": len(self._found) / len(self._by_prompt),
                "rewarded": (self._rewarded - last["all_rewarded"]) / drawn if drawn else 0.0,
                "all_rewarded": self._rewarded,
            }
        )
        self._measuring += time.perf_counter() - before
