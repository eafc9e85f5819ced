"""The WikiTableQuestions datamodule: splits, annotation, answers, cache, submission."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sparse_rl.datamodules.tables import wikitablequestions
from sparse_rl.datamodules.tables.wikitablequestions import (
    WikiTableQuestionsDataModule,
    annotated_table,
    gold_answer,
    preprocess,
)
from sparse_rl.datamodules.tables.wikitablequestions_format import read_questions
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.typed_answers import SetAnswer

CONTEXT = "csv/200-csv/0.csv"


def put(root: Path, name: str, *lines: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A release of one table and three questions, one of them without an answer."""
    root = tmp_path / "release"
    put(
        root,
        CONTEXT,
        "Year,Team,Points,Points,",
        '"2004","Peru","12,467","2-1","March 5, 2004"',
        '"2005","Chile","7","","April 2005"',
    )
    put(
        root,
        "data/mine.tsv",
        "id\tutterance\tcontext\ttargetValue",
        f"q-1\thow many points in 2004?\t{CONTEXT}\t12,467",
        f"q-2\twhen did peru win?\t{CONTEXT}\tMarch 5, 2004",
        f"q-3\twho lost?\t{CONTEXT}\t",
    )
    return root


def module(root: Path, **options: str) -> WikiTableQuestionsDataModule:
    return WikiTableQuestionsDataModule(
        str(root), test_split="mine", cache=str(root.parent / "cache"), **options
    )


def content(example: Example) -> tuple[object, ...]:
    table = example.table
    return (
        *(
            example.id,
            example.question,
            example.tokens,
            example.constants,
            example.answer,
            example.pos_tags,
        ),
        *(table.name, table.header, table.types, table.columns, table.properties, table.size),
    )


def test_the_cache_gives_what_was_computed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = [content(e) for e in preprocess(root, "mine")]
    first = module(root).examples("test")
    monkeypatch.setattr(wikitablequestions, "preprocess", None)
    cached = module(root).examples("test")
    assert [content(e) for e in first] == [content(e) for e in cached] == computed
    assert len({id(e.table) for e in cached}) == 1, "questions of one table share it"


def test_cells_and_answers_are_annotated_where_the_release_does_not(root: Path) -> None:
    one, two, three = preprocess(root, "mine")
    properties = {p.name: one.table.columns[p.column] for p in one.table.properties}
    assert properties["r.points-number"] == (12467.0, 7.0)
    assert properties["r.points_2-num2"] == (1.0, None)
    assert properties["r.column-date"] == (Date(2004, 3, 5), Date(2005, 4))
    assert one.answer == SetAnswer(("12,467",), ("12467.0",))
    assert two.answer == SetAnswer(("March 5, 2004",), ("2004-03-05",))
    assert one.answer.accepts((12467.0,)) and two.answer.accepts((Date(2004, 3, 5),))
    assert three.answer is None


def test_the_releases_annotation_comes_first(root: Path) -> None:
    cells = [f"{r}\t{c}\t\t\t\t" for r in (-1, 0, 1) for c in range(5)]
    cells[7] = "0\t2\t99.0\t\t\t"
    put(root, "tagged/200-tagged/0.tagged", "row\tcol\tnumber\tdate\tnum2\tlist", *cells)
    words = "\t".join("a|b" for _ in range(5))
    put(
        root,
        "tagged/data/mine.tagged",
        "id\ttokens\tlemmaTokens\tposTags\tnerTags\tnerValues\ttargetCanon",
        f"q-1\t{words}\t99.0",
        f"q-2\t{words}\tyes",
        f"q-3\t{words}\t",
    )
    table = annotated_table(root, CONTEXT)
    numbers = {p.name: table.columns[p.column] for p in table.properties if "number" in p.name}
    assert numbers == {"r.points-number": (99.0, None)}
    first, second, _ = read_questions(root, "mine")
    assert gold_answer(first) == SetAnswer(("12,467",), ("99.0",))
    assert gold_answer(second) == SetAnswer(("March 5, 2004",), ("yes",))


@pytest.mark.parametrize(
    "changed", ["data/mine.tsv", CONTEXT, "tagged/200-tagged/0.tagged", "tagged/data/mine.tagged"]
)
def test_every_file_is_part_of_the_key(changed: str, root: Path) -> None:
    before = module(root).fingerprint("test")
    assert module(root).fingerprint("test") == before
    path = root / changed
    path.parent.mkdir(parents=True, exist_ok=True)
    if changed == "tagged/data/mine.tagged":
        words = "\t".join("a" for _ in range(5))
        head = "id\ttokens\tlemmaTokens\tposTags\tnerTags\tnerValues"
        put(root, changed, head, *(f"q-{n}\t{words}" for n in (1, 2, 3)))
    else:
        path.write_bytes((path.read_bytes() if path.exists() else b"") + b"\n")
    assert module(root).fingerprint("test") != before


def test_only_the_splits_in_use_need_to_be_there(root: Path) -> None:
    data = module(root)
    data.setup("test")
    assert sum(map(len, data.test_dataloader())) == 3
    with pytest.raises(DataError, match=r"no file .*random-split-1-train\.tsv"):
        data.setup("fit")
    module(root, train_split="mine", val_split="mine").setup("fit")


def test_a_question_whose_table_is_missing_is_named(root: Path) -> None:
    (root / CONTEXT).unlink()
    with pytest.raises(DataError, match=r"no .*0\.csv .*mine\.tsv, line 4, id q-3\)"):
        module(root).examples("test")


def test_a_submission_is_a_line_of_items(root: Path) -> None:
    data = module(root)
    example = data.examples("test")[0]
    program = parse_program("( count all_rows )", data.language)
    line = data.submission_line(example, program, ("new\nyork\t|", 12467.0, 2.5, "1950-xx-xx"))
    assert line == "q-1\tnew york |\t12467\t2.5\t1950-xx-xx"


def test_gold_answers_are_right_against_themselves(wikitables_sample: Path) -> None:
    questions = read_questions(wikitables_sample, "training")
    assert len(questions) == 14152
    wrong = []
    for question in questions:
        answer = gold_answer(question)
        assert answer is not None
        if not answer.accepts(answer.texts):
            wrong.append(question.id)
    assert not wrong


@pytest.mark.slow
def test_the_whole_release_is_read(wikitables_root: Path) -> None:
    root = wikitables_root
    for split, count in (("random-split-1-dev", 2831), ("pristine-seen-tables", 3537)):
        assert len(preprocess(root, split)) == count
    tables = sorted(root.glob("csv/*/*.csv"))
    assert len(tables) == 2108
    for path in tables:
        annotated_table(root, os.fspath(path.relative_to(root)))
