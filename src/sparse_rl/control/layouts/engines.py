"""Where actors live and how messages reach them; the layouts do not know which it is.

An actor is a function from message to reply. Both are bytes without objects in them, so their
number is what a network would carry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

Actor = Callable[[bytes], bytes]
"""What an actor replies to a message."""
Make = Callable[[int], Actor]
"""Makes an actor from its seed."""


class Engine(Protocol):
    """Runs actors, which have a number each.

    Attributes:
        patience: seconds without a reply after which an actor counts as hung.
    """

    patience: float

    def start(self, index: int, make: Make, seed: int) -> None:
        """Starts an actor; ends the one that had its number."""

    def send(self, index: int, message: bytes) -> None:
        """Asks an actor for a reply; if it is dead, `receive` will find that."""

    def receive(self, waiting: set[int], timeout: float) -> tuple[dict[int, bytes], set[int]]:
        """Waits for the first of some actors; returns all replies that are there, and the dead."""

    def close(self) -> None:
        """Ends all; may be called again."""


def wake(make: Make, seed: int) -> Actor:
    """Makes an actor, in a process of its own."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    return make(seed)
