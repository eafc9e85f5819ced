"""The memory of several processes is a folder beside its checkpoint: whole, or not there."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl import checkpoint_parts, processes
from sparse_rl.checkpoint_file import program_state, read_checkpoint
from sparse_rl.checkpoint_parts import (
    drop_parts,
    memory_states,
    parts_folders,
    parts_reference,
    shared_folder,
    wait_for_parts,
    write_part,
    write_whole,
)
from sparse_rl.datamodules.shares import Shares
from sparse_rl.errors import CheckpointError
from sparse_rl.exploration.explored import BloomExplored, ExactExplored, Explored, prefix_key
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.replay.memory import Memory

IDS = [f"question-{number}" for number in range(60)]
SHARES = Shares(IDS)
COUNT = 3


def filled(rank: int, count: int, explored: Explored) -> Memory:
    """The memory of one of so many processes."""
    memory = Memory(explored=explored)
    for number, id_ in enumerate(IDS):
        if SHARES.owner(id_, count) == rank:
            for reward in (0.0, 1.0):
                walk = Trajectory((number % 3, int(reward)), ((0, 1, 2), (0, 1)), reward)
                memory.file(id_, walk, [prefix_key(id_, walk.actions)])
            memory.replay.visit(id_)
    return memory


def save(path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any = ExactExplored) -> Path:
    """Saves as so many processes do; returns the folder of the parts."""
    with monkeypatch.context() as patch:
        patch.setattr(processes, "count", lambda: COUNT)
        folder = _folder_of(path)
        for rank in range(COUNT):
            write_part(folder, rank, filled(rank, COUNT, kind()).snapshot()())
        wait_for_parts(folder, COUNT, threading.Event())
        write_whole({"state_dict": {}, "sparse_rl": parts_reference(folder)}, path)
    drop_parts(path, keep=folder)
    return folder


def _folder_of(path: Path) -> Path:
    with pytest.MonkeyPatch.context() as alone:
        alone.setattr(processes, "count", lambda: 1)
        folder = shared_folder(path)
    assert folder is not None
    return folder


def state_of(path: Path) -> dict[str, Any]:
    return program_state(read_checkpoint(path), path)


@pytest.mark.parametrize("kind", [ExactExplored, lambda: BloomExplored(1000)])
def test_any_number_of_processes_reads_what_three_wrote(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "last.ckpt"
    save(path, monkeypatch, kind)
    for count in (1, 2, 3, 4):
        for rank in range(count):
            memory, expected = Memory(explored=kind()), filled(rank, count, kind())
            mine = {id_ for id_ in IDS if SHARES.owner(id_, count) == rank}
            memory.load_state_dict(state_of(path), mine.__contains__)
            assert memory.replay.sizes() == expected.replay.sizes()
            assert memory.replay.programs().keys() == expected.replay.programs().keys()
            keys = [prefix_key(id_, (n % 3, 1)) for n, id_ in enumerate(IDS)]
            shared = isinstance(memory.explored, BloomExplored)
            own = [key for key in keys if shared or key in expected.explored]
            assert [key for key in keys if key in memory.explored] == own
            assert len(memory.explored) == (2 * len(IDS) if shared else 2 * len(own))
            assert memory.executed == 2 * len(IDS)


def test_a_checkpoint_moves_and_is_renamed_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save(tmp_path / "last.ckpt", monkeypatch)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (tmp_path / "last.ckpt").rename(moved / "kept.ckpt")
    with pytest.raises(CheckpointError, match=r"^copy the folder last\.\w{8}\.parts with its"):
        memory_states(state_of(moved / "kept.ckpt"))
    shutil.move(folder, moved / folder.name)
    assert len(memory_states(state_of(moved / "kept.ckpt"))) == COUNT


def test_a_missing_a_damaged_and_anothers_part_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save(tmp_path / "last.ckpt", monkeypatch)
    other = save(tmp_path / "best.ckpt", monkeypatch)
    part, whole = folder / "1.pt", (folder / "1.pt").read_bytes()
    shutil.copy(other / "1.pt", part)
    with pytest.raises(CheckpointError, match=r"1\.pt is the part of another one"):
        memory_states(state_of(tmp_path / "last.ckpt"))
    part.write_bytes(whole[:1000])
    with pytest.raises(CheckpointError, match=r"1\.pt is truncated"):
        memory_states(state_of(tmp_path / "last.ckpt"))
    part.unlink()
    with pytest.raises(CheckpointError, match=r"1\.pt is missing"):
        memory_states(state_of(tmp_path / "last.ckpt"))


@pytest.mark.parametrize("parts", [{"folder": "../x", "count": 2}, {"count": 2}, {"folder": 3}])
def test_a_damaged_place_of_the_parts_is_refused(parts: dict[str, Any], tmp_path: Path) -> None:
    torch.save({"sparse_rl": {"parts": parts}}, tmp_path / "last.ckpt")
    with pytest.raises(CheckpointError, match="has no place of its parts"):
        read_checkpoint(tmp_path / "last.ckpt")


def test_the_folder_of_the_last_checkpoint_alone_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    best, other = tmp_path / "best.ckpt", tmp_path / "best.of.ckpt"
    kept = [save(path, monkeypatch) for path in (best, other)]
    killed = _folder_of(best)
    newest = save(best, monkeypatch)
    assert not killed.exists() and not kept[0].exists()
    assert parts_folders(best) == [newest] and parts_folders(other) == kept[1:]
    assert len(memory_states(state_of(best))) == COUNT


def test_a_process_that_cannot_write_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _folder_of(tmp_path / "last.ckpt")
    write_part(folder, 0, {})

    def full(*_: Any) -> None:
        raise OSError("no space")

    monkeypatch.setattr(checkpoint_parts, "write_whole", full)
    with pytest.raises(OSError, match="no space"):
        write_part(folder, 1, {})
    with pytest.raises(CheckpointError, match="process 1 has not written its part"):
        wait_for_parts(folder, 2, threading.Event())


def test_processes_that_are_gone_are_waited_for_shortly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_parts, "LAST_PATIENCE", 0.05)
    failed = threading.Event()
    threading.Timer(0.05, failed.set).start()
    with pytest.raises(CheckpointError, match="process 0 has not written its part"):
        wait_for_parts(_folder_of(tmp_path / "last.ckpt"), 2, failed)
