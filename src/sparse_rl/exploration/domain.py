"""The interface of a domain to searches, program files and reports: worlds and action names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from sparse_rl.errors import ProgramSyntaxError
from sparse_rl.exploration.budget import NO_LIMIT, Budget
from sparse_rl.exploration.exhaustive import Rewarded, exhaustive_search
from sparse_rl.interpreters.world import Actions, World

ExampleT = TypeVar("ExampleT")


@runtime_checkable
class NamingWorld(Protocol):
    """A world whose actions have names; otherwise an action is written as its number."""

    @property
    def action_names(self) -> Sequence[str]:
        """Returns a name without spaces for every action id."""
        ...


class Domain(ABC, Generic[ExampleT]):
    """Worlds of one kind. A domain must define `world`, and may override the rest.

    Examples are of the domain's own class; they have an `id`.
    """

    @abstractmethod
    def world(self, example: ExampleT) -> World:
        """Opens an example's world."""

    def search_worlds(self, example: ExampleT) -> Sequence[World]:
        """Returns the worlds in which a search before training looks for programs, in turn.

        The next world is searched only where the one before has no rewarded program. A program of
        any of them is one of `world`; by default there is no other.
        """
        return [self.world(example)]

    def exhaustive(
        self, example: ExampleT, max_programs: int = 100, budget: Budget = NO_LIMIT
    ) -> Rewarded:
        """Finds all rewarded programs of an example, up to `max_programs` and the budget."""
        return exhaustive_search(self.world(example), max_programs, budget)

    def format_program(self, example: ExampleT, actions: Actions) -> str:
        """Formats a program as the names of its actions, or their numbers."""
        world = self.world(example)
        if isinstance(world, NamingWorld):
            return " ".join(world.action_names[action] for action in actions)
        return " ".join(map(str, actions))

    def parse_program(self, example: ExampleT, text: str) -> Actions:
        """Parses a program; the inverse of `format_program`.

        Raises:
            ProgramSyntaxError: a word is not an action of the example's world.
        """
        world = self.world(example)
        number: dict[str, int] = {}
        if isinstance(world, NamingWorld):
            number = {name: action for action, name in enumerate(world.action_names)}
        else:
            number = {str(action): action for action in range(len(world.symbols))}
        try:
            return tuple(number[word] for word in text.split())
        except KeyError as error:
            raise ProgramSyntaxError(f"write actions only: no action {error} ({text!r})") from None

    def fingerprint(self) -> str:
        """Returns a cache key of the domain's search results, in addition to the data's."""
        return type(self).__qualname__

    def attach(self, data: Any) -> None:
        """Reads the worlds' settings from a data module; none by default."""
