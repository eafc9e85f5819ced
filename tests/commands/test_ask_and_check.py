"""`sparse-rl ask` and `sparse-rl check`; bad tables and configs end in one line."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.asking import plain_view
from sparse_rl.cli import main
from sparse_rl.datamodules.mazes.textworld import TextWorldDataModule
from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule

TABLE = "Nation,Golds,Year\nPeru,7,1998\nChile,3,2001\nBrazil,12,1998\n"
TABLES = {
    "good.csv": TABLE.encode(),
    "book.xlsx": b"PK",
    "ragged.csv": b"a,b,c\n1,2,3\n1,2\n",
    "quotes.csv": b'a,b\n1,"2\n',
    "latin.csv": "a,b\né,2\n".encode("latin-1"),
    "header.csv": b"a,b\n",
    "empty.csv": b"",
    "broken.parquet": b"no parquet",
}


@pytest.fixture(scope="module")
def folder(
    small_own_tables: Path,
    cache: Path,
    checkpoint_of: Callable[[Any], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Checkpoints and tables, good and bad."""
    root = tmp_path_factory.mktemp("ask")
    data = OwnTablesDataModule(str(small_own_tables), cache=str(cache))
    checkpoint_of(data).rename(root / "tables.ckpt")
    checkpoint_of(TextWorldDataModule(limit=2)).rename(root / "mazes.ckpt")
    (root / "cut.ckpt").write_bytes((root / "tables.ckpt").read_bytes()[:500])
    for name, content in TABLES.items():
        (root / name).write_bytes(content)
    return root


@pytest.fixture(autouse=True)
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def asked(table: str, *more: str, ckpt: str = "tables.ckpt") -> list[str]:
    return ["ask", f"--ckpt_path={ckpt}", f"--table={table}", *more]


