"""Files of JSON, checked against the kinds of their fields."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.errors import DataError
from sparse_rl.records import check_record, read_object, read_objects

KINDS = {"id": str, "programs": list[str], "reward": float | None}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "fix"),
        (b"[1]", "write it as"),
        (b"3", "write it as"),
        (b"null", "write it as"),
        (b'{"id": ', "fix"),
        (b"[" * 5000, "fix"),
        (b"9" * 5000, "fix"),
        ("{}".encode("utf-16"), "as UTF-8"),
        (bytes(range(128, 256)), "as UTF-8"),
    ],
)
def test_a_file_of_something_else_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says) as refused:
        read_object(path)
    assert "file.json" in str(refused.value)
    path.write_bytes(b'{"id": "a"}\n' + content + b"\n")
    with pytest.raises(DataError, match=says):
        list(read_objects(path))


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"id": "a", "reward": 1}, "it lacks \\['programs'\\]"),
        ({"id": ["a"], "programs": [], "reward": 1}, "id is .* not a text"),
        ({"id": "\ud800", "programs": [], "reward": 1}, "not a text"),
        ({"id": "a", "programs": "x", "reward": 1}, "not a list of which each is a text"),
        ({"id": "a", "programs": [1], "reward": 1}, "not a list of which each is a text"),
        ({"id": "a", "programs": [], "reward": True}, "not a number or null"),
        ({"id": "a", "programs": [], "reward": "x"}, "reward is 'x', not a number or null"),
    ],
)
def test_a_field_of_another_kind_is_named(record: dict[str, object], says: str) -> None:
    with pytest.raises(DataError, match=says):
        check_record(record, KINDS, "file, line 1")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a readable file"):
        read_object(tmp_path)


@given(st.text(), st.lists(st.text()), st.none() | st.floats() | st.integers())
def test_records_of_the_kinds_pass(id_: str, programs: list[str], reward: float | None) -> None:
    check_record({"id": id_, "programs": programs, "reward": reward, "more": 1}, KINDS, "file")
