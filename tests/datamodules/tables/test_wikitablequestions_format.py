"""WikiTableQuestions' release layout: what is read and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparse_rl.annotation.types import Annotation, CellTags
from sparse_rl.datamodules.tables.wikitablequestions_format import read_questions
from sparse_rl.datamodules.tables.wikitablequestions_tables import read_table
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.dates import Date

CSV = r""""Year","Who \"won\"
it","Who \"won\"
it",""
"1950","Peru","a|b","x, y"
"March 1, 1951","","12-3","back\\slash"
"""
CONTEXT = "csv/200-csv/7.csv"
QUESTIONS = (
    f"id\tutterance\tcontext\ttargetValue\nnt-1\twho won\\nin 1950?\t{CONTEXT}\tPeru|a\\pb\n"
)
CELLS = "row\tcol\tid\tcontent\ttokens\tnumber\tdate\tnum2\tlist"
TAGS = [
    *(f"-1\t{column}\tfb:row.row.x\tx\tx\t\t\t\t" for column in range(4)),
    "0\t0\tfb:cell.1950\t1950\t1950\t1950.0\t1950-xx-xx\t\t",
    "0\t1\tfb:cell.peru\tPeru\tperu\t\t\t\t",
    r"0\t2\tfb:cell.a_b\ta\pb\ta\pb\t\t\t\t".replace(r"\t", "\t"),
    r"0\t3\tfb:cell.x_y\tx, y\tx|,|y\t\t\t\tx|y\pz".replace(r"\t", "\t"),
    "1\t0\tfb:cell.d\tMarch 1, 1951\tmarch\t\t1951-03-01\t\t",
    "1\t1\tfb:cell.null\t\t\t\t\t\t",
    "1\t2\tfb:cell.12\t12-3\t12-3\t12.0\t\t3.0\t",
    "1\t3\tfb:cell.b\tb\tb\tInfinity\t\t\t",
]
WORDS = "tokens\tlemmaTokens\tposTags\tnerTags\tnerValues\ttargetCanon\ttargetCanonType"
TAGGED = (
    f"id\tutterance\tcontext\ttargetValue\t{WORDS}\n"
    f"nt-1\twho?\t{CONTEXT}\tPeru|a\\pb\twho|?\twho|?\tWP|.\tO|O\t|\tPeru|1950-xx-xx\tmixed\n"
)


def put(root: Path, name: str, content: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, CONTEXT, CSV)
    put(tmp_path, "data/training.tsv", QUESTIONS)
    return tmp_path


def tag(root: Path, *lines: str) -> None:
    put(root, "tagged/200-tagged/7.tagged", "\n".join((CELLS, *lines)) + "\n")


def test_a_table_without_annotation(root: Path) -> None:
    table = read_table(root, CONTEXT)
    assert table.header == ["Year", 'Who "won"\nit', 'Who "won"\nit', ""]
    assert table.rows == [
        ["1950", "Peru", "a|b", "x, y"],
        ["March 1, 1951", "", "12-3", "back\\slash"],
    ]
    assert table.tags is None


def test_a_tab_separated_table_does_as_well(root: Path) -> None:
    wanted = read_table(root, CONTEXT)
    (root / CONTEXT).unlink()
    rows = [wanted.header, *wanted.rows]
    escape = {"\\": r"\\", "\n": r"\n", "|": r"\p"}
    text = "\n".join("\t".join("".join(escape.get(c, c) for c in t) for t in row) for row in rows)
    put(root, "csv/200-csv/7.tsv", text)
    assert read_table(root, CONTEXT) == wanted
    assert len(read_questions(root, "training")) == 1


def test_doubled_quotes_do_as_well(root: Path) -> None:
    put(root, CONTEXT, 'a,b\n"say ""hi""",2\n')
    assert read_table(root, CONTEXT).rows == [['say "hi"', "2"]]


def test_a_table_with_annotation(root: Path) -> None:
    tag(root, *TAGS)
    tags = read_table(root, CONTEXT).tags
    nothing = CellTags(None, None, None, ())
    assert tags == {
        (0, 0): CellTags(1950.0, None, Date(1950), ()),
        (0, 1): nothing,
        (0, 2): nothing,
        (0, 3): CellTags(None, None, None, ("x", "y|z")),
        (1, 0): CellTags(None, None, Date(1951, 3, 1), ()),
        (1, 1): nothing,
        (1, 2): CellTags(12.0, 3.0, None, ()),
        (1, 3): nothing,
    }


def test_questions(root: Path) -> None:
    (question,) = read_questions(root, "training")
    assert (question.id, question.text, question.context) == ("nt-1", "who won\nin 1950?", CONTEXT)
    assert question.answer == ("Peru", "a|b")
    assert question.annotation is None and question.canonical is None


