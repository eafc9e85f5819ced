"""Whatever a table, a question or a file holds: it is read, or one line says why not."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.datamodules.tables.reading import ANNOTATED, PLAIN
from sparse_rl.datamodules.tables.table_files import SUFFIXES, TextTable, read_table_file
from sparse_rl.errors import DataError

PIECES = st.sampled_from(
    str.split(
        "1 12 007 1,234 1.234,5 -3 (4) 5- $ € % kg m k bn million half three hundred and minus Q1 "
        "2021 2021-02-30 31/12/2020 12:30 March of th 1990s 12E3 1E400 A+ C# ★ 北京 ½ ² ٣ ’ n/a "
        "- + . ,"
    )
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=5).flatmap(
    lambda pieces: st.sampled_from([" ", "", "-", "/"]).map(lambda mark: mark.join(pieces))
)


@settings(max_examples=75, deadline=None)
@given(st.data())
def test_any_table_and_question_is_read(data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 3))
    row = st.lists(TEXTS, min_size=width, max_size=width)
    table = TextTable(data.draw(row), data.draw(st.lists(row, min_size=1, max_size=4)))
    question = data.draw(TEXTS)
    for reading in (PLAIN, ANNOTATED):
        read = reading.read("t", table)
        example = read.example("q", question, [question])
        assert len(example.tokens) >= max((c.end for c in example.constants), default=0)
        read.not_understood(example)
        for place, source in enumerate(read.sources):
            assert read.table.header[place].strip() == table.header[source].strip()
        for cells in table.rows:
            for cell in filter(str.strip, cells):
                assert read.answers.answer([cell]).accepts((cell,))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80) | TEXTS.map(str.encode), st.sampled_from(SUFFIXES))
def test_any_file_is_read_or_named(content: bytes, suffix: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"t{suffix}"
        path.write_bytes(content)
        try:
            table = read_table_file(path)
        except DataError as error:
            assert path.name in str(error) and len(str(error).splitlines()) == 1
        else:
            assert all(len(row) == len(table.header) for row in table.rows)
