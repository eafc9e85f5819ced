"""Programs that papers show, on their questions and tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sparse_rl.datamodules.tables.wikitablequestions import annotated_table, gold_answer
from sparse_rl.datamodules.tables.wikitablequestions_format import WikiTableQuestion, read_questions
from sparse_rl.interpreters.tables.constants import find_constants
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import wtq_language
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.text import tokenize
from sparse_rl.interpreters.world import replay_actions

# Column names are the tables' own: the papers shorten "Σ Points" to "points".
PROGRAMS = {
    "nt-13901": "( argmax all_rows r.σ_points-number ) ( hop v0 r.player-string )",
    "nt-3": (
        "( filter_in all_rows ['saskatoon'] r.city-string ) "
        "( filter_in all_rows ['los angeles'] r.city-string ) ( diff v0 v1 r.passengers-number )"
    ),
    "nt-10832": (
        "( filter_in all_rows ['peru'] r.nation-string ) ( previous v0 ) ( hop v1 r.nation-string )"
    ),
    "nt-647": "( filter_ge all_rows [2] r.score-number ) ( count v0 )",
    "nt-1133": (
        "( filter_in all_rows ['tulsa'] r.hometown-string ) "
        "( filter_not_in v0 ['william stuart price'] r.name-string ) ( hop v1 r.name-string )"
    ),
}


@pytest.fixture(scope="module")
def root(wikitables_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The questions and the few tables that are asked of."""
    root = tmp_path_factory.mktemp("wikitables") / "WikiTableQuestions"
    shutil.copytree(wikitables_sample, root)
    # Without the other questions, whose tables are not unpacked.
    path = root / "data" / "training.tsv"
    header, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.split("\t")[0] in PROGRAMS]
    path.write_text("".join([header, *kept]), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def questions(root: Path) -> dict[str, WikiTableQuestion]:
    return {question.id: question for question in read_questions(root, "training")}


@pytest.mark.parametrize("id_", PROGRAMS)
def test_known_programs_are_offered_and_right(
    id_: str, questions: dict[str, WikiTableQuestion], root: Path
) -> None:
    question = questions[id_]
    tokens = tokenize(question.text)
    table = annotated_table(root, question.context)
    constants = find_constants(question.text, tokens, table)
    words = tuple(token.text for token in tokens)
    example = Example(id_, question.text, words, table, constants, gold_answer(question))
    world = TableWorld(example, wtq_language())
    actions = world.actions(parse_program(PROGRAMS[id_], world.language))
    assert replay_actions(world, actions).reward == 1.0
