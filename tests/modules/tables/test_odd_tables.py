"""Odd release files through the data module: each works, or one line says what to fix.

Time limits are far above what is needed, and far below what a quadratic step would take.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from sparse_rl.datamodules.tables.wikitablequestions import WikiTableQuestionsDataModule
from sparse_rl.errors import DataError
from sparse_rl.exploration.budget import Budget
from sparse_rl.exploration.tables.exhaustive import exhaustive_programs
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.modules.decoding import beam
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.vocabulary import Vocabulary

CONTEXT = "csv/200-csv/0.csv"
TAGGED_CELLS = "tagged/200-tagged/0.tagged"
HEADERS = ["Name", "Points", "Opened"]
ROWS = [["peru", "12", "May 5, 1950"], ["chile", "7", "June 1961"]]
CELL_TAGS = "".join(f"{r}\t{c}\t\t\t\t\n" for r in (-1, 0, 1) for c in range(3))
QUESTION_TAGS = "id\ttokens\tlemmaTokens\tposTags\tnerTags\tnerValues\nq-1\twho\twho\tWP\tO\t\n"


def release(
    root: Path, header: list[str] = HEADERS, rows: list[list[str]] = ROWS, answer: str = "12"
) -> Path:
    """A release of one question about one table."""
    put(root, "data/mine.tsv", "id\tutterance\tcontext\ttargetValue\n")
    with (root / "data/mine.tsv").open("a", encoding="utf-8") as file:
        file.write(f"q-1\thow many points had peru more than 3 in 1950?\t{CONTEXT}\t{answer}\n")
    put(root, CONTEXT, "")
    with (root / CONTEXT).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([header, *rows])
    return root


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def module(root: Path) -> WikiTableQuestionsDataModule:
    cache = str(root / "cache")
    return WikiTableQuestionsDataModule(str(root), "mine", "mine", "mine", cache=cache)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda root: (root / CONTEXT).unlink(),
            r"put the table .*0\.csv .*mine\.tsv, line 2, id q",
        ),
        (
            lambda root: put(
                root,
                TAGGED_CELLS,
                "row\tcol\tnumber\tdate\tnum2\tlist\n" + CELL_TAGS[: -len("1\t2\t\t\t\t\n")],
            ),
            r"it has 5 of the table's 6 cells .*0\.tagged, line 9\)",
        ),
        (
            lambda root: put(
                root, TAGGED_CELLS, "row\tcol\tnumber\tdate\tnum2\tlist\n" + CELL_TAGS[:-3]
            ),
            r"fetch the file again if it ends here: 4 fields of 6 .*0\.tagged, line 10\)",
        ),
        (
            lambda root: put(root, "tagged/data/mine.tagged", QUESTION_TAGS[:-4]),
            r"fetch the file again if it ends here: 4 fields of 6 .*mine\.tagged, line 2\)",
        ),
        (
            lambda root: put(root, "tagged/data/mine.tagged", QUESTION_TAGS.splitlines()[0] + "\n"),
            r"it lacks this question .*mine\.tsv, line 2, id q-1\)",
        ),
        (
            lambda root: put(root, TAGGED_CELLS, ""),
            r"fetch this file again, it is empty .*0\.tagged, line 1\)",
        ),
    ],
    ids=["no-csv", "tags-end", "tags-cut", "question-cut", "question-missing", "tags-empty"],
)
def test_what_cannot_be_read_is_one_line(
    spoil: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    release(tmp_path)
    spoil(tmp_path)
    with pytest.raises(DataError, match=said) as caught:
        module(tmp_path).examples("train")
    assert "\n" not in str(caught.value)


def wide(columns: int) -> list[list[str]]:
    kinds = (["peru", "12", "May 5, 1950"], ["chile", "7", "June 1961"], ["cuba", "12", "1962"])
    return [[kind[c % 3] for c in range(columns)] for kind in kinds]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (["Points", "Points", "Points"], ROWS),
        (["", "", ""], ROWS),
        (["Name", "Points\nper game", "a|b"], [["peru\n(south)", "12", "x|y"], ["", "", ""]]),
        (HEADERS, [["peru", "12", "May 5, 1950"]]),
        (HEADERS, [["peru", "12", f"May 5, {1900 + i % 100}"] for i in range(2)]),
        (
            HEADERS,
            [[f"peru {i}", str(i), f"May {i % 28 + 1}, {i % 900 + 1100}"] for i in range(5000)],
        ),
        ([f"points {c}" for c in range(60)], wide(60)),
    ],
    ids=["duplicate", "empty", "newline-and-bar", "one-row", "same", "5000-rows", "60-columns"],
)
def test_odd_tables_are_read_searched_and_scored(
    header: list[str], rows: list[list[str]], tmp_path: Path
) -> None:
    begin = time.process_time()
    data = module(release(tmp_path, header, rows, answer=str(len(rows))))
    (example,) = data.examples("train")
    assert example.table.size == len(rows)
    names = [p.name for p in example.table.properties]
    assert len(set(names)) == len(names)
    world = TableWorld(example, data.language)
    assert exhaustive_programs(world, 20, Budget(states=20))
    torch.manual_seed(0)
    policy = TablePolicy(Vocabulary.of([example]), data.language, embedding=8, hidden=8).eval()
    (programs,) = beam(policy, policy.encode([example]), [world], width=2)
    assert programs and all(world.program(p.trajectory.actions) for p in programs)
    assert time.process_time() - begin < 20
