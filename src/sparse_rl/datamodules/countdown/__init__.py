"""Generated tasks: reach a number from given numbers by arithmetic, checked exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparse_rl.datamodules.countdown.expressions import ExpressionError, random_expression, value_of
from sparse_rl.datamodules.countdown.tasks import (
    SIZES,
    CountdownTask,
    Difficulty,
    generate_tasks,
    reachable_values,
)
from sparse_rl.late import late_names

if TYPE_CHECKING:
    from sparse_rl.datamodules.countdown.countdown import CountdownDataModule

__all__ = [
    "SIZES",
    "CountdownDataModule",
    "CountdownTask",
    "Difficulty",
    "ExpressionError",
    "generate_tasks",
    "random_expression",
    "reachable_values",
    "value_of",
]

# Late: it imports Lightning, which the tasks do without.
__getattr__ = late_names(
    __name__, {"CountdownDataModule": "sparse_rl.datamodules.countdown.countdown"}
)
