"""Tab-separated files with escapes."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from sparse_rl.annotation import tsv
from sparse_rl.errors import DataError


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (r"a\nb", "a\nb"),
        (r"a\pb", "a|b"),
        (r"a\\nb", r"a\nb"),
        (r"a\\\nb", "a\\\nb"),
        (r"a\b\\", "a\\b\\"),
        ("", ""),
    ],
)
def test_escapes(field: str, text: str) -> None:
    assert tsv.unescape(field) == text


def test_examples_run() -> None:
    results = doctest.testmod(tsv)
    assert results.attempted and not results.failed


def test_only_newlines_end_a_line(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes("\ufeffa\tb\r\n\r\n1\u20282\x85\t3".encode())
    assert list(tsv.records(path, ("a",))) == [(3, {"a": "1\u20282\x85", "b": "3"})]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty.*line 1"),
        (b"a\tc\n1\t2\n", r"add the column\(s\) \['b'\].*line 1"),
        (b"a\tb\n1\t2\n1\n", "1 fields of 2.*line 3"),
        (b"a\tb\n1\t2\t3\n", "3 fields of 2.*line 2"),
        (b"a\tb\n\xff\t2\n", "write UTF-8.*line 2"),
    ],
)
def test_malformed_files(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        list(tsv.records(path, ("a", "b")))
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file .*x\.tsv"):
        list(tsv.lines(tmp_path / "x.tsv"))