@pytest.mark.parametrize("split", ["training", "random-split-1-train"])
def test_annotated_questions(root: Path, split: str) -> None:
    put(root, f"data/{split}.tsv", QUESTIONS)
    put(root, "tagged/data/training.tagged", TAGGED)
    (question,) = read_questions(root, split)
    words = ("who", "?")
    assert question.annotation == Annotation(words, words, ("WP", "."), ("O", "O"), ("", ""))
    assert question.canonical == ("Peru", "1950-xx-xx")


@pytest.mark.parametrize("target", ["\ttargetValue", ""])
def test_questions_without_answers(root: Path, target: str) -> None:
    blank = "\t" if target else ""
    lines = f"id\tutterance\tcontext{target}\nq1\twho?\t{CONTEXT}{blank}\n"
    put(root, "data/mine.tsv", lines)
    assert read_questions(root, "mine")[0].answer is None


def test_large_tables(root: Path) -> None:
    put(root, CONTEXT, "name\n" + "".join(f"row {i}\n" for i in range(5000)))
    assert len(read_table(root, CONTEXT).rows) == 5000
    put(root, CONTEXT, (",".join(f"c{i}" for i in range(60)) + "\n") * 2)
    assert len(read_table(root, CONTEXT).header) == 60


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "write a line of headers first.*line 1"),
        ("a,b\n1,2\n3\n", "fix this row: 1 cells under 2 headers.*line 3"),
        ('a,b\n"x\ny",2\n3,4,5\n', "fix this row: 3 cells under 2 headers.*line 4"),
        ('a,b\n1,"2\n', "fix the quotes.*line 2"),
        ('a,b\n1,"2"3\n', "fix the quotes.*line 2"),
        (b"a,b\n1,\xe9\n", "write UTF-8.*line 2"),
    ],
)
def test_malformed_tables(content: str | bytes, said: str, root: Path) -> None:
    put(root, CONTEXT, content)
    with pytest.raises(DataError, match=said) as caught:
        read_table(root, CONTEXT)
    assert "7.csv" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (TAGS[:-1], r"it has 7 of the table's 8 cells.*line 12\)"),
        ([*TAGS[:-1], TAGS[-1][:-1]], r"8 fields of 9.*line 13\)"),
        ([*TAGS, TAGS[-1].replace("1", "2", 1)], r"has 2 rows and 4 columns.*line 14\)"),
        ([TAGS[0].replace("-1", "x", 1), *TAGS[1:]], "line 2"),
        ([*TAGS[:-1], TAGS[-1].replace("Infinity", "many")], "many.*line 13"),
        ([*TAGS[:-1], TAGS[-1].replace("Infinity\t", "\t1950-13-xx")], "month.*line 13"),
    ],
)
def test_malformed_annotation_of_a_table(lines: list[str], said: str, root: Path) -> None:
    tag(root, *lines)
    with pytest.raises(DataError, match=said) as caught:
        read_table(root, CONTEXT)
    assert "7.tagged" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (QUESTIONS.replace("utterance", "question"), r"add the column\(s\) \['utterance'\]"),
        (QUESTIONS + QUESTIONS.splitlines()[1], "its own id .*line 3, id nt-1"),
        (QUESTIONS + "nt-2\twho?\n", "2 fields of 4.*line 3"),
        (QUESTIONS + f"nt-2\t \t{CONTEXT}\t7\n", "write the question: ' ' has no word.*line 3"),
        (QUESTIONS + f"nt-2\t\u0301\t{CONTEXT}\t7\n", "has no word.*line 3, id nt-2"),
    ],
)
def test_malformed_questions(content: str, said: str, root: Path) -> None:
    put(root, "data/training.tsv", content)
    with pytest.raises(DataError, match=said):
        read_questions(root, "training")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TAGGED.splitlines()[0] + "\n", "lacks this question.*training.tsv, line 2, id nt-1"),
        (TAGGED.replace("\tWP|.", "\tWP"), "differ in length.*line 2, id nt-1"),
        (TAGGED.replace("Peru|1950-xx-xx", "Peru"), "2 items here and 1 in .*line 2, id nt-1"),
        (TAGGED[:-30], "fields of 11.*line 2"),
    ],
)
def test_malformed_annotation_of_questions(content: str, said: str, root: Path) -> None:
    put(root, "tagged/data/training.tagged", content)
    with pytest.raises(DataError, match=said):
        read_questions(root, "training")


def test_a_split_that_is_not_there_is_named(root: Path) -> None:
    with pytest.raises(DataError, match=r"no file .*random-split-6-dev\.tsv"):
        read_questions(root, "random-split-6-dev")
