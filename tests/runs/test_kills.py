"""A run that is killed at random moments, many while it saves, goes on exactly."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.checkpoint_file import read_weights
from sparse_rl.checkpoint_parts import parts_folders
from sparse_rl.replay.memory import Memory

KILLS = 10
TWO = ["--trainer.strategy=ddp", "--trainer.devices=2"]
# With dropout, so that the state of torch's generator counts.
LANGUAGE_MODEL = [
    "--model.task=SpelledTableTask",
    '--model.task.model={"layers": 1, "width": 16, "heads": 2, "vocabulary": 300}',
    "--model.task.dropout=0.1",
]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("processes", "options"),
    [(1, []), (2, TWO), (1, LANGUAGE_MODEL)],
    ids=["one process", "two processes", "language model"],
)
def test_kills_at_random_moments_of_saving(
    fit: Callable[..., Any], runner: Any, processes: int, options: list[str]
) -> None:
    rng = random.Random(processes)
    last: Path | None = None
    interrupted = 0
    for _ in range(KILLS):
        resumed = [f"--ckpt_path={last}"] if last else []
        life = runner.start(
            *options,
            *resumed,
            "--last_checkpoint.every_n_train_steps=1",
            "--trainer.max_epochs=100000",
            "--trainer.limit_val_batches=0",
            SKIP_TEST="1",
        )
        path = runner.folder / "gaca_wikisql" / "version_0" / "checkpoints" / "last.ckpt"
        limit = time.monotonic() + 300
        while not path.is_file():
            assert life.poll() is None and time.monotonic() < limit, life.communicate()[0][-3000:]
            time.sleep(0.001)
        time.sleep(rng.random() * 0.5)
        os.killpg(life.pid, signal.SIGKILL)
        life.communicate()
        interrupted += bool(list(path.parent.glob(".*.partial"))) or len(parts_folders(path)) > 1
        memory = Memory()
        state = read_weights(path)
        memory.load_state_dict(state["sparse_rl"])
        assert sum(memory.replay.sizes()) > 0 and ("parts" in state["sparse_rl"]) == (processes > 1)
        last = path
    # A step of the language model takes far longer than to save it.
    if options is not LANGUAGE_MODEL:
        assert interrupted, "some kills came while a checkpoint was being written"
    assert last is not None
    steps = f"--trainer.max_steps={state['global_step'] + 2}"
    ends = ["--trainer.max_epochs=-1", "--trainer.limit_val_batches=0", steps]
    straight = fit(*options, *ends, SKIP_TEST="1")
    resumed_run = fit(*options, *ends, f"--ckpt_path={last}", SKIP_TEST="1")
    assert resumed_run.logged("train/loss") == straight.logged("train/loss")[-2:]
    assert resumed_run.entries() == straight.entries()
    assert resumed_run.explored() == straight.explored()
    for name, tensor in straight.state["state_dict"].items():
        assert resumed_run.state["state_dict"][name].equal(tensor), name
