"""All trajectories of a world, by brute force."""

from __future__ import annotations

from collections.abc import Iterator

from sparse_rl.interpreters.world import Trajectory, Walk, World


def enumerate_trajectories(world: World) -> Iterator[Trajectory]:
    """Yields every trajectory once, depth first, in the order of the valid actions.

    Memory grows with the length of a trajectory, not with their number.
    """
    # A stack instead of recursion: trajectories may be longer than Python's calls are deep.
    waiting = [Walk.begin(world)]
    while waiting:
        walk = waiting.pop()
        if world.is_terminal(walk.state):
            yield walk.trajectory()
        waiting.extend(walk.take(action) for action in reversed(walk.options))