OWN = ["--config=gaca_own_tables.yaml"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (asked("good.csv", "q", ckpt="no.ckpt"), "give --ckpt_path an existing checkpoint"),
        (asked("good.csv", "q", ckpt="cut.ckpt"), "use an earlier checkpoint"),
        (asked("good.csv", "q", ckpt="mazes.ckpt"), "give a checkpoint of a training on tables"),
        (asked("good.csv", "q", ckpt="."), "give --ckpt_path a checkpoint or a run's folder"),
        (asked("no.csv", "q"), "put the file there"),
        (asked("book.xlsx", "q"), "save the table again, it is no spreadsheet"),
        (asked("book.doc", "q"), "save the table as .csv, .tsv, .parquet"),
        (asked("ragged.csv", "q"), "fix this row: 2 cells under 3 headers (ragged.csv, line 3)"),
        (asked("quotes.csv", "q"), "fix the quotes"),
        (asked("latin.csv", "q"), "write UTF-8"),
        (asked("header.csv", "q"), "give a table with rows: header.csv has headers"),
        (asked("empty.csv", "q"), "write a line of headers first"),
        (asked("broken.parquet", "q"), "it is not Parquet"),
        (asked("good.csv", " "), "write the question"),
        (
            ["ask", "--ckpt_path=tables.ckpt"],
            "see sparse-rl ask --help: the following arguments are",
        ),
        (["check"], "see sparse-rl check --help"),
        (["fit", *OWN, "--model.estimator=Gacca"], "one of Borl, DirPg, Gaca, "),
        (["fit", *OWN, "--data.dev_share=2"], "set dev_share above 0 and below 1"),
        (["fit", *OWN, "--data.root=nowhere"], "point --data.root to the folder of the data"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_ten_kinds_of_bad_input_end_in_one_line(args: list[str], says: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(args)
    text = str(stopped.value)
    assert text.startswith("error: ") and says in text, text
    assert len(text.splitlines()) == 1


def test_ask_shows_programs_steps_sql_and_answer(capsys: pytest.CaptureFixture[str]) -> None:
    main(asked("good.csv", "how many golds has peru?", "--programs=3", "--json"))
    found = json.loads(capsys.readouterr().out)
    assert len(found["programs"]) == 3
    main(asked("good.csv", "how many golds has peru?", "--explain"))
    shown = " ".join(capsys.readouterr().out.split())
    assert f"{found['probability']:.1%}" in shown
    assert shown.startswith(f"Answer: {plain_view.values(found['answer'])}")
    assert found["sentence"] in shown
    assert found["trace"][-1]["expression"] in shown and "SELECT" in shown
    main(asked("good.csv", "how many golds has peru?"))
    assert "SELECT" not in capsys.readouterr().out


def test_ask_tells_constants_and_other_readings(capsys: pytest.CaptureFixture[str]) -> None:
    question = "how many golds has peru with more than 12x34y in 1998?"
    main(asked("good.csv", question, "--json", "--programs=20"))
    found = json.loads(capsys.readouterr().out)
    constants = found["constants"]
    assert sorted(constants["used"] + constants["unused"]) == ["1998", "peru"]
    assert found["not_understood"] == ["12x34y"]
    first, second, *_ = found["readings"]
    assert first["answer"] == found["answer"] != second["answer"]
    assert found["confidence"] == first["probability"] >= second["probability"] > 0.01
    main(asked("good.csv", question, "--programs=20"))
    shown = " ".join(capsys.readouterr().out.split())
    for words, condition in constants["conditions"]:
        assert f'"{words}" as {condition}' in shown
    assert not constants["unused"] or f"not used of the question: {constants['unused'][0]}" in shown
    assert "not found in the table: 12x34y" in shown
    said = second["sentence"].removeprefix("This is ").removesuffix(".")
    assert f"or: {said} = {plain_view.values(second['answer'], 5)} (" in shown


def test_ask_tells_how_the_table_is_read_and_what_it_does_not_understand(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("Nation;Golds\nPeru;1,5\nChile;3\nFiji;viele\nBali;4\n")
    main(asked(f"{tmp_path}/t.csv", "more than 12x34y golds?", "--json"))
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert any("'viele' (row 3) is no number" in note for note in notes)
    assert "not understood: 12x34y" in notes
    (tmp_path / "t.csv").write_text("Nation;Golds\nPeru;1,5\nChile;3\n")
    main(asked(f"{tmp_path}/t.csv", "golds?"))
    shown = " ".join(capsys.readouterr().out.split())
    assert "note: column 'Golds' read as number: decimal comma" in shown


def test_markup_in_questions_and_cells_is_shown_as_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("Nation,[/b] Golds\nPeru [/b],1\n[red]Chile,3\n")
    main(asked(f"{tmp_path}/t.csv", "golds of [/b] peru [link=x]?", "--explain"))
    shown = capsys.readouterr().out
    assert all(
        text in shown for text in ("golds of [/b] peru [link=x]?", "[/b] Golds", "[red]Chile")
    )


@pytest.mark.parametrize("question", ["\u0301\u0301", "\ud800", "  "])
def test_a_question_of_no_words_ends_in_one_line(question: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(asked("good.csv", question))
    text = str(stopped.value)
    assert text.startswith("error: ") and len(text.splitlines()) == 1, text


def test_the_shown_sql_runs_on_the_written_table(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("Nation,Golds,Day\nPeru,(7),31/12/2020\nChile,3,01/02/2021\n")
    table, script = f"{tmp_path}/t.csv", tmp_path / "t.sql"
    main(asked(table, "golds of peru?", "--json", "--programs=20", f"--sql_table={script}"))
    found = json.loads(capsys.readouterr().out)
    connection = sqlite3.connect(":memory:")
    connection.executescript(script.read_text())
    for program in found["programs"]:
        rows = connection.execute(program["sql"]).fetchall()
        if "date" not in program["program"]:
            assert [str(row[0]) for row in rows] == [str(v) for v in program["answer"]]


NOT_NEEDED = (
    *("pytorch_lightning", "lightning_fabric", "torchmetrics", "torch._dynamo", "jsonargparse"),
    *("scipy", "transformers", "datasets", "pandas", "pyarrow", "matplotlib", "wandb", "sympy"),
)


@pytest.mark.slow(ci=True)
def test_ask_imports_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys; from sparse_rl.cli import main; main(sys.argv[1:]);"
        f"print('imported:', *(name for name in {NOT_NEEDED} if name in sys.modules))"
    )
    args = asked("good.csv", "how many golds has peru?")
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "imported:"
    assert done.stderr == ""


def test_check_tells_choices_apart_from_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text("Nation;Golds\nPeru;1,5\nChile;3\n")
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.tsv").write_text("question\ttable\tanswer\ngolds?\tt.csv\t1,5\n")
    main(["check", *OWN, f"--data.root={tmp_path}"])
    out, err = capsys.readouterr()
    assert out.startswith("0 problems")
    assert "note: t.csv: column 'Golds' read as number: decimal comma" in err


def test_ask_prompts_until_an_empty_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for text, count in (("one?\ntwo?\n\nthree?\n", 2), ("one?\ntwo?", 2), ("", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        main(asked("good.csv", "--json"))
        lines = capsys.readouterr().out.splitlines()
        assert [json.loads(line)["question"] for line in lines] == ["one?", "two?"][:count]


def checked(capsys: pytest.CaptureFixture[str], *args: str) -> list[str]:
    """The problems that `check` lists; the count and the status are right."""
    try:
        main(["check", *args])
        status = 0
    except SystemExit as stopped:
        assert isinstance(stopped.code, int)
        status = stopped.code
    *problems, last = capsys.readouterr().out.splitlines()
    assert last.startswith(f"{len(problems)} problem") and status == bool(problems)
    return problems


def test_check_is_content_with_good_data(
    small_own_tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(capsys, *OWN, f"--data.root={small_own_tables}") == []


def test_check_lists_every_problem_of_own_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in TABLES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "twice.csv").write_text("Name,name,\na,b,c\n,,\n")
    questions = [
        ("1", "which nation won 7?", "good.csv", "Peru"),
        ("1", "how many nations?", "good.csv", "3"),
        ("3", " ", "good.csv", "Peru"),
        ("4", "who?", "missing.csv", "Peru"),
        ("5", "who?", "good.csv", "Bolivia|chile"),
        ("6", "who?", "ragged.csv", "1"),
        ("7", "who?", "twice.csv", "a"),
        ("8", "who?", "good.csv", ""),
        ("9", "too short"),
        ("10", "\u0301", "good.csv", "Peru"),
    ]
    lines = ["\t".join(fields) for fields in (("id", "question", "table", "answer"), *questions)]
    (tmp_path / "train.tsv").write_text("\n".join(lines) + "\n")
    (tmp_path / "dev.jsonl").write_text(
        '{"question": "who?"}\n{"broken\n'
        '{"question": "who?", "table": "good.csv", "id": [1]}\n'
        '{"question": "who \\ud800?", "table": "good.csv"}\n'
    )
    problems = checked(capsys, *OWN, f"--data.root={tmp_path}")
    for says in (
        "give every question its own id (TRAIN, line 3, id 1)",
        "write the question: empty (TRAIN, line 4, id 3)",
        "put this table there: no file ROOT/missing.csv (TRAIN, line 5, id 4)",
        "no cell of good.csv is 'Bolivia' (TRAIN, line 6, id 5)",
        "fix this row: 2 cells under 3 headers (ROOT/ragged.csv, line 3)",
        "several are called 'name' (ROOT/twice.csv, line 1)",
        "write a header for column 3 (ROOT/twice.csv, line 1)",
        "2 fields of 4 (TRAIN, line 10)",
        r"write the question: '\u0301' has no word (TRAIN, line 11, id 10)",
        "write table as text (ROOT/dev.jsonl, line 1)",
        "write the id as a text or a number, not [1] (ROOT/dev.jsonl, line 3)",
        "write both halves of the character '\\ud800', or none (ROOT/dev.jsonl, line 4)",
        "(ROOT/dev.jsonl, line 2)",
        "no file ROOT/test.tsv",
    ):
        says = says.replace("TRAIN", f"{tmp_path}/train.tsv").replace("ROOT", str(tmp_path))
        assert sum(says in problem for problem in problems) == 1, (says, problems)
    assert len(problems) == 14


def test_check_tells_questions_that_training_has_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    lines = ["question\ttable\tanswer", "golds of peru?\tt.csv\t7"]
    for split, more in {"train": [], "dev": ["Golds  of Peru?\tt.csv\t7"], "test": []}.items():
        own = lines if split == "train" else [lines[0], f"{split} golds of peru?\tt.csv\t7"]
        (tmp_path / f"{split}.tsv").write_text("\n".join([*own, *more]))
    main(["check", *OWN, f"--data.root={tmp_path}"])
    notes = capsys.readouterr().err
    assert "1 of 2 questions of dev are in train too" in notes and "dev-3" in notes
    assert "of test are in train too" not in notes


def test_check_says_where_questions_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "q.csv").write_text("question,table,answer\ngolds of peru?,t.csv,7\n")
    problems = checked(capsys, *OWN, f"--data.root={tmp_path}")
    assert len(problems) == 3
    assert all("--data.questions: no file" in problem for problem in problems)
    (problem,) = checked(capsys, *OWN, f"--data.root={tmp_path}", "--data.questions=q.csv")
    assert "save the questions as .jsonl, or as .tsv with tabs" in problem


def test_a_question_without_an_answer_is_no_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    rows = {"train": ["7", ""], "dev": [""], "test": [""]}
    for split, answers in rows.items():
        lines = ["question\ttable\tanswer", *(f"golds of peru?\tt.csv\t{a}" for a in answers)]
        (tmp_path / f"{split}.tsv").write_text("\n".join(lines))
    (problem,) = checked(capsys, *OWN, f"--data.root={tmp_path}")
    assert "write answers for dev: no question of dev" in problem
    (tmp_path / "dev.tsv").write_text("question\ttable\tanswer\ngolds of peru?\tt.csv\t7")
    main(["check", *OWN, f"--data.root={tmp_path}"])
    notes = capsys.readouterr().err
    assert "note: train: 1 of 2 questions have no answer" in notes


def test_check_searches_answers_that_no_program_reaches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARSE_RL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "t.csv").write_text(TABLE)
    asked = [
        {"question": "how many golds has peru?", "answer": 7},
        {"question": "which nation won most?", "answer": "Brasil"},
        {"question": "how many nations are there on this planet?", "answer": 195},
        {"question": "golds of chile?"},
    ]
    text = "".join(json.dumps({**question, "table": "t.csv"}) + "\n" for question in asked)
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.jsonl").write_text(text if split == "train" else text[:80] + "\n")
    (tmp_path / "dev.jsonl").write_text(text.splitlines()[0])
    (tmp_path / "test.jsonl").write_text(text.splitlines()[3])
    command = ["check", *OWN, f"--data.root={tmp_path}", "--search", "--warm_start.workers=1"]
    with pytest.raises(SystemExit):  # Brasil is no cell.
        main([*command, "--json"])
    found = json.loads(capsys.readouterr().out)["search"]
    assert found["reached"] == 2 and not found["undecided"]
    assert found["not_checked"] == [
        {"split": s, "id": f"{s}-{n}"} for s, n in (("train", 4), ("test", 1))
    ]
    brazil, planet = found["unreached"]
    nearest = {"item": "brasil", "cell": "Brazil", "column": "Nation", "row": 3}
    assert brazil["nearest_cell"] == nearest
    assert brazil["nearest_program"]["answer"] == ["Brazil"]
    assert planet["nearest_cell"]["cell"] in (1998, 2001)
    assert planet["nearest_program"]["program"].endswith("<END>")
    with pytest.raises(SystemExit):
        main(command)
    lines = capsys.readouterr().out.splitlines()
    assert "no program answers 2 of the 4 questions with an answer" in lines
    assert "not checked: no answer" in lines and max(map(len, lines[1:])) <= 80


def says_once(problems: list[str], wanted: list[str]) -> None:
    for says in wanted:
        assert sum(says in problem for problem in problems) == 1, (says, problems)
    assert len(problems) == len(wanted), problems


def test_check_lists_every_problem_of_wikisql(
    small_wikisql: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(small_wikisql, tmp_path, dirs_exist_ok=True)
    tables = (tmp_path / "train.tables.jsonl").read_text().splitlines()
    first, second = (json.loads(line) for line in tables[:2])
    ragged = {**first, "rows": [*first["rows"], ["alone"]]}
    tables[:2] = [json.dumps(ragged), json.dumps({**second, "header": "ab"})]
    questions = (tmp_path / "train.jsonl").read_text().splitlines()
    third = json.loads(tables[2])
    known = {"question": "q?", "table_id": third["id"]}
    sql = {"sel": 99, "agg": 0, "conds": []}
    bad = [
        {"question": "q?", "table_id": "none"},
        {**known, "sql": sql},
        {**known, "question": 3},
        {**known, "sql": []},
    ]
    end = len(questions)
    (tmp_path / "train.jsonl").write_text("\n".join([*questions, *map(json.dumps, bad), "{"]))
    (tmp_path / "train.tables.jsonl").write_text("\n".join([*tables, "[]"]))
    (tmp_path / "dev.tables.jsonl").unlink()
    (tmp_path / "dev.jsonl").write_text("")
    train = tmp_path / "train.jsonl"
    says_once(
        checked(capsys, "--config=gaca_wikisql.yaml", f"--data.root={tmp_path}"),
        [
            f"fix row {len(ragged['rows'])} of table {first['id']}",
            f"write header as a list, not 'ab' ({tmp_path}/train.tables.jsonl, line 2, id ",
            f"write a JSON object ({tmp_path}/train.tables.jsonl, line {len(tables) + 1})",
            f"train.tables.jsonl ({train}, line {end + 1}, table_id none)",
            f"no column 99, there are {len(third['header'])} ({train}, line {end + 2}, ",
            f"write question as a str, not 3 ({train}, line {end + 3}, ",
            f"({train}, line {end + 4}, ",
            f"({train}, line {end + 5})",
            "put dev.tables.jsonl into",
        ],
    )


def test_check_lists_every_problem_of_wikitablequestions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = "id\tutterance\tcontext\ttargetValue\n"
    words = "id\ttokens\tlemmaTokens\tposTags\tnerTags\tnerValues\ttargetCanon\n"
    cells = "row\tcol\tnumber\tdate\tnum2\tlist\n"
    files = {
        "csv/200-csv/0.csv": "a,b\n1,2\n3\n4,5,6\n",
        "csv/200-csv/1.csv": "a,b\n1,2\n",
        "tagged/200-tagged/1.tagged": f"{cells}0\t0\tx\t\t\t\n5\t0\t\t\t\t\n0\t1\t1",
        "csv/200-csv/2.csv": "a\n1\n2\n",
        "tagged/200-tagged/2.tagged": f"{cells}0\t0\t\t\t\t\n",
        "data/mine.tsv": questions
        + "q1\tq?\tcsv/200-csv/0.csv\tx\nq1\tq?\tcsv/200-csv/1.csv\tx\nq3\tq?\n"
        + "q4\tq?\tcsv/200-csv/2.csv\tx|y\nq5\tq?\tcsv/200-csv/3.csv\tx\n"
        + "q6\tq?\tcsv/200-csv/1.csv\tx\nq7\tq?\tcsv/200-csv/1.csv\tx\n",
        "tagged/data/mine.tagged": words
        + "".join(f"q{n}\tw\tw\tw\tO\t\tx\n" for n in (1, 4, 5))
        + "q6\tw\tw\tw\tO|O\t\tx\nq7\tw",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    options = [f"--data.{split}_split=mine" for split in ("train", "val", "test")]
    mine, tagged = tmp_path / "data/mine.tsv", tmp_path / "tagged/data/mine.tagged"
    csv, cell_tags = tmp_path / "csv/200-csv", tmp_path / "tagged/200-tagged"
    says_once(
        checked(capsys, "--config=gaca_wtq.yaml", f"--data.root={tmp_path}", *options),
        [
            f"the lists differ in length: {{'tokens': 1, 'lemmaTokens': 1, 'posTags': 1, "
            f"'nerTags': 2, 'nerValues': 1}} ({tagged}, line 5, id q6)",
            f"2 fields of 7 ({tagged}, line 6)",
            f"give every question its own id ({mine}, line 3, id q1)",
            f"2 fields of 4 ({mine}, line 4)",
            f"2 items here and 1 in {tagged} ({mine}, line 5, id q4)",
            f"it lacks this question ({mine}, line 8, id q7)",
            f"no {csv / '3.csv'} ({mine}, line 6, id q5)",
            f"1 cells under 2 headers ({csv / '0.csv'}, line 3)",
            f"3 cells under 2 headers ({csv / '0.csv'}, line 4)",
            f"'x' ({cell_tags / '1.tagged'}, line 2)",
            f"none is (5, 0) ({cell_tags / '1.tagged'}, line 3)",
            f"3 fields of 6 ({cell_tags / '1.tagged'}, line 4)",
        ],
    )


def test_check_lists_every_problem_of_a_config(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "bad.yaml"
    config.write_text(
        "model:\n  lrr: 1\n  estimator:\n    class_path: Gacca\n    init_args: {clip_low: 7}\n"
        "  task:\n    class_path: TableTask\n    init_args: {hiden: 8, dropout: 0.1}\n"
        "data:\n  class_path: WikiSQLDataModule\n  init_args: {root: nowhere}\nfoo: 3\n"
    )
    problems = checked(capsys, f"--config={config}", "--data.limt", "3")
    wanted = [
        "give model.estimator one of Borl, DirPg, Gaca",
        "no lrr",
        "no hiden; did you mean hidden?",
        "no foo",
        "no limt; did you mean limit?",
        "no folder nowhere",
    ]
    says_once(problems, wanted)


def test_check_finds_a_config_that_is_missing_or_no_yaml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (problem,) = checked(capsys, "--config=no.yaml")
    assert "give --config an existing file: no no.yaml" in problem
    (tmp_path / "odd.yaml").write_text("model: [\n")
    (problem,) = checked(capsys, f"--config={tmp_path / 'odd.yaml'}")
    assert "fix the YAML" in problem and "line 2" in problem
