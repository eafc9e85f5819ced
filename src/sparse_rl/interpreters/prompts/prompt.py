"""A prompt whose completions can be verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sparse_rl.errors import DataError

Verify = Callable[[str], float]
"""Returns the reward of a completion's text: 0 or more, the same at every call."""


@dataclass(frozen=True, eq=False)
class Prompt:
    """Training example of a language model: a text to complete, and the reward of completions.

    Attributes:
        id: unique among all examples.
        text: what the model reads.
        verify: reward of a completion, from its text alone: without the prompt, the end token and
            other special tokens. A function of a module or a `functools.partial` of one can be sent
            to other processes, a lambda cannot.
    """

    id: str
    text: str
    verify: Verify

    def __post_init__(self) -> None:
        """Checks what a mistake would turn into other data without a word.

        Raises:
            DataError: the id is no string or holds NUL, the text is no string, or the reward is no
                function.
        """
        id_: Any = self.id
        text: Any = self.text
        if not isinstance(id_, str) or "\0" in id_:
            raise DataError(f"give every prompt a string without NUL as id: got {id_!r}")
        if not isinstance(text, str):
            raise DataError(f"give the prompt {id_!r} as a string: got {type(text).__name__}")
        if not callable(self.verify):
            raise DataError(f"give the prompt {id_!r} a function that verifies a completion")
