"""A language model in two processes: what one does, and resumed exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

TWO = ["--trainer.strategy=ddp", "--trainer.devices=2"]
TASK = [
    "--model.task=SpelledTableTask",
    '--model.task.model={"layers": 1, "width": 16, "heads": 2, "vocabulary": 300}',
    "--model.pretraining_steps=1",
]
NO_TEST = {"SKIP_TEST": "1"}
Fit = Callable[..., Any]

pytestmark = pytest.mark.slow


def test_two_processes_do_what_one_does(fit: Fit) -> None:
    """Losses and memory; up to the order of float summation."""
    one, two = (fit("--trainer.max_steps=3", *TASK, *devices, **NO_TEST) for devices in ([], TWO))
    assert len(one.logged("train/loss")) == 3
    assert two.logged("train/loss") == pytest.approx(one.logged("train/loss"), rel=1e-3)
    assert two.entries() == one.entries()
    assert one.explored() == two.explored() != set()
    tokenizers = [run.state["sparse_rl"]["model"]["tokenizer"] for run in (one, two)]
    assert tokenizers[0] == tokenizers[1]


def test_two_processes_resume_exactly(fit: Fit) -> None:
    more = [*TASK, *TWO, "--model.task.dropout=0.1"]
    straight = fit(*more, "--trainer.max_steps=4", **NO_TEST)
    stopped = fit(*more, "--trainer.max_steps=2", **NO_TEST)
    resumed = fit(*more, "--trainer.max_steps=4", f"--ckpt_path={stopped.last}", **NO_TEST)
    assert resumed.logged("train/loss") == straight.logged("train/loss")[2:]
    assert resumed.entries() == straight.entries()
    for name, weights in straight.state["state_dict"].items():
        assert torch.equal(resumed.state["state_dict"][name], weights), name
