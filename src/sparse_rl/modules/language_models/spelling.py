"""The actions of a world spelled in tokens: tries of what may be chosen.

Where the texts of the valid actions differ is a fork, and the model chooses among the tokens there;
elsewhere there is no choice. The probability of an action is the product over the forks on its
path, so that the valid actions have probability 1 together. Where one action's text begins
another's, the end token stands for going no further.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.language_models.reading import Tokens
from sparse_rl.modules.task import TaskError


@dataclass(frozen=True)
class Fork:
    """A place where the texts of valid actions differ.

    Attributes:
        prefix: tokens from the beginning of the action to the fork.
        tokens: the tokens that may follow.
    """

    prefix: tuple[int, ...]
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class ActionTrie:
    """The forks among some valid actions.

    Attributes:
        forks: all forks; those further down come later.
        paths: for every action its forks, as places in `forks`, and its place among the tokens of
            each.
    """

    forks: tuple[Fork, ...]
    paths: Mapping[int, tuple[tuple[int, int], ...]]

    def deepest(self) -> list[tuple[int, ...]]:
        """Returns the prefixes of forks that no other fork's prefix continues, without ()."""
        found: list[tuple[int, ...]] = []
        for fork in reversed(self.forks):
            prefix = fork.prefix
            if prefix and not any(other[: len(prefix)] == prefix for other in found):
                found.append(prefix)
        return found


def action_trie(spelled: Mapping[int, Tokens], end: int) -> ActionTrie:
    """Makes the trie of some actions.

    Args:
        spelled: tokens of every valid action.
        end: the token that stands for going no further.

    Raises:
        TaskError: two actions have the same tokens, or one has none.
    """
    forks: list[Fork] = []
    paths: dict[int, list[tuple[int, int]]] = {action: [] for action in spelled}
    level: list[tuple[tuple[int, ...], list[int]]] = [((), list(spelled))]
    while level:
        below: list[tuple[tuple[int, ...], list[int]]] = []
        for prefix, actions in level:
            branches = _branches(prefix, actions, spelled, end)
            if len(branches) > 1:
                for place, branch in enumerate(branches.values()):
                    for action in branch:
                        paths[action].append((len(forks), place))
                forks.append(Fork(prefix, tuple(branches)))
            below += [((*prefix, t), branch) for t, branch in branches.items() if len(branch) > 1]
        level = below
    return ActionTrie(tuple(forks), {action: tuple(path) for action, path in paths.items()})


def _branches(
    prefix: tuple[int, ...], actions: Sequence[int], spelled: Mapping[int, Tokens], end: int
) -> dict[int, list[int]]:
    """Returns the actions by the token that follows a prefix of theirs."""
    branches: dict[int, list[int]] = {}
    depth = len(prefix)
    complete: list[int] = []
    for action in actions:
        tokens = spelled[action]
        if len(tokens) == depth:
            complete.append(action)
        else:
            branches.setdefault(tokens[depth], []).append(action)
    if len(complete) > 1 or (complete and (not depth or end in branches)):
        raise TaskError(
            "give every action of a world a text of its own, without the end token: actions "
            f"{complete or actions} are spelled {list(prefix)}"
        )
    if complete:
        branches[end] = complete
    return branches


class Spelling:
    """The tokens of an example's actions, and the tries of its valid sets.

    Args:
        tokens: tokens of every action id.
        end: the token that stands for going no further.
    """

    def __init__(self, tokens: Sequence[Tokens], end: int) -> None:
        self.tokens = tokens
        self._end = end
        self._tries: dict[tuple[int, ...], ActionTrie] = {}

    def trie(self, valid: tuple[int, ...]) -> ActionTrie:
        """Returns the trie of some actions; cached."""
        trie = self._tries.get(valid)
        if trie is None:
            spelled = {action: self.tokens[action] for action in valid}
            trie = self._tries[valid] = action_trie(spelled, self._end)
        return trie


@dataclass(frozen=True)
class SpelledProgram:
    """A program as choices of a language model.

    Attributes:
        tokens: tokens to read, up to the last choice.
        choices: number of tokens read before each choice, the tokens to choose from, and the place
            of the chosen one.
    """

    tokens: Tokens
    choices: Sequence[tuple[int, tuple[int, ...], int]]


def spelled_program(trajectory: Trajectory, spelling: Spelling) -> SpelledProgram:
    """Spells a program."""
    tokens: list[int] = []
    choices = []
    for action, valid in zip(trajectory.actions, trajectory.valid, strict=True):
        trie = spelling.trie(valid)
        for number, place in trie.paths[action]:
            fork = trie.forks[number]
            choices.append((len(tokens) + len(fork.prefix), fork.tokens, place))
        tokens += spelling.tokens[action]
    last = choices[-1][0] if choices else 0
    return SpelledProgram(tokens[:last], choices)
