"""A sweep on Ray has the results of a local one, also where a machine is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sparse_rl.cli import main
from sparse_rl.config_files import find_config


def test_local_trials_have_no_address(tmp_path: Path) -> None:
    words = ["sweeps/learning_rate.yaml", "--trials=1", f"--out={tmp_path}", "--address=auto"]
    with pytest.raises(SystemExit, match="error: set engine to ray, or leave address out"):
        main(["sweep", *words])


@pytest.mark.slow
def test_a_killed_machine_changes_no_trial(
    losing_cluster: str, tmp_path: Path, cache: Path
) -> None:
    """Of two machines, one is killed when both are in the second epoch of a training."""
    plan = yaml.safe_load(Path(find_config("sweeps/learning_rate.yaml")).read_text())
    plan["command"][5] = "gaca_quickstart.yaml"
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump(plan))

    def run(engine: str, *more: str) -> Path:
        words = ["sweep", str(path), "--trials=3", f"--out={engine}", f"--engine={engine}", *more]
        words += ["--trainer.max_epochs=2", "--trainer.limit_train_batches=1", "--data.limit=16"]
        words += ["--model.task.hidden=8", "--warm_start.workers=1", "--show=0"]
        words += ["--trainer.accelerator=cpu", f"--data.cache={cache}"]
        main([*words, "--trainer.callbacks+=waiting.Waiting"])
        return Path(engine)

    on_cluster = run("ray", f"--address={losing_cluster}", "--jobs=2")
    here = run("local")
    assert (on_cluster / "results.csv").read_text() == (here / "results.csv").read_text()
    assert len((here / "results.csv").read_text().splitlines()) == 4
    parts = sorted(len(list(trial.glob("version_*"))) for trial in on_cluster.glob("trial_*"))
    assert parts == [1, 1, 2]
    assert len(list(on_cluster.rglob("test_metrics.json"))) == 3
