"""A checkpoint is complete or not there, and holds tensors and plain containers only."""

from __future__ import annotations

import itertools
import multiprocessing
import random
import time
from pathlib import Path

import pytest
import torch

from sparse_rl.callbacks.checkpoint_io import AtomicCheckpointIO
from sparse_rl.checkpoint_file import read_checkpoint
from sparse_rl.errors import CheckpointError


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
