"""Contextual vectors of an example's tokens and columns.

Legend: B example, L question token, C column, R row: a token or a header, E width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from sparse_rl.interpreters.tables.example import Example
from sparse_rl.modules.tables.features import Features
from sparse_rl.modules.tables.transformer import TransformerEncoder, headers_of


class Context(nn.Module, ABC):
    """Gives every question token and every column a vector that depends on the whole example.

    Attributes:
        width: E.
        own_width: width of the first part, in which tokens and columns can be compared.
        digest: key of the encoder before training; empty for none.
        lr: learning rate of its parameters, if it has any.
    """

    width: int
    own_width: int
    digest: str
    lr = 0.0

    def has_digest(self, digest: str) -> bool:
        """Whether a checkpoint with this digest was trained with the same encoder."""
        return digest == self.digest

    @abstractmethod
    def vectors(self, examples: Sequence[Example]) -> list[Tensor]:
        """Returns vectors (R, E) of every example: its tokens, then its `headers_of`."""

    def forward(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """Returns float32 vectors of tokens (B, L, E) and columns (B, C, E), zeros at padding."""
        tokens, columns = [], []
        for example, vectors_RE in zip(examples, self.vectors(examples), strict=True):
            place = {header: row for row, header in enumerate(headers_of(example))}
            length = len(example.tokens)
            tokens.append(vectors_RE[:length])
            columns.append(vectors_RE[[length + place[h] for h in example.table.header]])
        tokens_BLE, columns_BCE = (pad_sequence(v, batch_first=True) for v in (tokens, columns))
        return tokens_BLE.float(), columns_BCE.float()


class NoContext(Context):
    """No contextual vectors: E is 0."""

    width = own_width = 0
    digest = ""

    def vectors(self, examples: Sequence[Example]) -> list[Tensor]:
        return [torch.zeros(len(e.tokens) + len(headers_of(e)), 0) for e in examples]

    def forward(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """Returns empty vectors, without a loop over tokens: most policies have no context."""
        lengths = (len(example.tokens) for example in examples)
        columns = (len(example.table.header) for example in examples)
        rows = len(examples)
        return torch.zeros(rows, max(lengths), 0), torch.zeros(rows, max(columns), 0)


class FrozenContext(Context):
    """Vectors of a frozen encoder, whose weights are not part of the policy."""

    def __init__(self, features: Features) -> None:
        super().__init__()
        self.width = self.own_width = features.width
        self.digest = features.digest
        self._features = features

    def has_digest(self, digest: str) -> bool:
        return self._features.encoder.has_digest(digest)

    def vectors(self, examples: Sequence[Example]) -> list[Tensor]:
        return self._features(examples)


class TrainedContext(Context):
    """Vectors of an encoder trained with the policy, at its own learning rate."""

    def __init__(self, encoder: TransformerEncoder, lr: float) -> None:
        super().__init__()
        self.width = self.own_width = encoder.width
        self.digest, self.lr = encoder.digest, lr
        self.encoder = encoder

    def has_digest(self, digest: str) -> bool:
        return self.encoder.has_digest(digest)

    def vectors(self, examples: Sequence[Example]) -> list[Tensor]:
        found: list[Tensor] = self.encoder(examples)
        return found


class JoinedContext(Context):
    """The vectors of two contexts, one after the other; tokens and columns compare by the first.

    Args:
        words: vectors of words alone.
        encoder: vectors of an encoder, frozen or trained.
    """

    def __init__(self, words: Context, encoder: Context) -> None:
        super().__init__()
        self.width, self.own_width = words.width + encoder.width, words.own_width
        self.digest, self.lr = encoder.digest, encoder.lr
        self.words, self.encoder = words, encoder

    def has_digest(self, digest: str) -> bool:
        return self.encoder.has_digest(digest)

    def vectors(self, examples: Sequence[Example]) -> list[Tensor]:
        both = zip(self.words.vectors(examples), self.encoder.vectors(examples), strict=True)
        return [torch.cat((words_RE.to(read_RE), read_RE), dim=1) for words_RE, read_RE in both]
