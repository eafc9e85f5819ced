"""The comparison runs what is missing and reports what the runs' files hold."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from sparse_rl.cli import main
from sparse_rl.commands.trial import TrialCLI, trial
from sparse_rl.config_files import resolve_configs

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "experiments" / "compare.py"
SHIPPED = sorted((REPOSITORY / "experiments" / "comparisons").glob("*.yaml"))


def test_a_comparison_runs_once_and_reports_every_run(
    small_wikisql: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = {
        "title": "One method",
        "seeds": [0, 1],
        "goals": [0.0, 1.01],
        "options": {
            "trainer.max_epochs": 1,
            "trainer.log_every_n_steps": 1,
            "model.task.hidden": 8,
            "model.task.embedding": 8,
            "data.limit": 16,
            "warm_start.workers": 1,
            "trainer.enable_progress_bar": False,
            "trainer.enable_model_summary": False,
        },
        "methods": {"hard EM": {"config": "hard_em_wikisql.yaml"}},
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(plan))
    started = []

    def in_this_process(command: list[str], **_: Any) -> SimpleNamespace:
        started.append(command)
        main(command[2:])
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", in_this_process)
    options = ["--out", str(tmp_path / "runs"), "--results", str(tmp_path / "docs" / "results")]
    data = [f"--data.root={small_wikisql}", f"--data.cache={cache}", "--trainer.accelerator=cpu"]
    arguments = [str(SCRIPT), str(tmp_path / "tiny.yaml"), *options, "--", *data]
    for _ in range(2):
        monkeypatch.setattr(sys, "argv", arguments)
        runpy.run_path(str(SCRIPT), run_name="__main__")
        assert len(started) == 2
    text = (tmp_path / "docs" / "results" / "tiny.md").read_text()
    row = next(line for line in text.splitlines() if line.startswith("| hard EM | 2 |"))
    accuracies = [
        json.loads((tmp_path / f"runs/tiny/hard_em/seed_{seed}/test_metrics.json").read_text())[
            "accuracy"
        ]
        for seed in range(2)
    ]
    assert f"{100 * sum(accuracies) / 2:.1f}" in row
    assert "–" in row, "an accuracy above 100 % is not reached"
    assert (tmp_path / "docs" / "images" / "tiny.png").stat().st_size > 1000


def test_a_failed_run_stops_the_comparison_and_names_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = {"title": "", "seeds": [0], "methods": {"MML": {"config": "mml_wikisql.yaml"}}}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(plan))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    monkeypatch.setattr(
        sys, "argv", [str(SCRIPT), str(tmp_path / "tiny.yaml"), "--out", str(tmp_path)]
    )
    with pytest.raises(SystemExit, match=r"seed_0\.log"):
        runpy.run_path(str(SCRIPT), run_name="__main__")


@pytest.fixture(scope="module")
def cli() -> TrialCLI:
    """What reads options of `fit`; it takes longer to make than to use."""
    return trial()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_commands_of_shipped_comparisons_are_understood(
    path: Path, tmp_path: Path, cli: TrialCLI
) -> None:
    jobs = runpy.run_path(str(SCRIPT))["jobs"](yaml.safe_load(path.read_text()), tmp_path, [])
    assert jobs
    for job in {job.method: job for job in jobs}.values():
        assert not any("{seed}" in argument for argument in job.command)
        cli.attempt(resolve_configs(job.command[2:]))
