"""Frozen word vectors beside the learned ones: of questions, headers and typical cells.

Legend: B example, R row: a token or a header, W word, E width.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.text import stem, tokenize
from sparse_rl.modules.tables.context import Context
from sparse_rl.modules.tables.transformer import headers_of

_CELLS = 30
"""Cells of a column whose words stand for all."""


class WordContext(Context):
    """Vectors of words that training may not have shown.

    A token has the vector of its word, and the mean vector of the headers in whose columns the
    question's constant stands that the token belongs to. A column has the mean vectors of its
    header and of its first cells, if they are texts. A word that is unknown has the vector of
    another form of it, the most frequent one, or else zeros.

    Args:
        words: the words, each once.
        vectors_WE: their vectors.
    """

    digest = ""

    def __init__(self, words: Sequence[str], vectors_WE: Tensor) -> None:
        super().__init__()
        self.words = tuple(words)
        self._ids = {word: index for index, word in enumerate(self.words)}
        # Of words with the same stem, the first is the most frequent.
        self._by_stem = {stem(word): self._ids[word] for word in reversed(self.words)}
        self.register_buffer("table_WE", vectors_WE.half())
        self.table_WE: Tensor
        self.width = 2 * vectors_WE.shape[1]
        self.own_width = vectors_WE.shape[1]
        self._known: WeakKeyDictionary[Example, Tensor] = WeakKeyDictionary()
        self._columns: WeakKeyDictionary[Table, dict[str, Tensor]] = WeakKeyDictionary()

    def vectors(self, examples: Sequence[Example]) -> list[Tensor]:
        return [self._of(example) for example in examples]

    @torch.no_grad()
    def _of(self, example: Example) -> Tensor:
        known = self._known.get(example)
        if known is None:
            # In no training's precision: the vectors are kept.
            with torch.autocast("cpu", enabled=False):
                known = self._known[example] = self._computed(example)
        return known

    def _computed(self, example: Example) -> Tensor:
        columns = self._of_columns(example.table)
        tokens_RE = torch.cat((self._each(example.tokens), self._named_in(example, columns)), dim=1)
        headers_RE = torch.stack([columns[header] for header in headers_of(example)])
        return torch.cat((tokens_RE, headers_RE))

    def _named_in(self, example: Example, columns: dict[str, Tensor]) -> Tensor:
        """For every token, the mean vector of the headers of the cells that it names."""
        table = example.table
        found = torch.zeros(len(example.tokens), self.width // 2, dtype=torch.half)
        # The longest constant last: its columns are the right ones for all its tokens.
        for constant in sorted(example.constants, key=lambda c: c.end - c.start):
            if isinstance(constant.value, tuple):
                headers = {
                    table.header[property_.column]
                    for property_ in table.properties
                    if table.types[property_.column] == "text"
                    and table.containing(property_.column, constant.value)
                }
                if headers:
                    halves = [columns[header][: self.width // 2] for header in sorted(headers)]
                    found[constant.start : constant.end] = torch.stack(halves).float().mean(0)
        return found

    def _of_columns(self, table: Table) -> dict[str, Tensor]:
        """Vectors of a table's headers, each with that of its cells."""
        known = self._columns.get(table)
        if known is None:
            known = self._columns[table] = {}
            for column, header in enumerate(table.header):
                if header not in known:
                    texts = table.columns[column] if table.types[column] == "text" else ()
                    cells = (text for text in islice(texts, _CELLS) if text is not None)
                    halves = (self._mean((header,)), self._mean(dict.fromkeys(cells)))
                    known[header] = torch.cat(halves)
        return known

    def _each(self, words: Sequence[str]) -> Tensor:
        ids = torch.tensor([self._id(word) for word in words])
        # Index -1 is the last word: its rows are set to zero.
        rows_RE = self.table_WE[ids.to(self.table_WE.device)].cpu()
        rows_RE[ids < 0] = 0
        return rows_RE

    def _id(self, word: str) -> int:
        """Number of a word, or of another form of it; -1 for none."""
        known = self._ids.get(word)
        return self._by_stem.get(stem(word), -1) if known is None else known

    def _mean(self, texts: Iterable[str]) -> Tensor:
        words = dict.fromkeys(token.text for text in texts for token in tokenize(text))
        ids = [id_ for word in words if (id_ := self._id(word)) >= 0]
        if not ids:
            return torch.zeros(self.width // 2, dtype=torch.half)
        return self.table_WE[ids].float().mean(0).half().cpu()
