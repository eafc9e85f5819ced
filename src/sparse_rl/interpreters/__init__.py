"""Deterministic worlds: the protocol of all other packages, and its domains."""

from sparse_rl.interpreters.world import (
    Actions,
    Trajectory,
    Walk,
    World,
    WorldExample,
    replay_actions,
)

__all__ = ["Actions", "Trajectory", "Walk", "World", "WorldExample", "replay_actions"]
