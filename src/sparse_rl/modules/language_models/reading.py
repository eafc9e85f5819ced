"""What a causal language model has read for some rows, and reading on.

Rows are padded, and padding is masked: prompts on the left, so that all next tokens are in one
column, and what is read later on the right. A token's position counts the tokens before it, without
padding, so that a row is scored alike alone, in a batch, and token by token.

Legend: N row, L column read, T column to read, V token of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sparse_rl.errors import SparseRLError, is_out_of_memory

Tokens = Sequence[int]


@dataclass(frozen=True)
class ReadRows:
    """What a model has read.

    Attributes:
        cache: keys and values of all layers, N rows of L columns.
        mask_NL: 1 at tokens, 0 at padding.
        next_NV: scores of the next token.
    """

    cache: Any
    mask_NL: Tensor
    next_NV: Tensor

    def select(self, index_N: Tensor) -> ReadRows:
        """Returns some rows, in this order; a row may occur several times."""
        return ReadRows(
            selected_cache(self.cache, index_N), self.mask_NL[index_N], self.next_NV[index_N]
        )


def selected_cache(cache: Any, index_N: Tensor) -> Any:
    """Returns a new cache of some rows of a cache; gradients pass."""
    from transformers import DynamicCache

    return DynamicCache([(layer.keys[index_N], layer.values[index_N]) for layer in cache.layers])


def padded_left(rows: Sequence[Tokens], device: torch.device) -> tuple[Tensor, Tensor]:
    """Returns token ids and mask of rows that end in one column, both (N, L)."""
    width = max(map(len, rows))
    token = [[0] * (width - len(row)) + list(row) for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return _tensor(token, device), _tensor(mask, device)


def padded_right(rows: Sequence[Tokens], device: torch.device) -> tuple[Tensor, Tensor]:
    """Returns token ids and mask of rows that begin in one column, both (N, T)."""
    width = max(map(len, rows))
    token = [list(row) + [0] * (width - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
    return _tensor(token, device), _tensor(mask, device)


def _tensor(rows: list[list[int]], device: torch.device) -> Tensor:
    return torch.tensor(rows, dtype=torch.long, device=device)


def begin(model: Any, prompts: Sequence[Tokens], device: torch.device) -> ReadRows:
    """Reads N prompts, none of them empty."""
    from transformers import DynamicCache

    token_NL, mask_NL = padded_left(prompts, device)
    cache = DynamicCache()
    with in_memory():
        out = model(
            input_ids=token_NL,
            attention_mask=mask_NL,
            position_ids=positions(mask_NL),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
    return ReadRows(cache, mask_NL, out.logits[:, -1].float())


def read(model: Any, reading: ReadRows, token_NT: Tensor, mask_NT: Tensor) -> tuple[Tensor, Any]:
    """Reads on, and changes the reading's cache in place.

    Returns:
        Scores (N, T, V) of the tokens that follow each of the read ones, and the mask (N, L + T).
    """
    mask_NL = torch.cat((reading.mask_NL, mask_NT), 1)
    with in_memory():
        out = model(
            input_ids=token_NT,
            attention_mask=mask_NL,
            position_ids=positions(mask_NL)[:, -token_NT.shape[1] :],
            past_key_values=reading.cache,
            use_cache=True,
        )
    return out.logits.float(), mask_NL


def read_whole(model: Any, prompts: Sequence[Tokens], token_NT: Tensor, mask_NT: Tensor) -> Tensor:
    """Reads prompts and what follows in one pass without a cache, as recomputation needs it.

    Returns:
        Scores (N, 1 + T, V) of the tokens that follow the prompt and each of the others.
    """
    prompt_NL, prompt_mask_NL = padded_left(prompts, token_NT.device)
    mask_NL = torch.cat((prompt_mask_NL, mask_NT), 1)
    with in_memory():
        out = model(
            input_ids=torch.cat((prompt_NL, token_NT), 1),
            attention_mask=mask_NL,
            position_ids=positions(mask_NL),
            use_cache=False,
            logits_to_keep=token_NT.shape[1] + 1,
        )
    scores: Tensor = out.logits.float()
    return scores


def positions(mask_NL: Tensor) -> Tensor:
    """Returns the number of tokens before each; any number that is allowed at padding."""
    return (mask_NL.cumsum(1) - 1).clamp(min=0)


@contextmanager
def in_memory() -> Iterator[None]:
    """Turns an allocation that fails into one line.

    Raises:
        SparseRLError: there is too little memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise SparseRLError(
            "lower data.batch_size (with a higher trainer.accumulate_grad_batches), the draws of "
            "the estimator or model.task.max_tokens, or set model.task.recompute: the language "
            "model does not fit into memory"
        ) from error
