"""A checkpoint is complete or not there, and holds tensors and plain containers only."""

from __future__ import annotations

import errno
import itertools
import multiprocessing
import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

import sparse_rl as sr
from sparse_rl.callbacks.checkpoint_io import AtomicCheckpointIO
from sparse_rl.checkpoint_file import read_checkpoint
from sparse_rl.checkpoint_parts import write_whole
from sparse_rl.errors import CheckpointError
from sparse_rl.interpreters.toys import TreeWorld

WRITE = "sparse_rl.callbacks.checkpoint_io.write_whole"


def write_for_ever(path: Path) -> None:
    io = AtomicCheckpointIO()
    for number in itertools.count():
        io.save_checkpoint(
            {"state_dict": {}, "number": number, "weights": torch.full((300_000,), number)}, path
        )


def test_kill_while_writing_leaves_a_loadable_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    rng = random.Random(0)
    AtomicCheckpointIO().save_checkpoint(
        {"state_dict": {}, "number": 0, "weights": torch.zeros(1)}, path
    )
    fork = multiprocessing.get_context("fork")
    last = 0
    for _ in range(10):
        writer = fork.Process(target=write_for_ever, args=(path,))
        before = path.stat().st_mtime_ns
        writer.start()
        # However busy the machine: from the first file on, at a random moment of those after it.
        while path.stat().st_mtime_ns == before:
            time.sleep(0.001)
        time.sleep(rng.random() * 0.05)
        writer.kill()
        writer.join()
        checkpoint = read_checkpoint(path)
        assert (checkpoint["weights"] == checkpoint["number"]).all()
        last += checkpoint["number"]
    # The kills are worth something only if files were being written when they came.
    assert last > 0 and list(tmp_path.glob(".*.partial"))


def test_a_truncated_checkpoint_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "best.ckpt"
    AtomicCheckpointIO().save_checkpoint({"state_dict": {}, "weights": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(CheckpointError, match=r"use an earlier checkpoint.*best\.ckpt"):
        AtomicCheckpointIO().load_checkpoint(path)


def test_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.ckpt"
    torch.save({"object": Path("x"), "call": print}, path)
    with pytest.raises(CheckpointError, match="use an earlier checkpoint"):
        read_checkpoint(path)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="give --ckpt_path an existing checkpoint"):
        read_checkpoint(tmp_path / "none.ckpt")


def test_what_training_changes_after_a_save_is_not_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, go, io = tmp_path / "last.ckpt", threading.Event(), AtomicCheckpointIO()
    monkeypatch.setattr(WRITE, lambda *given: go.wait(10) and write_whole(*given))
    weights = torch.nn.Linear(2, 2)
    content: dict[str, Any] = {
        "state_dict": weights.state_dict(),
        "optimizer_states": [{"step": (torch.ones(1),)}],
    }
    before = weights.weight.detach().clone()
    with io.in_background(path, pl.LightningModule()):
        io.save_checkpoint(content, path)
    with torch.no_grad():
        weights.weight.add_(1)
    content["optimizer_states"][0]["step"][0].add_(1)
    content["optimizer_states"].append({})
    assert not path.exists(), "the save has not waited for the file"
    go.set()
    read = io.load_checkpoint(path)
    assert read["state_dict"]["weight"].equal(before)
    assert read["optimizer_states"] == [{"step": (1,)}]
    io.teardown()


def fit(folder: Path, **options: Any) -> sr.Run:
    worlds = {f"tree {n}": TreeWorld.from_leaves({(0,): 0.0, (1,): 1.0}) for n in range(4)}
    task = sr.WorldTask(worlds, embedding=4, hidden=8)
    return sr.fit(task, sr.Mapo(fresh=1), folder=folder, max_epochs=2, **options)


def test_a_run_ends_with_its_checkpoints_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(content: dict[str, Any], path: Path) -> None:
        assert threading.current_thread() is not threading.main_thread()
        time.sleep(0.2)
        write_whole(content, path)

    monkeypatch.setattr(WRITE, slow)
    run = fit(tmp_path)
    for name, step in (("last", 2), ("best", 1)):
        state = torch.load(run.folder / "checkpoints" / f"{name}.ckpt", weights_only=True)
        assert state["global_step"] >= step
        assert sorted(state["sparse_rl"]["replay"]["ids"]) == [f"tree {n}" for n in range(4)]


def test_ones_own_save_is_there_at_once(tmp_path: Path) -> None:
    class Own(pl.Callback):
        def on_train_epoch_end(self, trainer: pl.Trainer, *args: Any) -> None:
            trainer.save_checkpoint(tmp_path / "own.ckpt")
            state = torch.load(tmp_path / "own.ckpt", weights_only=True)
            assert len(state["sparse_rl"]["replay"]["ids"]) == 4

    fit(tmp_path, callbacks=[Own()])


def test_a_full_disk_ends_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(content: dict[str, Any], path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(WRITE, full)
    with pytest.raises(OSError, match=r"No space left on device: '.*\.ckpt'"):
        fit(tmp_path)
