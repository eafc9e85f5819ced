"""`sparse-rl spurious` compares a run's programs, or a search's, with human logical forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.cli import main


@pytest.fixture(scope="module")
def of_run(annotated_run: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("spurious") / "result.json"
    main(["spurious", "--ckpt_path", str(annotated_run), "--out", str(out)])
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_every_annotated_question_is_counted(of_run: dict[str, Any]) -> None:
    assert of_run["counts"] == {
        "questions": 8,
        "no_form": 1,
        "unknown_column": 1,
        "inexpressible": 1,
        "no_example": 1,
        "comparable_train": 3,
        "comparable_dev": 1,
        "without_b_train": 1,
        "without_b_dev": 1,
    }
    splits = {question["id"]: question["split"] for question in of_run["questions"]}
    assert (splits["nt-0"], splits["nt-6"], splits["nt-7"]) == ("train", "dev", "")


def test_the_policy_weights_b(of_run: dict[str, Any], annotated_run: Path) -> None:
    """The rate is that of the policy's own log-probabilities, computed in another way."""
    from sparse_rl.datamodules.tables.wikitablequestions import WikiTableQuestionsDataModule
    from sparse_rl.interface import load
    from sparse_rl.modules.tables.table_task import TableTask
    from sparse_rl.replay.strata import Strata

    data = WikiTableQuestionsDataModule(**_data(annotated_run))
    learner = load(annotated_run, TableTask(), data).learner
    memory = Strata()
    state = torch.load(annotated_run / "checkpoints/best.ckpt", weights_only=True)["sparse_rl"]
    memory.load_state_dict(state["replay"])
    example = next(e for e in data.examples("train") if e.id == "nt-0")
    programs = memory.rewarded("nt-0", learner.task.world(example))
    texts = [learner.task.format_program(example, program.actions) for program in programs]
    with torch.inference_mode():
        encoded = learner.policy.encode([example] * len(programs))
        log_prob_N, _ = learner.policy.score(encoded, programs, list(range(len(programs))))
    mass_N = log_prob_N.exp() / log_prob_N.exp().sum()
    human = {"r.golds", "r.nation"}
    spurious = [{c for c in ("r.golds", "r.nation", "r.silvers") if c in t} != human for t in texts]
    assert 0 < sum(spurious) < len(programs)
    (question,) = (q for q in of_run["questions"] if q["id"] == "nt-0")
    assert question["b"]["columns"] == pytest.approx(float(mass_N[spurious].sum()), abs=1e-5)
    assert question["b_uniform"]["columns"] == pytest.approx(sum(spurious) / len(programs))
    assert question["b_least"]["columns"] == 0


def _data(run: Path) -> dict[str, Any]:
    import yaml

    options: dict[str, Any] = yaml.safe_load((run / "config.yaml").read_text())
    found: dict[str, Any] = options["data"]["init_args"]
    return found


def test_rates_lie_between_the_best_weighting_and_one(of_run: dict[str, Any]) -> None:
    for level in of_run["levels"].values():
        assert 0 <= level["b_least"]["rate"] <= level["b"]["rate"] <= 1
        assert level["b_uniform_meaning"]["rate"] <= level["b_uniform"]["rate"]
        assert level["b"]["questions"] == level["b_uniform"]["questions"] == 2
        assert level["greedy_all"]["questions"] == 4
    rates = of_run["levels"]["operations"]
    assert of_run["spurious_b"] == rates["b"]["rate"]
    assert of_run["spurious_b_interval"] == rates["b"]["interval"]


def test_a_search_needs_no_checkpoint(
    annotated_wtq: Path, cache: Path, tmp_path: Path, of_run: dict[str, Any]
) -> None:
    page = tmp_path / "page.md"
    main(
        ["spurious", "--config", "gaca_wtq.yaml", f"--data.root={annotated_wtq}"]
        + [f"--data.cache={cache}", "--warm_start.workers=1", "--warm_start.max_programs=100"]
        + ["--model.task.search_triggers=null", f"--out={page}"]
    )
    text = page.read_text()
    assert "--config gaca_wtq.yaml --data.root DIR" in text and str(tmp_path) not in text
    # The dev question is searched as well.
    assert "| B, all programs alike | 3 |" in text and "greedy" not in text
    assert "Of 8 annotated questions, 3 in training" in text


def test_a_page_needs_a_known_ending_and_programs_a_source(annotated_run: Path) -> None:
    with pytest.raises(SystemExit, match=r"give --out a name that ends in \.json or \.md"):
        main(["spurious", "--ckpt_path", str(annotated_run), "--out", "page.html"])
    with pytest.raises(SystemExit, match=r"give --ckpt_path a checkpoint, or --config"):
        main(["spurious"])
    with pytest.raises(SystemExit, match=r"give a config of tables, not of MazeTask"):
        main(["spurious", "--config", "gaca_textworld.yaml"])


def test_a_checkpoint_without_its_run_needs_a_config(annotated_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "alone.ckpt"
    path.write_bytes((annotated_run / "checkpoints" / "best.ckpt").read_bytes())
    with pytest.raises(
        SystemExit, match=r"give --config, or the checkpoint in its run: no config in"
    ):
        main(["spurious", "--ckpt_path", str(path)])
