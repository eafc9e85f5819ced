"""Deterministic worlds with discrete actions and a reward at the end.

Exploration, rollouts, beam search and replay use only this protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from sparse_rl.errors import DataError, WorldError

# Keys of prefixes are strings with a character per action, and these end before the surrogates.
MAX_ACTIONS = 0xD800

Actions = tuple[int, ...]
"""Sequence of action ids: a program or its prefix."""


class World(Protocol):
    """A resettable tree of actions.

    States are immutable and hashable. `valid_actions` offers only actions from which a complete
    trajectory can be reached, so a non-terminal state always has at least one.
    """

    @property
    def symbols(self) -> Sequence[int]:
        """Abstract symbol of every action id, e.g. "a number column": the alphabet of priors."""
        ...

    def start(self) -> Any: ...
    def valid_actions(self, state: Any, /) -> Sequence[int]: ...
    def step(self, state: Any, action: int, /) -> Any: ...
    def is_terminal(self, state: Any, /) -> bool: ...
    def reward(self, state: Any, /) -> float: ...


@dataclass(frozen=True)
class Trajectory:
    """A finished walk: T actions, the valid set at each step, and the final reward.

    Attributes:
        actions: action ids, length T.
        valid: the world's full valid set at each of the T steps; the policy normalises over it.
        reward: non-negative reward of the terminal state.
    """

    actions: tuple[int, ...]
    valid: tuple[tuple[int, ...], ...]
    reward: float

    @cached_property
    def action_array(self) -> npt.NDArray[np.int64]:
        """`actions` as an array; cached."""
        return np.array(self.actions, np.int64)

    @cached_property
    def valid_index(self) -> npt.NDArray[np.int64]:
        """All (step, action) pairs of `valid`, shape (2, sum of set sizes); cached."""
        sizes = np.fromiter((len(actions) for actions in self.valid), np.int64, len(self.valid))
        flat = [action for actions in self.valid for action in actions]
        return np.stack([np.repeat(np.arange(len(sizes)), sizes), np.array(flat, np.int64)])


def pad_actions(
    trajectories: Sequence[Trajectory],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Pads actions with 0 to (N, T); returns them and the mask of the real steps."""
    length_N = np.array([len(t.actions) for t in trajectories], np.int64)
    mask_NT = np.arange(length_N.max(initial=0)) < length_N[:, None]
    action_NT = np.zeros(mask_NT.shape, np.int64)
    if len(trajectories):
        action_NT[mask_NT] = np.concatenate([t.action_array for t in trajectories])
    return action_NT, mask_NT


@dataclass(frozen=True, eq=False)
class WorldExample:
    """Training example of a world: its id, and the policy's input.

    Attributes:
        id: unique among all examples.
        world: world of the example's programs.
        question: words that the policy reads; empty if the valid actions are enough.
    """

    id: str
    world: World
    question: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Checks what a mistake would turn into other data without a word.

        Raises:
            DataError: the id is no string or holds NUL, or the question is not words.
        """
        id_: Any = self.id
        if not isinstance(id_, str) or "\0" in id_:
            raise DataError(f"give every world a string without NUL as id: got {id_!r}")
        question: Any = self.question
        if isinstance(question, str) or not all(isinstance(word, str) for word in question):
            raise DataError(
                f"give the question of {self.id!r} as a tuple of words: got {self.question!r}"
            )
        if len(self.world.symbols) > MAX_ACTIONS:
            raise DataError(
                f"give worlds of at most {MAX_ACTIONS} actions: {self.id!r} has "
                f"{len(self.world.symbols)}"
            )


def valid_options(world: World, state: Any) -> tuple[int, ...]:
    """Returns the valid actions of a state; none at the end.

    Raises:
        WorldError: there is none, and it is not the end.
    """
    if world.is_terminal(state):
        return ()
    options = tuple(world.valid_actions(state))
    if not options:
        raise dead_end(state)
    return options


def dead_end(state: Any) -> WorldError:
    """Returns the error of a state where a walk cannot go on."""
    return WorldError(
        "give every state that is not terminal a valid action, or make it terminal: "
        f"{str(state)[:80]} has none"
    )


class Walk(NamedTuple):
    """Walk through a world: its state and its history.

    Attributes:
        world: the world.
        state: the state that the walk has reached.
        options: the state's valid actions; none at the end.
        actions: the actions taken.
        valid: the valid actions at each of them.
    """

    world: World
    state: Any
    options: tuple[int, ...]
    actions: tuple[int, ...] = ()
    valid: tuple[tuple[int, ...], ...] = ()

    @classmethod
    def begin(cls, world: World) -> Walk:
        """Returns the empty walk from the world's start."""
        start = world.start()
        return cls(world, start, valid_options(world, start))

    def take(self, action: int) -> Walk:
        """Extends the walk by one action."""
        world, state, options, actions, valid = self
        state = world.step(state, action)
        following = valid_options(world, state)
        return Walk(world, state, following, (*actions, action), (*valid, options))

    def trajectory(self) -> Trajectory:
        return Trajectory(self.actions, self.valid, float(self.world.reward(self.state)))


def replay_actions(world: World, actions: Sequence[int]) -> Trajectory:
    """Walks `actions` from the start and returns the finished trajectory.

    Raises:
        ValueError: an action is not valid in its state, or the walk does not end.
    """
    state = world.start()
    valid = []
    for position, action in enumerate(actions):
        options = valid_options(world, state)
        if action not in options:
            raise ValueError(f"drop this program: action {action} is not valid at step {position}")
        valid.append(options)
        state = world.step(state, action)
    if not world.is_terminal(state):
        raise ValueError(f"complete this program: it does not end after {len(actions)} actions")
    return Trajectory(tuple(actions), tuple(valid), float(world.reward(state)))
