"""Folders and files are complete or not there."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sparse_rl.folders import (
    cached_folder,
    check_writable,
    complete_file,
    complete_folder,
    write_text,
)


def test_a_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with complete_folder(folder) as partial:
        (partial / "file").write_text("x")
        assert not folder.exists()
    assert (folder / "file").read_text() == "x"
    assert list(folder.parent.iterdir()) == [folder]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError), complete_folder(tmp_path / "folder") as partial:
        (partial / "file").write_text("x")
        raise ValueError
    assert not list(tmp_path.iterdir())


def test_who_was_first_stays(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    with complete_folder(folder) as partial:
        (partial / "mine").write_text("x")
        folder.mkdir()
        (folder / "theirs").write_text("x")
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "theirs"]


def test_a_folder_that_cannot_be_put_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError), complete_folder(tmp_path / "file"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    for text in ("first", "second"):
        with complete_file(path) as partial:
            partial.write_text(text)
            assert not path.exists() or path.read_text() == "first"
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ValueError), complete_file(path) as partial:
        partial.write_text("half")
        raise ValueError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda folder: truncate(folder / "part" / "a"),
    "empty": lambda folder: (folder / "part" / "a").write_bytes(b""),
    "flipped": lambda folder: flip(folder / "part" / "a"),
    "half deleted": lambda folder: (folder / "part" / "a").unlink(),
    "deleted": lambda folder: shutil.rmtree(folder / "part"),
    "more": lambda folder: (folder / "more").write_text("x"),
    "no sums": lambda folder: (folder / "sums.json").unlink(),
    "broken sums": lambda folder: truncate(folder / "sums.json"),
    "binary sums": lambda folder: (folder / "sums.json").write_bytes(bytes(range(256))),
    "a file": lambda folder: (shutil.rmtree(folder), folder.write_text("x")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_filled_again_and_said_in_one_line(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = []

    def fill(partial: Path) -> None:
        filled.append(partial)
        (partial / "part").mkdir()
        (partial / "part" / "a").write_text("content")

    folder = tmp_path / "cache" / "folder"
    cached_folder(folder, fill)
    cached_folder(folder, fill)
    assert len(filled) == 1 and capsys.readouterr().err == ""
    DAMAGES[damage](folder)
    cached_folder(folder, fill)
    assert len(filled) == 2 and (folder / "part" / "a").read_text() == "content"
    assert capsys.readouterr().err == f"filling {folder} again: it is damaged, or another's\n"
    cached_folder(folder, fill)
    assert len(filled) == 2


def test_of_two_that_fill_a_cache_at_once_one_waits(tmp_path: Path) -> None:
    folder, filled = tmp_path / "folder", []

    def fill(partial: Path) -> None:
        filled.append(partial)
        time.sleep(0.1)
        (partial / "a").write_text("content")

    threads = [threading.Thread(target=cached_folder, args=(folder, fill)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(filled) == 1 and (folder / "a").read_text() == "content"


def test_after_an_error_a_cache_is_as_missing_as_before(tmp_path: Path) -> None:
    def fill(partial: Path) -> None:
        (partial / "a").write_text("content")
        raise ValueError

    with pytest.raises(ValueError):
        cached_folder(tmp_path / "folder", fill)
    assert [path.name for path in tmp_path.iterdir()] == [".folder.lock"]


def test_a_folder_of_another_key_is_filled_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [tmp_path / name for name in ("train", "dev")]
    for folder in folders:
        cached_folder(folder, lambda partial: (partial / "file").write_text(partial.name[:3]))
    shutil.rmtree(folders[0])
    shutil.copytree(folders[1], folders[0])
    cached_folder(folders[0], lambda partial: (partial / "file").write_text("again"))
    assert (folders[0] / "file").read_text() == "again"
    assert capsys.readouterr().err.count("\n") == 1


def test_a_pipe_is_not_waited_for_and_leftovers_of_killed_fillers_go(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    os.mkfifo(folder / "sums.json")
    (tmp_path / "folder.12345.partial").mkdir()
    cached_folder(folder, lambda partial: (partial / "file").write_text("x"))
    assert (folder / "file").read_text() == "x"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".folder.lock", "folder"]


def test_a_device_is_written_to_and_a_link_stays_one(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    with complete_file(pipe) as target:
        assert target == pipe
    assert pipe.is_fifo()
    link.symlink_to("file")
    write_text(link, "x")
    assert link.is_symlink() and (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("place", ["", "new/file", "old", "old/file"])
def test_a_place_is_tried_and_left_as_it_was(place: str, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    path = tmp_path / place
    if place == "old/file":
        with pytest.raises(OSError) as refused:
            check_writable(path)
        assert refused.value.filename == str(path)
    else:
        check_writable(path)
    assert [p.name for p in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "x"
