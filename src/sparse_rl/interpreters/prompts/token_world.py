"""The world of a prompt's completions: a token is an action."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sparse_rl.errors import WorldError
from sparse_rl.interpreters.prompts.prompt import Prompt
from sparse_rl.interpreters.world import Actions


@dataclass(frozen=True, eq=False)
class Alphabet:
    """The tokens of a language model, shared by the worlds of all prompts.

    Attributes:
        size: number of token ids.
        end: id of the token that ends a completion.
        decode: text of token ids, without special tokens.
    """

    size: int
    end: int
    decode: Callable[[Sequence[int]], str]

    @cached_property
    def everything(self) -> Actions:
        """All token ids: one object for all steps of all worlds."""
        return tuple(range(self.size))


class TokenWorld:
    """Tokens until the end token, or until the greatest length: then without an end token.

    A state is the completion so far. Every token is valid in every state, so that a program's
    probability is what the language model gives it.

    Args:
        prompt: the prompt and its reward.
        alphabet: the tokens.
        max_tokens: greatest number of tokens of a completion, the end token included.
    """

    def __init__(self, prompt: Prompt, alphabet: Alphabet, max_tokens: int) -> None:
        self.prompt = prompt
        self.alphabet = alphabet
        self.max_tokens = max_tokens

    @property
    def symbols(self) -> Sequence[int]:
        return range(self.alphabet.size)

    def start(self) -> Actions:
        return ()

    def valid_actions(self, state: Actions) -> Actions:
        return self.alphabet.everything

    def step(self, state: Actions, action: int) -> Actions:
        return (*state, action)

    def is_terminal(self, state: Actions) -> bool:
        return len(state) == self.max_tokens or (bool(state) and state[-1] == self.alphabet.end)

    def text(self, state: Actions) -> str:
        """Returns the text of a completion."""
        return self.alphabet.decode([token for token in state if token != self.alphabet.end])

    def reward(self, state: Actions) -> float:
        """Verifies a completion.

        Raises:
            WorldError: the reward is no number of 0 or more.
        """
        text = self.text(state)
        reward = self.prompt.verify(text)
        try:
            value = float(reward)
        except (TypeError, ValueError):
            value = -1.0
        if not 0 <= value < float("inf"):  # NaN is not either.
            raise WorldError(
                f"give rewards of 0 or more: the prompt {self.prompt.id!r} has a reward of "
                f"{reward!r} for the completion {text[:60]!r}"
            )
        return value
