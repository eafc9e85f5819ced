"""Tiny language models of three architectures, with a tokenizer of characters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

CHARACTERS = ("<end>", *"0123456789+=:abcdefgh ")
CONTEXT = 48


def character_tokenizer(end: str | None = "<end>") -> PreTrainedTokenizerFast:
    """One token per character; text outside the alphabet has no tokens of its own."""
    numbers = {character: number for number, character in enumerate(CHARACTERS)}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="<end>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end)


def configuration(kind: str) -> Any:
    sizes = {"vocab_size": len(CHARACTERS), "bos_token_id": None, "eos_token_id": 0}
    if kind == "gpt2":
        return GPT2Config(n_embd=16, n_layer=2, n_head=2, n_positions=CONTEXT, **sizes)
    kinds = {"llama": LlamaConfig, "qwen": Qwen2Config}
    return kinds[kind](
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=CONTEXT,
        **sizes,
    )


Folders = Callable[[str], Path]


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Makes the folder of a model with random weights, large enough to prefer some tokens."""
    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind)
            torch.manual_seed(1)
            model = AutoModelForCausalLM.from_config(configuration(kind))
            with torch.no_grad():
                for weights in model.parameters():
                    weights.mul_(4.0)
            model.save_pretrained(made[kind])
            character_tokenizer().save_pretrained(made[kind])
        return made[kind]

    return folder


@pytest.fixture(params=["gpt2", "llama", "qwen"])
def any_folder(request: pytest.FixtureRequest, model_folder: Folders) -> Path:
    """The three architectures in turn."""
    return model_folder(request.param)


@pytest.fixture
def llama_folder(model_folder: Folders) -> Path:
    return model_folder("llama")


@pytest.fixture
def endless_tokenizer() -> PreTrainedTokenizerFast:
    """Without an end token."""
    return character_tokenizer(None)
