"""A pretrained encoder that reads a question and the headers of its table in one sequence.

Legend: P sequence, S word piece, R row: a token of a question or a header, E width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.text import tokenize
from sparse_rl.modules.tables.encoder_digest import earlier_digest, encoder_digest
from sparse_rl.modules.tables.pretrained import hidden_states, load_pretrained
from sparse_rl.modules.task import TaskError

# Follows every header.
SEPARATOR = "|"
# Cells of a column among which the typical ones are, and the tokens that are read of each.
_FIRST = 20
_LONGEST = 6


@dataclass(frozen=True)
class Pieces:
    """One sequence for the encoder.

    Attributes:
        read: the tokenizer's output.
        rows: the row of each piece, -1 for none.
    """

    read: Any
    rows: npt.NDArray[np.int64]


def headers_of(example: Example) -> list[str]:
    """Returns the headers of a table, each once: several columns may be views of one."""
    return list(dict.fromkeys(example.table.header))


def typical_cells(example: Example, count: int) -> dict[str, list[str]]:
    """Returns a few cells of the columns with texts, by header.

    The question's constants come first, in the columns that have them, then the first cells.
    """
    table = example.table
    constants = [c.value for c in example.constants if isinstance(c.value, tuple)]
    found: dict[str, list[str]] = {}
    for column, header in enumerate(table.header):
        if table.types[column] == "text" and header not in found:
            named = [value[0] for value in constants if table.containing(column, value)]
            first = (str(cell) for cell in islice(table.columns[column], _FIRST) if cell)
            found[header] = list(islice(dict.fromkeys((*named, *first)), count))
    return found


class TransformerEncoder(nn.Module):
    """Vectors of tokens and headers: means over word pieces of some layers, concatenated.

    The sequence is: question [SEP] header cells | header cells | ... A table too wide for one
    sequence is halved until its parts fit, each after the whole question; the question's vectors
    come from the first part. A token or header without a word piece has a vector of zeros.

    Args:
        name: see `load_pretrained`.
        layers: layers whose outputs are used: 0 is the embeddings, -1 the last layer.
        cells: `typical_cells` to read after every header.

    Attributes:
        digest: key of configuration, tokenizer and weights, as they were loaded.
        width: E.
    """

    def __init__(self, name: str, layers: Sequence[int], cells: int = 0) -> None:
        super().__init__()
        self.name = name
        self.cells = cells
        loaded = load_pretrained(name, layers)
        self.model, self.layers = loaded.model, loaded.layers
        self._word_pieces, self._limit = loaded.pieces, loaded.limit
        config: Any = self.model.config
        self.width: int = len(self.layers) * config.hidden_size
        self.digest = encoder_digest(self._word_pieces.tokenizer, self.model)

    def has_digest(self, digest: str) -> bool:
        """Whether a digest of a checkpoint is this encoder's, as long as it is not trained."""
        # The earlier one needs the library, which every start would wait for.
        return digest == self.digest or digest == earlier_digest(self.name, self.layers)

    def forward(self, examples: Sequence[Example]) -> list[Tensor]:
        """Returns vectors (R, E) of every example: its tokens, then its `headers_of`.

        Raises:
            TaskError: a question with a single header is too long for the encoder.
        """
        sizes = [len(e.tokens) + len(headers_of(e)) for e in examples]
        starts = np.cumsum([0, *sizes])
        pieces, rows = [], []
        for example, start in zip(examples, starts, strict=False):
            for part in self._parts(example, headers_of(example), 0):
                pieces.append(part.read)
                rows.append(np.where(part.rows < 0, -1, part.rows + start))
        device = next(self.model.parameters()).device
        batch = {name: t.to(device) for name, t in self._word_pieces.batch(pieces).items()}
        length = batch["input_ids"].shape[1]
        row_PS = torch.from_numpy(
            np.stack([np.pad(r, (0, length - len(r)), constant_values=-1) for r in rows])
        ).to(device)
        states = hidden_states(self.model, batch)
        states_PSE = torch.cat([states[layer] for layer in self.layers], -1)
        row_N, states_NE = row_PS[row_PS >= 0], states_PSE[row_PS >= 0]
        total_RE = states_NE.new_zeros(int(starts[-1]), self.width).index_add(0, row_N, states_NE)
        count_R = torch.bincount(row_N, minlength=len(total_RE)).clamp(min=1)
        return list(torch.split(total_RE / count_R[:, None], sizes))

    def _parts(self, example: Example, headers: Sequence[str], first: int) -> Iterator[Pieces]:
        """Yields sequences that fit; `headers` begin at header number `first`."""
        words, owners = [], []
        cells = typical_cells(example, self.cells) if self.cells else {}
        for number, header in enumerate(headers, len(example.tokens) + first):
            found = [token.text for token in tokenize(header)]
            shown = [t.text for cell in cells.get(header, ()) for t in tokenize(cell)[:_LONGEST]]
            words += [*found, *shown, SEPARATOR]
            owners += [number] * len(found) + [-1] * (len(shown) + 1)
        read = self._word_pieces.read(example.tokens, words)
        if len(read) <= self._limit:
            # The question's vectors come from the first part.
            questions = range(len(example.tokens)) if first == 0 else [-1] * len(example.tokens)
            row_of = (questions, owners)
            sides = zip(read.sequence_ids, read.word_ids, strict=True)
            rows = [-1 if side is None else row_of[side][word] for side, word in sides]
            yield Pieces(read, np.array(rows, np.int64))
        elif len(headers) > 1:
            middle = len(headers) // 2
            yield from self._parts(example, headers[:middle], first)
            yield from self._parts(example, headers[middle:], first + middle)
        else:
            raise TaskError(
                f"shorten the question or the header {headers[0]!r} of {example.id}: together they "
                f"have {len(read)} word pieces, and {self.name} reads {self._limit}"
            )
