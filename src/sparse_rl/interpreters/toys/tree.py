"""A world written down as a tree of actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sparse_rl.interpreters.world import Actions


class TreeWorld:
    """A world whose states are its prefixes, each with its own valid set.

    Args:
        valid: valid actions after each prefix that goes on; other prefixes are terminal.
        rewards: rewards of the terminal prefixes, 0 where none is given.
        symbols: abstract symbol of every action id; each its own by default.

    Raises:
        ValueError: a prefix that goes on has no valid action.
    """

    def __init__(
        self,
        valid: Mapping[Actions, Sequence[int]],
        rewards: Mapping[Actions, float],
        symbols: Sequence[int] | None = None,
    ) -> None:
        self.valid = {prefix: tuple(actions) for prefix, actions in valid.items()}
        for prefix, actions in self.valid.items():
            if not actions:
                raise ValueError(f"leave out {prefix} or give it a valid action")
        self.rewards = dict(rewards)
        number = 1 + max((max(actions) for actions in self.valid.values()), default=-1)
        self.symbols = tuple(range(number) if symbols is None else symbols)

    @classmethod
    def from_leaves(
        cls, leaves: Mapping[Actions, float], symbols: Sequence[int] | None = None
    ) -> TreeWorld:
        """The smallest tree with these trajectories and their rewards.

        Raises:
            ValueError: there are no leaves, or one goes on from another.
        """
        if not leaves:
            raise ValueError("give at least one leaf")
        # Dicts keep the order in which actions were met, and each of them once.
        valid: dict[Actions, dict[int, None]] = {}
        for leaf in leaves:
            for length, action in enumerate(leaf):
                valid.setdefault(leaf[:length], {})[action] = None
        for leaf in leaves:
            if leaf in valid:
                raise ValueError(f"drop the leaf {leaf}: others go on from it")
        return cls({prefix: tuple(actions) for prefix, actions in valid.items()}, leaves, symbols)

    def start(self) -> Actions:
        return ()

    def valid_actions(self, state: Actions, /) -> Actions:
        return self.valid.get(state, ())

    def step(self, state: Actions, action: int, /) -> Actions:
        """The longer prefix.

        Raises:
            ValueError: the action is not valid in this state.
        """
        if action not in self.valid_actions(state):
            raise ValueError(f"take one of {self.valid_actions(state)} after {state}: got {action}")
        return (*state, action)

    def is_terminal(self, state: Actions, /) -> bool:
        return state not in self.valid

    def reward(self, state: Actions, /) -> float:
        return self.rewards.get(state, 0.0)
