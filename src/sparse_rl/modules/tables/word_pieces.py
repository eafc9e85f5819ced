"""The word pieces that an encoder reads.

Legend: P sequence, S word piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_FIELDS = {"input_ids": "ids", "token_type_ids": "type_ids", "attention_mask": "attention_mask"}
"""Where the inputs of an encoder are in what its tokenizer returns."""


@dataclass(frozen=True)
class WordPieces:
    """A tokenizer, and the form of its encoder's inputs.

    Attributes:
        tokenizer: a `tokenizers.Tokenizer` that neither truncates nor pads.
        inputs: names of the encoder's inputs: `input_ids`, `attention_mask` and, where the encoder
            distinguishes two texts, `token_type_ids`.
        padding: number of the piece that fills a sequence up.
    """

    tokenizer: Any
    inputs: tuple[str, ...]
    padding: int

    def read(self, *texts: Sequence[str]) -> Any:
        """Returns the `tokenizers.Encoding` of one text or two, as one sequence of pieces.

        Args:
            texts: words of every text.
        """
        return self.tokenizer.encode(*texts, is_pretokenized=True)

    def batch(self, read: Sequence[Any]) -> dict[str, Tensor]:
        """Returns the inputs (P, S) of an encoder by their names, padded on the right.

        Args:
            read: sequences, each a result of `read`.
        """
        length = max(map(len, read))
        inputs = {}
        for name in self.inputs:
            fill = self.padding if name == "input_ids" else 0
            rows = (getattr(one, _FIELDS[name]) for one in read)
            inputs[name] = torch.tensor([row + [fill] * (length - len(row)) for row in rows])
        return inputs
