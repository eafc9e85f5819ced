"""What generators of questions share: which programs a policy may write, and numbers of answers."""

from __future__ import annotations

from typing import Any

from sparse_rl.interpreters.tables.program import Program
from sparse_rl.interpreters.tables.table_world import TableWorld


def is_offered(program: Program, world: TableWorld) -> bool:
    """Whether the program's every step is one that a policy may take."""
    try:
        actions = world.actions(program)
    except ValueError:
        return False
    state = world.start()
    for action in actions:
        if action not in world.valid_actions(state):
            return False
        state = world.step(state, action)
    return True


def rounded(value: Any) -> str | float:
    """A number without the digits of binary rounding; other values as text."""
    if not isinstance(value, float):
        return value if isinstance(value, int) else str(value)
    short = float(f"{value:.12g}")
    return int(short) if short.is_integer() else short
