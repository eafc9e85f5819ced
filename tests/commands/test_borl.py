"""`sparse-rl borl`: a search that goes on where it stopped, and a training with its result."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from sparse_rl.cli import main
from sparse_rl.commands.borl import search

TINY = [
    "--model.task.hidden=8",
    "--model.task.embedding=8",
    "--data.limit=8",
    "--trainer.max_epochs=1",
    "--trainer.accelerator=cpu",
    "--trainer.enable_progress_bar=false",
    "--trainer.log_every_n_steps=1",
    "--trainer.enable_model_summary=false",
    "--warm_start.workers=1",
]


@pytest.mark.slow(ci=True)
def test_a_search_goes_on_and_ends_with_a_training(
    small_wikisql: Path,
    cache: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "search"

    def borl(trials: int) -> str:
        main(
            ["borl", "--config=borl_wikisql.yaml", f"--out={out}", "--trial_epochs=1"]
            + [f"--trials={trials}", f"--data.root={small_wikisql}", f"--data.cache={cache}"]
            + [*TINY, f"--trainer.logger.save_dir={tmp_path}"]
        )
        return capsys.readouterr().out

    def stop(training: object, phi: list[float], options: object) -> float:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(SystemExit, match="130"):
        patch.setattr("sparse_rl.commands.borl._dev_accuracy", stop)
        borl(1)
    with monkeypatch.context() as patch:
        patch.setattr("sparse_rl.commands.programs.train", lambda args: None)
        assert "trial 1 of 1" in borl(1)
    again = borl(2)
    assert "trial 2 of 2" in again and "trial 1 of" not in again
    phi = json.loads((out / "phi.json").read_text())
    assert len(phi) == 12
    (full,) = (tmp_path / "borl_wikisql").glob("version_*/test_metrics.json")
    config = json.loads(full.read_text())["config"]["model"]["estimator"]
    assert config["init_args"]["phi"] == str(out / "phi.json")
    assert not list(out.glob("**/*.ckpt")), "trials keep no checkpoints"


def test_it_wants_optuna_and_the_estimator_borl(
    small_wikisql: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["borl", "--config=mapo_wikisql.yaml", f"--out={tmp_path}"]
    with pytest.raises(SystemExit, match="a config with the estimator Borl, not Mapo"):
        main([*command, f"--data.root={small_wikisql}"])
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SystemExit, match=r"pip install 'sparse_rl\[borl\]'"):
        main([*command, f"--data.root={small_wikisql}"])


def test_trials_begin_with_plain_mapo_and_the_configs_phi_and_find_a_better_one(
    small_wikisql: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a made-up accuracy with its peak at phi_1 = 2."""
    from argparse import Namespace

    tried: list[list[float]] = []

    def accuracy(training: object, phi: list[float], options: object) -> float:
        tried.append(phi)
        return -abs(phi[0] - 2.0)

    monkeypatch.setattr("sparse_rl.commands.borl._phi", lambda training: [1.0, 1.0])
    monkeypatch.setattr("sparse_rl.commands.borl._dev_accuracy", accuracy)
    best = search([], Namespace(out=tmp_path, trials=25, range=5.0, seed=0))
    assert tried[:2] == [[0.0, 0.0], [1.0, 1.0]] and len(tried) == 25
    assert best in tried and abs(best[0] - 2.0) < 0.5
    assert search([], Namespace(out=tmp_path, trials=25, range=5.0, seed=0)) == best


@pytest.mark.slow(ci=True)
def test_the_command_of_the_page_on_textworld(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "textworld.md"
    (command,) = re.findall(r"`sparse-rl (borl [^`]*)`", page.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    few = ["--trials=1", "--trial_epochs=1", "--data.limit=4", "--data.passes=1"]
    few.append("--model.answerable_seconds=0.1")
    sizes = [option for option in TINY if "hidden" in option or option.startswith("--trainer")]
    main([*command.split(), *few, *sizes])
    out = capsys.readouterr().out
    assert "trial 1 of 1" in out and "Wrote runs/borl_textworld/phi.json" in out
