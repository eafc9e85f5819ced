"""Keys of pretrained encoders, by which caches of vectors and checkpoints know them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sparse_rl.modules.tables.pretrained import by_transformers

_SHAPE = (
    "model_type", "hidden_size", "num_attention_heads", "intermediate_size", "hidden_act",
    "layer_norm_eps",
)  # fmt: skip
"""What determines the vectors beside the weights; versions of the library add to the rest."""


def encoder_digest(tokenizer: Any, model: Any) -> str:
    """Returns the key of a tokenizer's word pieces and of a model's shape and weights."""
    words = sorted(tokenizer.get_vocab().items())
    shape = [str(getattr(model.config, name, None)) for name in _SHAPE]
    digest = hashlib.sha256(json.dumps([words, shape]).encode())
    return _with_weights(digest, model)


def earlier_digest(name: str, layers: Sequence[int]) -> str:
    """Returns the key in checkpoints of version 0.1, which depends on the library's version.

    Args:
        name: see `load_pretrained`.
        layers: requested layers.
    """
    tokenizer, model, _ = by_transformers(name, layers)
    digest = hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode())
    # Origin, version and dtype do not determine the vectors.
    aside = {"_name_or_path", "transformers_version", "dtype", "torch_dtype"}
    config = {key: value for key, value in model.config.to_dict().items() if key not in aside}
    digest.update(json.dumps(config, sort_keys=True, default=str).encode())
    return _with_weights(digest, model)


def _with_weights(digest: Any, model: Any) -> str:
    for name, weight in model.state_dict().items():
        digest.update(f"{name} {tuple(weight.shape)}".encode())
        digest.update(weight.cpu().contiguous().numpy())
    return str(digest.hexdigest())[:16]
