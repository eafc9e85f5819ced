"""Generated tasks: reach a number from given numbers by arithmetic, checked exactly."""

from sparse_rl.datamodules.countdown.expressions import ExpressionError, evaluate, random_expression
from sparse_rl.datamodules.countdown.tasks import (
    SIZES,
    CountdownTask,
    Difficulty,
    generate_tasks,
    reachable_values,
)

__all__ = [
    "SIZES",
    "CountdownTask",
    "Difficulty",
    "ExpressionError",
    "evaluate",
    "generate_tasks",
    "random_expression",
    "reachable_values",
]
