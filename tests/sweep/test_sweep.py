"""`sparse-rl sweep`: what is drawn, what is run, and that it goes on after it was stopped."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from sparse_rl.cli import main
from sparse_rl.config_files import resolve_configs
from sparse_rl.sweep.plan import draw, read_sweep
from sparse_rl.sweep.trials import Trials

SHIPPED = sorted((Path(__file__).resolve().parents[2] / "configs" / "sweeps").glob("*.yaml"))
# Stands for a training: it has a checkpoint at once, and a result unless it is told to fail.
TRAINING = """
import json, os, sys
from pathlib import Path

options = dict(word.lstrip("-").split("=") for word in sys.argv[1:] if "=" in word)
logger = "trainer.logger.init_args."
trial = Path(options[logger + "save_dir"]) / options[logger + "name"]
run = trial / f"version_{len(list(trial.glob('version_*')))}"
(run / "checkpoints").mkdir(parents=True)
(run / "checkpoints" / "last.ckpt").touch()
(run / "arguments.json").write_text(json.dumps(sys.argv[1:]))
if trial.name == os.environ.get("FAILS"):
    sys.exit("out of luck")
lr = float(options["model.lr"])
dev, test = {"val/greedy_accuracy": 1 - lr}, {"test/beam_accuracy": lr}
test = {"accuracy": lr, "greedy_accuracy": lr, "dev": dev, "test": test}
(run / "test_metrics.json").write_text(json.dumps(test))
"""


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings that take no time, in processes of their own."""
    script = tmp_path / "training.py"
    script.write_text(TRAINING)
    real = Trials.command

    def command(self: Trials, trial: object) -> list[str]:
        words = real(self, trial)  # type: ignore[arg-type]
        assert words[:3] == [sys.executable, "-m", "sparse_rl"]
        return [sys.executable, "-S", str(script), *words[3:]]

    monkeypatch.setattr(Trials, "command", command)


def test_a_sweep_goes_on_and_repeats_nothing(
    training: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "sweep"
    sweep = ["sweep", "sweeps/learning_rate.yaml", f"--out={out}", "--jobs=2"]
    monkeypatch.setenv("FAILS", "trial_001")
    with pytest.raises(SystemExit, match=r"error: read .*trial_001/log.txt: these trials"):
        main([*sweep, "--trials=2", "--data.root=DIR"])
    assert "out of luck" in (out / "trial_001" / "log.txt").read_text()
    monkeypatch.delenv("FAILS")
    main([*sweep, "--trials=3", "--data.root=DIR"])

    # The first was finished, the second went on from its checkpoint, the third is new.
    starts = [sorted((out / f"trial_00{n}").glob("version_*")) for n in range(3)]
    assert [len(versions) for versions in starts] == [1, 2, 1]
    arguments = json.loads((starts[1][1] / "arguments.json").read_text())
    assert arguments[:3] == ["fit", "--config", "gaca_wikisql.yaml"]
    assert "--data.root=DIR" in arguments and arguments[-1] == "--ckpt_path=last"
    assert "--ckpt_path=last" not in json.loads((starts[2][0] / "arguments.json").read_text())

    with (out / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    rates = [float(row["model.lr"]) for row in rows]
    assert len(set(rates)) == 3 and all(1e-4 <= rate <= 1e-2 for rate in rates)
    assert [float(row["val/greedy_accuracy"]) for row in rows] == [1 - rate for rate in rates]
    best = (out / "results.md").read_text().splitlines()[2]
    assert best.startswith(f"| trial_00{rates.index(min(rates))} ")
    assert (out / "results.png").stat().st_size > 1000
    printed = capsys.readouterr().out
    assert best in printed and re.search(r"^1 of 2 trials, about \d+ s left$", printed, re.M)
    assert not [*out.rglob("*.partial")]
    with pytest.raises(SystemExit, match=r"give --out a new folder: .* belongs to another sweep"):
        main([*sweep, "--trials=3", "--seed=1", "--data.root=DIR"])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_sweeps_draw_options_that_training_knows(path: Path) -> None:
    from sparse_rl.commands.programs import instantiate

    plan = read_sweep(path)
    drawn = [draw(plan, [], seed) for seed in range(3)]
    assert drawn == [draw(plan, [], seed) for seed in range(3)]
    assert drawn[0] is not None
    command, *arguments = plan.training(drawn[0])
    assert command == "fit" and instantiate(resolve_configs(arguments)).model is not None
    assert plan.metric == "val/greedy_accuracy" and plan.maximize
    header = path.read_text()
    assert "# Launch:" in header and f"sweeps/{path.stem}" in header


def test_a_grid_ends() -> None:
    grid = read_sweep(next(p for p in SHIPPED if p.stem == "beta"))
    tried: list[tuple[dict[str, Any], float | None]] = []
    while (options := draw(grid, tried, 0)) is not None:
        tried.append((options, 0.5))
    betas = [options["model.estimator.init_args.beta"] for options, _ in tried]
    assert sorted(betas) == [-1, -0.75, -0.5, -0.25, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"program": "other.py"}, "set program in .* to train.py"),
        ({"command": ["sh", "${program}", "${args}"]}, "leave sh out of the command"),
        ({"command": ["${program}", "${envvar:KEY}", "${args}"]}, r"leave \$\{envvar:KEY\} out"),
        ({"command": ["${program}"]}, r"put \$\{args\} into the command"),
        ({"command": ["train.py", "${args}"]}, r"name \$\{program\} in the command"),
        ({"parameters": {"lr": {"distribution": "log_unform"}}}, "fix .*sweep.yaml: "),
        ({"metric": None}, "fix .*sweep.yaml: "),
        ({"method": None}, "fix .*sweep.yaml: "),
        (
            {"method": "grid", "parameters": {"model.lr": {"min": 1e-4, "max": 1e-2}}},
            "give lists of values in .*sweep.yaml, or set its method to .*: Parameter model.lr",
        ),
        ({"method": "bayes", "parameters": {"model.lr": {"value": 0.1}}}, "fix .*sweep.yaml: Need"),
        ({"metric": {"name": "val/acuracy"}}, "set metric.name in .*sweep.yaml to one of val/"),
    ],
)
def test_mistakes_in_the_file_end_in_one_line(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(SHIPPED[0].read_text()), **change}))
    with pytest.raises(SystemExit, match=f"error: {message}") as exit_:
        main(["sweep", str(path), "--trials=1", f"--out={tmp_path / 'out'}"])
    assert len(str(exit_.value).splitlines()) == 1


