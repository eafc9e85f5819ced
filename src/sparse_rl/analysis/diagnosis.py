"""Diagnosis of a training in words: what its figures show, each with one thing to do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

UNCOVERED = 0.2
"""Share of training questions without a rewarded program that is worth a line."""
UNSEEN = 0.1
"""Share of dev's words that training has not that is worth a line."""
FALL = 0.02
"""Fall of the dev metric after its best, relative to it, that may be overfitting."""
EXPLODED = 10.0
"""Growth of the loss, by its greatest size in the first half."""
_FEWEST = 10
"""Logged losses that say something about their growth."""

Metrics = Sequence[dict[str, float]]
"""Rows of `metrics.csv` from the training."""


@dataclass(frozen=True)
class Training:
    """The figures of a training.

    Attributes:
        rows: what was logged, in order.
        monitor: metric that chooses the best checkpoint.
        mode: whether its greatest or its least value is best.
    """

    rows: Metrics
    monitor: str = "val/greedy_accuracy"
    mode: Literal["max", "min"] = "max"

    def of(self, name: str) -> list[tuple[int, float]]:
        """Steps and values of a metric."""
        return [(int(row["step"]) + 1, row[name]) for row in self.rows if name in row]

    def last(self, name: str) -> float | None:
        """Last value of a metric."""
        return next((row[name] for row in reversed(self.rows) if name in row), None)

    def best(self) -> int | None:
        """Place of the best validation among all; None without a finite one."""
        finite = [(v, -place) for place, (_, v) in enumerate(self.of(self.monitor)) if v == v]
        if not finite:
            return None
        value = (max if self.mode == "max" else min)(v for v, _ in finite)
        return -max(place for v, place in finite if v == value)


def diagnose(training: Training) -> list[str]:
    """Says what the figures show, a sentence each; none if all is well."""
    return [sentence for symptom in _SYMPTOMS for sentence in symptom(training)]


def diagnosis_lines(training: Training) -> list[str]:
    """Formats the diagnosis in lines; one that says so if all is well."""
    found = diagnose(training)
    if found:
        return [f"diagnosis: {sentence}" for sentence in found]
    validations = len(training.of(training.monitor))
    return [f"diagnosis: nothing stands out in the figures of {_counted(validations)}"]


def uncovered(training: Training) -> Iterator[str]:
    """Many training questions have no rewarded program, or none has one."""
    coverage = training.last("memory/coverage")
    if coverage is None or 1 - coverage <= UNCOVERED:
        return
    if coverage == 0:
        yield (
            "no training question has a rewarded program, so there was nothing to learn from. "
            "Search them before: --warm_start.method=exhaustive"
        )
        return
    yield (
        f"{1 - coverage:.0%} of the training questions have no rewarded program "
        "(memory/coverage). sparse-rl check --search lists those that no program answers"
    )


def exploded(training: Training) -> Iterator[str]:
    """The loss was no number, or has grown far beyond its beginning."""
    losses = training.of("train/loss")
    broken = next((step for step, loss in losses if not math.isfinite(loss)), None)
    if broken is not None:
        yield f"the loss was no finite number at step {broken} (train/loss). Lower --model.lr"
        return
    left_out = sum(value for _, value in training.of("train/nan_examples"))
    if left_out:
        yield (
            f"{left_out:.0f} examples of the logged steps were left out, as a number was not "
            "finite (train/nan_examples). Lower --model.lr"
        )
    if len(losses) < _FEWEST:
        return
    sizes = [abs(loss) for _, loss in losses]
    before, after = max(sizes[: len(sizes) // 2]), median(sizes[-len(sizes) // 5 :])
    if after > EXPLODED * max(before, 1.0):
        yield (
            f"the loss has grown from {before:.3g} at most in the first half to {after:.3g} "
            "(train/loss). Lower --model.lr"
        )


def nothing_found(training: Training) -> Iterator[str]:
    """No draw was rewarded although questions were left to find programs for."""
    coverage = training.last("memory/coverage")
    draws = training.of("train/fresh_rewarded")
    if coverage is None or 1 - coverage <= UNCOVERED:
        return
    if not draws or any(value for _, value in draws):
        return
    drawn = [value for _, value in training.of("train/programs")]
    if drawn and not any(drawn):
        yield (
            f"none of the {len(drawn)} logged steps had a program to learn from (train/programs). "
            "Let walks look for them: --model.explore_per_visit=1"
        )
    elif coverage > 0:
        yield (
            f"no fresh draw of the {len(draws)} logged steps was rewarded, but for programs that "
            "were known (train/fresh_rewarded). Let walks look: --model.explore_per_visit=1"
        )


def unseen(training: Training) -> Iterator[str]:
    """Many words of dev do not occur in training."""
    share = training.last("val/unseen_words")
    if share is not None and share > UNSEEN:
        yield (
            f"{share:.0%} of the words of dev's questions do not occur in training "
            "(val/unseen_words). Give word vectors, --model.task.glove=FILE, or more questions"
        )


def overfitted(training: Training) -> Iterator[str]:
    """Training has gone on to improve while dev fell."""
    best, values = training.best(), training.of(training.monitor)
    fitted = training.of("train/pi_b_mean")
    if best is None or not fitted:
        return
    (step, value), (_, last) = values[best], values[-1]
    worse = value - last if training.mode == "max" else last - value
    before = [fit for at, fit in fitted if at <= step]
    if not before or worse <= FALL * abs(value) or fitted[-1][1] <= before[-1]:
        return
    yield (
        f"{training.monitor} fell from {value:.3f} in validation {best + 1} to {last:.3f} in the "
        f"last, while training still improved (train/pi_b_mean {before[-1]:.2f} to "
        f"{fitted[-1][1]:.2f}): overfitting. The best checkpoint is kept; raise "
        "--model.task.dropout or give more questions"
    )


def untaught(training: Training) -> Iterator[str]:
    """No dev question was right in any validation."""
    values = training.of(training.monitor)
    if training.monitor.endswith("accuracy") and values and not any(v for _, v in values):
        yield (
            f"no dev question was right in {_counted(len(values))} ({training.monitor}). "
            "Train longer: raise --trainer.max_epochs"
        )


def unfinished(training: Training) -> Iterator[str]:
    """The best checkpoint is that of the last validation."""
    best, values = training.best(), training.of(training.monitor)
    if best is None or len(values) < 2 or best < len(values) - 1:
        return
    yield (
        f"the best {training.monitor}, {values[best][1]:.3f}, is that of the last of "
        f"{_counted(len(values))}. Train longer: raise --trainer.max_epochs"
    )


_SYMPTOMS: Sequence[Callable[[Training], Iterator[str]]] = (
    exploded,
    uncovered,
    nothing_found,
    unseen,
    overfitted,
    untaught,
    unfinished,
)


def _counted(validations: int) -> str:
    return f"{validations} validation{'' if validations == 1 else 's'}"
