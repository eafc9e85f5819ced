"""What the programs met so far say of those still to come: bounds for the direct search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

from sparse_rl.exploration.explored import Explored, prefix_key
from sparse_rl.exploration.gumbel import Region
from sparse_rl.interpreters.world import Actions, World


@runtime_checkable
class HintingWorld(Protocol):
    """A world that can tell of some states that nothing below them is rewarded."""

    def may_be_rewarded(self, state: Any, /) -> bool: ...


class ExploredOutlook:
    """Bounds on a final reward of 0 or 1, for epsilon > 0.

    The bound is 1 where a known rewarded program goes on from the region. Elsewhere it is 0 where
    all of the region is explored, or where the world says that nothing below is rewarded. That
    every prefix can be completed within the length left is the world's promise already.

    Args:
        example_id: prefix of the example's keys.
        world: the example's world.
        explored: prefixes explored by earlier walks; may be shared with other examples.
        rewarded: the example's known rewarded programs, all that were met on those walks.
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
        """Reward comes at the end only."""
        return 0.0

    def to_come(self, region: Region, /) -> float:
        actions, next_actions = region.actions, region.open_actions
        if any((*actions, action) in self._prefixes for action in next_actions):
            return 1.0
        if self._hints is not None and not self._hints.may_be_rewarded(region.state):
            return 0.0
        key = self._root_key
        # A prefix below an explored one need not have a key of its own.
        for action in actions:
            if key in self._explored:
                return 0.0
            key += chr(action)
        if key in self._explored:
            return 0.0
        return float(any(key + chr(action) not in self._explored for action in next_actions))
