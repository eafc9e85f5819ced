"""Language models and tokenizers: from folders, hub names, and the state of a checkpoint."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from sparse_rl.modules.task import TaskError

# Context of a model whose configuration has no limit.
_NO_LIMIT = 1 << 20
_REMEDY = "point model.task.model to a folder or hub name of a causal language model"


def _options(name: str) -> dict[str, Any]:
    """Only a hub name may access the internet, and not with `HF_HUB_OFFLINE=1`."""
    return {"local_files_only": Path(name).is_dir()}


def _cannot(name: str, error: Exception) -> TaskError:
    where = f"{name} cannot be loaded" if Path(name).is_dir() else f"there is no folder {name}"
    return TaskError(f"{_REMEDY}: {where} ({' '.join(str(error).split())[:160]})")


def load_config(name: str) -> Any:
    """Loads the configuration of a folder or hub name.

    Raises:
        TaskError: there is none.
    """
    import transformers  # Late: it is slow to import.

    try:
        return transformers.AutoConfig.from_pretrained(name, **_options(name))
    except (OSError, ValueError, KeyError) as error:
        raise _cannot(name, error) from error


def load_tokenizer(name: str) -> Any:
    """Loads the tokenizer of a folder or hub name.

    Raises:
        TaskError: there is none, or it has no end token.
    """
    import transformers

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, **_options(name))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _cannot(name, error) from error
    return with_end(tokenizer, name)


def with_end(tokenizer: Any, name: str) -> Any:
    """Checks that a tokenizer has an end token.

    Raises:
        TaskError: it has none.
    """
    if tokenizer.eos_token_id is None:
        raise TaskError(
            f'set "eos_token" in tokenizer_config.json of {name}, to the token that ends a '
            "completion: its tokenizer has no end token"
        )
    return tokenizer


def load_model(name: str, config: Any, dtype: torch.dtype) -> Any:
    """Loads the weights of a folder or hub name.

    Raises:
        TaskError: there are none, or the model is not a causal language model.
    """
    import transformers
    from safetensors import SafetensorError

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(
            name, config=config, dtype=dtype, **_options(name)
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise _cannot(name, error) from error


def new_weights(config: Any, dtype: torch.dtype) -> Any:
    """Returns a model of a configuration with random weights.

    Raises:
        TaskError: the configuration is not one of a causal language model.
    """
    import transformers

    try:
        return transformers.AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            config, dtype=dtype
        )
    except ValueError as error:
        raise _cannot(str(config.model_type), error) from error


def with_dropout(config: Any, dropout: float) -> Any:
    """Sets every dropout of a configuration: models name theirs differently."""
    for name, value in config.to_dict().items():
        if name.endswith(("dropout", "pdrop")) and isinstance(value, int | float):
            setattr(config, name, dropout)
    return config


def recompute(model: Any) -> None:
    """Makes a model recompute its activations for gradients."""
    # The name of transformers 6, and that of earlier versions.
    enable = getattr(model, "activation_checkpointing_enable", None)
    (enable or model.gradient_checkpointing_enable)({"use_reentrant": False})


def context_of(config: Any) -> int:
    """Returns the greatest number of tokens that a model reads."""
    return int(getattr(config, "max_position_embeddings", None) or _NO_LIMIT)


def digest_of(model: Any) -> str:
    """Returns a key of a model's weights."""
    found = hashlib.sha256()
    for name, weights in sorted(model.state_dict().items()):
        found.update(name.encode())
        found.update(weights.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()[:16]


def config_text(config: Any) -> str:
    """Returns a configuration as text, for a checkpoint."""
    return json.dumps(config.to_dict())


def config_from(text: str) -> Any:
    """Returns the configuration that `config_text` wrote."""
    import transformers

    content = json.loads(text)
    return transformers.AutoConfig.for_model(**content)


def tokenizer_files(tokenizer: Any) -> dict[str, str]:
    """Returns the files of a tokenizer by name, for a checkpoint.

    Raises:
        TaskError: the tokenizer is none of the fast ones, whose files are texts.
    """
    if not tokenizer.is_fast:
        raise TaskError("choose a model.task.model with a fast tokenizer: it has none")
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        files = sorted(Path(folder).glob("*.json")) + sorted(Path(folder).glob("*.jinja"))
        return {path.name: path.read_text(encoding="utf-8") for path in files}


def tokenizer_from(files: Mapping[str, str], config: str) -> Any:
    """Returns the tokenizer that `tokenizer_files` kept.

    Args:
        files: its files.
        config: the model's configuration, which names the tokenizer's class where the files do not.
    """
    import transformers

    with tempfile.TemporaryDirectory() as folder:
        for name, text in {"config.json": config, **files}.items():
            # A file's name comes from a checkpoint, and must not lead out of the folder.
            (Path(folder) / Path(name).name).write_text(text, encoding="utf-8")
        return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