@pytest.mark.slow
def test_eight_real_trials_survive_kill_9(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    plan = yaml.safe_load(next(p for p in SHIPPED if p.stem == "learning_rate").read_text())
    plan["command"][5] = "gaca_quickstart.yaml"
    path.write_text(yaml.safe_dump(plan))
    out = tmp_path / "sweep"
    command = [sys.executable, "-m", "sparse_rl", "sweep", str(path), "--trials=8", "--jobs=2"]
    command += [f"--out={out}", "--trainer.max_epochs=2", "--data.limit=32", "--show=0"]
    command += ["--model.task.hidden=8", "--model.task.embedding=8", "--warm_start.workers=1"]
    command += ["--trainer.accelerator=cpu", f"--data.cache={cache}"]
    command += ["--last_checkpoint.every_n_train_steps=1", "--data.batch_size=2"]
    first = subprocess.Popen(command, start_new_session=True)
    deadline = time.monotonic() + 600
    while not list(out.glob("trial_00[1-7]/*/checkpoints/last.ckpt")):
        assert first.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    # The sweep and its trainings: nobody has a chance to say anything.
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    for stat in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = stat.read_bytes()
        except OSError:
            continue
        if str(out).encode() in words:
            os.kill(int(stat.parent.name), signal.SIGKILL)
    finished = {path: path.stat().st_mtime_ns for path in out.glob("*/*/test_metrics.json")}
    assert len(finished) < 8
    assert subprocess.run(command, timeout=1800).returncode == 0
    for path, written in finished.items():
        assert path.stat().st_mtime_ns == written
        assert len(list(path.parents[1].glob("version_*"))) == 1
    logs = "".join(log.read_text() for log in out.glob("*/log.txt"))
    assert "Restoring states from the checkpoint" in logs
    with (out / "results.csv").open() as file:
        assert all(row["val/greedy_accuracy"] for row in csv.DictReader(file))
    assert len(list(out.glob("*/*/test_metrics.json"))) == 8
