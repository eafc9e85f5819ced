"""Generated questions about everyday tables."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from sparse_rl.datamodules.everyday import EverydayDataModule
from sparse_rl.datamodules.everyday.cells import draw
from sparse_rl.datamodules.everyday.english import plural
from sparse_rl.datamodules.everyday.gap_phrases import gap_modifier, is_awkward
from sparse_rl.datamodules.everyday.programs import Comparator, Filter, Intent, programs_of
from sparse_rl.datamodules.everyday.queries import SHAPES, draw_query
from sparse_rl.datamodules.everyday.tables import draw_table
from sparse_rl.datamodules.everyday.topics import topics
from sparse_rl.datamodules.everyday.wikisql import write_wikisql
from sparse_rl.datamodules.tables.reading import ANNOTATED
from sparse_rl.datamodules.tables.table_files import read_table_file
from sparse_rl.interpreters.tables.language import plain_language
from sparse_rl.interpreters.tables.program import parse_program, run_program
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import replay_actions

LANGUAGE = plain_language(4)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> EverydayDataModule:
    cache = tmp_path_factory.mktemp("cache")
    made = EverydayDataModule(tables=4, questions_per_table=12, cache=str(cache), seed=1)
    made.prepare_data()
    return made


def test_every_program_has_the_answer_of_its_question(data: EverydayDataModule) -> None:
    known = data.known_programs()
    examples = data.examples("train")
    assert len(examples) == 48 == len(known)
    for example in examples:
        world = TableWorld(example, LANGUAGE)
        assert known[example.id]
        for actions in known[example.id]:
            assert replay_actions(world, actions).reward == 1, example.question


def test_questions_are_sentences_without_marks(data: EverydayDataModule) -> None:
    for split in data.splits:
        for example in data.examples(split):
            assert not re.search(r"[<>|{}]", example.question), example.question
            assert "  " not in example.question and len(example.question) < 220


def test_the_same_seed_gives_the_same_files(data: EverydayDataModule, tmp_path: Path) -> None:
    again = EverydayDataModule(tables=4, questions_per_table=12, cache=str(tmp_path), seed=1)
    again.prepare_data()
    files = {path.name: path.read_bytes() for path in data.root.iterdir()}
    assert files == {path.name: path.read_bytes() for path in again.root.iterdir()}


def test_every_shape_can_be_drawn() -> None:
    rng = random.Random(0)
    tables = [draw_table(rng, f"{place}.csv") for place in range(150)]
    drawn = {query.shape for table in tables * 10 if (query := draw_query(rng, table)) is not None}
    assert drawn == {shape for shape, _ in SHAPES}


def test_every_column_draws_cells_of_its_topic() -> None:
    rng = random.Random(0)
    for topic in topics():
        assert len({column.headers for column in topic.columns}) == len(topic.columns) >= 4
        for column in topic.columns:
            cells = draw(rng, column, 12)
            assert column.is_flag or all(cells.texts), column.headers
            assert not any(re.search("[{}]", text) for text in cells.texts), column.headers


def test_some_tables_have_empty_cells_and_questions_about_them() -> None:
    rng = random.Random(0)
    tables = [draw_table(rng, f"{place}.csv") for place in range(150)]
    gaps = [table for table in tables if any(None in cells.values for cells in table.cells)]
    assert 0.2 < len(gaps) / len(tables) < 0.7
    for table in gaps:
        assert table.key is None or None not in table.cells[table.key].values
        for cells in table.cells:
            assert sum(cell is not None for cell in cells.values) >= 2
    drawn = [query for table in gaps * 40 if (query := draw_query(rng, table)) is not None]
    asked = [(c.relation, query.shape) for query in drawn for c in query.conditions]
    for relation in ("empty", "filled"):
        shapes = {shape for asked_relation, shape in asked if asked_relation == relation}
        assert {"hop", "count"} <= shapes and not shapes.isdisjoint({"argmax", "argmin"})


@pytest.mark.parametrize(
    ("header", "empty", "says"),
    [
        ("guest", True, "without a guest"),
        ("guest", False, "with a guest"),
        ("inspected on", True, "that has|have not been inspected yet"),
        ("paid", False, "that has|have been paid"),
    ],
)
def test_cells_without_a_value_are_said(header: str, empty: bool, says: str) -> None:
    rng = random.Random(0)
    assert says in {gap_modifier(rng, header, empty, "that") for _ in range(300)}


def test_headers_that_no_phrase_fits_are_not_asked_about() -> None:
    assert is_awkward("Caught on") and is_awkward("Last donated")
    assert not is_awkward("Paid on") and not is_awkward("Guest")


def test_empty_cells_have_programs(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Name,Score\nAnna,5\nBen,\nCarl,7\n")
    read = ANNOTATED.read("t.csv", read_table_file(path))
    asked = read.example("q", "how many have a score?")
    wanted: tuple[tuple[Comparator, int, str], ...] = (
        ("eq", 0b10, "filter_in"),
        ("ne", 0b101, "filter_not_in"),
    )
    for relation, rows, function in wanted:
        intent = Intent("count", (Filter(1, relation, rows),), None)
        assert programs_of(intent, read, asked, LANGUAGE) == (
            (f"( {function} all_rows [''] r.score-string ) ( count v0 ) <END>",),
            (rows.bit_count(),),
        )


def test_a_question_without_the_constant_has_no_program(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Name,City\nAnna,Oslo\nBen,Rome\nCarl,Oslo\n")
    read = ANNOTATED.read("t.csv", read_table_file(path))
    intent = Intent("count", (Filter(1, "eq", 0b101),), None)
    asked = read.example("q", "how many people are in Oslo?")
    assert programs_of(intent, read, asked, LANGUAGE) == (
        ("( filter_in all_rows ['oslo'] r.city-string ) ( count v0 ) <END>",),
        (2,),
    )
    assert programs_of(intent, read, read.example("q", "how many live there?"), LANGUAGE) is None


def test_wikisql_is_said_in_the_full_language(tmp_path: Path) -> None:
    table = {
        "id": "1-2",
        "header": ["Player", "Goals"],
        "types": ["text", "real"],
        "rows": [["Ann", 3], ["Bea", 7], ["Cleo", 5], ["Dot", 5]],
    }
    asked = {
        "phase": 1,
        "table_id": "1-2",
        "question": "Which player has more than 5 goals?",
        "sql": {"sel": 0, "agg": 0, "conds": [[1, 1, 5]]},
    }
    source, root = tmp_path / "wikisql", tmp_path / "root"
    source.mkdir()
    root.mkdir()
    (source / "train.tables.jsonl").write_text(json.dumps(table) + "\n")
    (source / "train.jsonl").write_text(json.dumps(asked) + "\n")
    ((question, programs),) = write_wikisql(random.Random(0), source, "train", root, 5, LANGUAGE)
    assert question["answer"] == ("bea",)
    read = ANNOTATED.read("t", read_table_file(root / question["table"]))
    (text,) = programs["programs"]
    *_, last = run_program(parse_program(text, LANGUAGE), read.table, LANGUAGE)
    assert last.value == ("bea",)


@pytest.mark.parametrize(
    ("noun", "expected"), [("person", "people"), ("city", "cities"), ("status", "status")]
)
def test_plurals(noun: str, expected: str) -> None:
    assert plural(noun) == expected
