"""Folders and files are complete or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparse_rl.folders import complete_file, complete_folder


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
