"""Deterministic worlds: the protocol that everything else is built on."""

from sparse_rl.interpreters.world import (
    Actions,
    Trajectory,
    Walk,
    World,
    WorldExample,
    replay_actions,
)

__all__ = ["Actions", "Trajectory", "Walk", "World", "WorldExample", "replay_actions"]
