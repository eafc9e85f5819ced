"""Reward bounds for the direct search, from the programs met so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

from sparse_rl.exploration.explored import Explored, prefix_key
from sparse_rl.exploration.gumbel import Region
from sparse_rl.interpreters.world import Actions, World


@runtime_checkable
class HintingWorld(Protocol):
    """A world that can rule out rewards below some states."""

    def may_be_rewarded(self, state: Any, /) -> bool: ...


class ExploredOutlook:
    """Bounds on a final reward of 0 or 1, for epsilon > 0.

    The bound is 1 where a known rewarded program continues from the region. Elsewhere it is 0
    where the whole region is explored, or where the world rules out rewards below. The world
    guarantees that every prefix can be completed within the remaining length.

    Args:
        example_id: prefix of the example's keys.
        world: the example's world.
        explored: prefixes explored by earlier walks; may be shared with other examples.
        rewarded: all rewarded programs of the example met on these walks.
    """

    def __init__(
        self, example_id: str, world: World, explored: Explored, rewarded: Iterable[Actions]
    ) -> None:
        self._explored = explored
        self._root_key = prefix_key(example_id, ())
        self._prefixes = {
            actions[:length] for actions in rewarded for length in range(1, len(actions) + 1)
        }
        self._hints = world if isinstance(world, HintingWorld) else None

    def gained(self, region: Region, /) -> float:
        """Returns 0: worlds reward only at the end."""
        return 0.0

    def to_come(self, region: Region, /) -> float:
        actions, next_actions = region.actions, region.open_actions
        if any((*actions, action) in self._prefixes for action in next_actions):
            return 1.0
        if self._hints is not None and not self._hints.may_be_rewarded(region.state):
            return 0.0
        key = self._root_key
        # A prefix below an explored prefix need not have its own key.
        for action in actions:
            if key in self._explored:
                return 0.0
            key += chr(action)
        if key in self._explored:
            return 0.0
        return float(any(key + chr(action) not in self._explored for action in next_actions))
