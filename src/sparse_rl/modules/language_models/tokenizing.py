"""Token ids of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparse_rl.modules.task import TaskError


class PromptTokenizer:
    """Token ids of a prompt, as the tokenizer begins a text.

    Args:
        tokenizer: a tokenizer of the library `transformers`.
        limit: greatest number of tokens of a prompt.
    """

    def __init__(self, tokenizer: Any, limit: int) -> None:
        self._tokenizer = tokenizer
        self._limit = limit

    def __call__(self, text: str, id_: str) -> Sequence[int]:
        """Returns the token ids of an example's prompt, at least one.

        Raises:
            TaskError: the prompt is too long.
        """
        tokenizer = self._tokenizer
        tokens: list[int] = tokenizer(text)["input_ids"]
        end = tokenizer.eos_token_id
        # Some tokenizers end a text, which is to be continued here.
        while len(tokens) > 1 and tokens[-1] == end and not text.endswith(tokenizer.eos_token):
            tokens.pop()
        if len(tokens) > self._limit:
            raise TaskError(
                f"shorten the prompt of {id_!r}, or lower model.task.max_tokens: it has "
                f"{len(tokens)} tokens, and the model's context leaves {self._limit} for it"
            )
        first = end if tokenizer.bos_token_id is None else tokenizer.bos_token_id
        return tokens or [first]
