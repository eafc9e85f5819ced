"""Mistakes with language models: one line each, which begins with what to do."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.cli import _told
from sparse_rl.datamodules.prompts import PromptsDataModule
from sparse_rl.errors import DataError, SparseRLError, WorldError
from sparse_rl.interpreters.prompts import Prompt
from sparse_rl.modules.language_models import CompletionTask
from sparse_rl.modules.language_models.reading import in_memory
from sparse_rl.modules.task import TaskError


def nothing(completion: str) -> float:
    return 0.0


def only_line(error: pytest.ExceptionInfo[BaseException]) -> str:
    text = str(error.value)
    assert "\n" not in text and len(text) < 400
    return text


PROMPTS = [Prompt("first", "1+1=", nothing)]


def test_no_such_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    task = CompletionTask(str(tmp_path / "nowhere"), PROMPTS)
    with pytest.raises(TaskError) as error:
        task.build(task.data)
    line = only_line(error)
    assert line.startswith("point model.task.model to a folder or hub name of a causal language")
    assert "nowhere" in line


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    task = CompletionTask(str(tmp_path), PROMPTS)
    with pytest.raises(TaskError, match=r"^point model\.task\.model to a folder") as error:
        task.build(task.data)
    assert "cannot be loaded" in only_line(error)


def test_a_folder_with_weights_of_something_else(llama_folder: Path, tmp_path: Path) -> None:
    for path in llama_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    task = CompletionTask(str(tmp_path), PROMPTS)
    with pytest.raises(TaskError, match=r"^point model\.task\.model") as error:
        task.build(task.data)
    only_line(error)


def test_a_tokenizer_without_an_end(
    llama_folder: Path, tmp_path: Path, endless_tokenizer: Any
) -> None:
    for path in llama_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    endless_tokenizer.save_pretrained(tmp_path)
    task = CompletionTask(str(tmp_path), PROMPTS)
    with pytest.raises(TaskError, match=r'^set "eos_token" in tokenizer_config\.json') as error:
        task.world(PROMPTS[0])
    only_line(error)


def test_a_prompt_longer_than_the_context(llama_folder: Path) -> None:
    long = Prompt("second", "1+" * 25, nothing)
    task = CompletionTask(str(llama_folder), [*PROMPTS, long], max_tokens=8)
    policy = task.build(task.data)
    with pytest.raises(TaskError, match=r"^shorten the prompt of 'second'.* 50 tokens.* 40") as e:
        policy.encode([*PROMPTS, long])
    only_line(e)


def test_completions_longer_than_the_context(llama_folder: Path) -> None:
    task = CompletionTask(str(llama_folder), PROMPTS, max_tokens=48)
    with pytest.raises(TaskError, match=r"^lower model\.task\.max_tokens below 48") as error:
        task.build(task.data)
    only_line(error)


@pytest.mark.parametrize("value", [math.nan, -0.5, math.inf, None, "much"])
def test_a_reward_that_is_none(llama_folder: Path, value: Any) -> None:
    bad = Prompt("bad", "1+1=", lambda completion: value)
    task = CompletionTask(str(llama_folder), [bad])
    with pytest.raises(WorldError) as error:
        task.world(bad).reward((3, 0))
    line = only_line(error)
    assert line.startswith("give rewards of 0 or more: the prompt 'bad'")
    assert repr(value) in line and "'2'" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((3, "text", nothing), "give every prompt a string without NUL as id"),
        (("a\0b", "text", nothing), "give every prompt a string without NUL as id"),
        (("a", ["text"], nothing), "give the prompt 'a' as a string: got list"),
        (("a", "text", 1.0), "give the prompt 'a' a function that verifies"),
    ],
)
def test_prompts_are_checked(arguments: Any, said: str) -> None:
    with pytest.raises(DataError, match=f"^{said}"):
        Prompt(*arguments)


def test_lists_of_prompts_are_checked() -> None:
    with pytest.raises(DataError, match=r"^give every example of train its own id: 'first'"):
        PromptsDataModule([PROMPTS[0], PROMPTS[0]])
    with pytest.raises(DataError, match=r"^give worlds or prompts to train on: there are none"):
        PromptsDataModule([])
    with pytest.raises(DataError, match=r"^give dev as Prompts: got str"):
        PromptsDataModule(PROMPTS, ["1+1="])  # type: ignore[list-item]


TOO_LITTLE = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
]


@pytest.mark.parametrize("error", TOO_LITTLE, ids=["gpu", "cpu"])
def test_too_little_memory(error: Exception) -> None:
    with pytest.raises(SparseRLError, match=r"^lower data\.batch_size") as told, in_memory():
        raise error
    only_line(told)
    # In a gradient, outside the model's calls.
    assert str(_told(error)).startswith("give the run more memory")
    with pytest.raises(RuntimeError, match="shapes"), in_memory():
        raise RuntimeError("shapes differ")
    assert _told(RuntimeError("shapes differ")) is None
