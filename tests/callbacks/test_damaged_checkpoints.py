"""A damaged checkpoint ends in one line, wherever it is read, and nothing in it is executed."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.asking.model import load_model
from sparse_rl.checkpoint_file import check_resumable, read_weights
from sparse_rl.datamodules.quickstart.quickstart import QuickstartDataModule
from sparse_rl.errors import CheckpointError, SparseRLError
from sparse_rl.replay.strata import Strata

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def whole(checkpoint_of: Callable[[Any], Path], cache: Path) -> dict[str, Any]:
    path = checkpoint_of(QuickstartDataModule(cache=str(cache)))
    content: dict[str, Any] = torch.load(path, weights_only=True)
    return content


def first(content: dict[str, Any]) -> str:
    return next(name for name, w in content["state_dict"].items() if w.is_floating_point())


CHANGES: dict[str, Change] = {
    "no weights": lambda c: c.update(state_dict={}),
    "weights in a list": lambda c: c.update(state_dict=[1]),
    "a weight is a text": lambda c: c["state_dict"].update({first(c): "x"}),
    "a weight is missing": lambda c: c["state_dict"].pop(first(c)),
    "a weight more": lambda c: c["state_dict"].update({"policy.more": torch.zeros(2)}),
    "another shape": lambda c: c["state_dict"].update({first(c): torch.zeros(1)}),
    "another type": lambda c: c["state_dict"].update({first(c): c["state_dict"][first(c)].long()}),
    "no number": lambda c: c["state_dict"][first(c)].fill_(torch.nan),
    "no state": lambda c: c.pop("sparse_rl"),
    "state in a list": lambda c: c.update(sparse_rl=[]),
    "no words": lambda c: c["sparse_rl"].pop("words"),
    "words of another": lambda c: c["sparse_rl"]["words"].pop(),
    "words repeated": lambda c: c["sparse_rl"].update(words=["a"] * len(c["sparse_rl"]["words"])),
    "words as numbers": lambda c: c["sparse_rl"].update(
        words=list(range(len(c["sparse_rl"]["words"])))
    ),
    "negative shared ids": lambda c: c["sparse_rl"].update(shared_ids=-3),
    "no size": lambda c: c["sparse_rl"]["sizes"].pop("hidden"),
    "a size more": lambda c: c["sparse_rl"]["sizes"].update(more=1),
    "a negative size": lambda c: c["sparse_rl"]["sizes"].update(hidden=-4),
    "a huge size": lambda c: c["sparse_rl"]["sizes"].update(hidden=10**12),
    "a size as a text": lambda c: c["sparse_rl"]["sizes"].update(hidden="x"),
    "dropout of 7": lambda c: c["sparse_rl"]["sizes"].update(dropout=7),
    "no language": lambda c: c["sparse_rl"].pop("language"),
    "an unknown function": lambda c: c["sparse_rl"]["language"].update(functions=["explode"]),
    "functions as numbers": lambda c: c["sparse_rl"]["language"].update(functions=[1]),
    "no limit": lambda c: c["sparse_rl"]["language"].pop("max_expressions"),
    "a limit as a text": lambda c: c["sparse_rl"]["language"].update(max_expressions="x"),
    "a switch as a text": lambda c: c["sparse_rl"]["language"].update(narrowing="maybe"),
    "triggers as a number": lambda c: c["sparse_rl"]["language"].update(triggers=3),
    "another task": lambda c: c["sparse_rl"].update(task="os.system"),
    "a task as a number": lambda c: c["sparse_rl"].update(task=7),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_checkpoint_is_refused(
    change: str, whole: dict[str, Any], tmp_path: Path
) -> None:
    content = copy.deepcopy(whole)
    CHANGES[change](content)
    path = tmp_path / "best.ckpt"
    torch.save(content, path)
    with pytest.raises(SparseRLError) as refused:
        load_model(path)
    assert len(str(refused.value).splitlines()) == 1


class Evil:
    def __reduce__(self) -> Any:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize("legacy", [False, True])
def test_objects_are_never_executed(
    legacy: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"x": Evil()}, "best.ckpt", _use_new_zipfile_serialization=not legacy)
    with pytest.raises(CheckpointError, match="use an earlier checkpoint"):
        read_weights("best.ckpt")
    assert not (tmp_path / "executed").exists()


def test_a_flipped_bit_is_found(whole: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "best.ckpt"
    torch.save(whole, path)
    content = bytearray(path.read_bytes())
    weights = whole["state_dict"][first(whole)].flatten()[:4].numpy().tobytes()
    content[content.index(weights)] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged"):
        read_weights(path)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("tokens", torch.tensor([1])),
        ("tokens", torch.tensor([1, -2])),
        ("lengths", torch.tensor([-2])),
        ("lengths", torch.tensor([2.0])),
        ("lengths", torch.tensor([[2]])),
        ("counts", torch.tensor([1000])),
    ],
)
def test_a_damaged_memory_is_refused(part: str, value: torch.Tensor) -> None:
    memory = Strata()
    memory.add_rewarded("a", [(1, 2)])
    state = memory.state_dict()
    memory.load_state_dict(copy.deepcopy(state))
    state["rewarded"][part] = value
    with pytest.raises(ValueError):
        memory.load_state_dict(state)


@pytest.mark.parametrize("part", ["loops", "callbacks", "optimizer_states", "global_step"])
def test_a_training_resumes_from_a_whole_checkpoint_only(part: str) -> None:
    whole = {
        "loops": {"fit_loop": {}},
        "callbacks": {"Last": {"step": 1}},
        "optimizer_states": [{}],
        "global_step": 3,
        "epoch": 0,
    }
    check_resumable(whole, "last.ckpt")
    with pytest.raises(CheckpointError, match="use an earlier checkpoint"):
        check_resumable({name: value for name, value in whole.items() if name != part}, "last.ckpt")
