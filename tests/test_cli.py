"""The command line, through the path that users take."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml

from sparse_rl.analysis.runs import METRICS
from sparse_rl.callbacks.checkpoints import BestCheckpoint
from sparse_rl.cli import main
from sparse_rl.commands.programs import ProgramCLI, instantiate
from sparse_rl.config_files import family

REPOSITORY = Path(__file__).resolve().parents[1]
SHIPPED = sorted((REPOSITORY / "configs").glob("*.yaml"))
# Those of control run in tests/control/test_runs.py.
CONFIGS = [path for path in SHIPPED if family([f"--config={path}"]) == "programs"]
OFTEN = "--trainer.log_every_n_steps=1"
TINY = [
    "--model.task.hidden=16",
    "--model.task.embedding=16",
    "--trainer.max_epochs=2",
    "--trainer.accelerator=cpu",
    OFTEN,
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
    "--warm_start.workers=1",
]


@pytest.fixture(scope="module")
def run(
    small_wikisql: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[str]]:
    """A finished run: its folder, and the options that name its data."""
    runs = tmp_path_factory.mktemp("runs")
    options = [f"--data.root={small_wikisql}", f"--data.cache={cache}"]
    config = REPOSITORY / "configs" / "gaca_wikisql.yaml"
    main([f"--config={config}", *options, *TINY, f"--trainer.logger.save_dir={runs}"])
    return runs / "gaca_wikisql" / "version_0", options


@pytest.fixture
def untested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings without the test at their end, for tests that look at their checkpoints."""
    monkeypatch.setattr(ProgramCLI, "after_fit", lambda self: None)


def test_a_run_lives_in_one_folder(run: tuple[Path, list[str]]) -> None:
    folder, _ = run
    for name in ("config.yaml", "metrics.csv", "test_metrics.json", "predictions.jsonl"):
        assert (folder / name).is_file(), name
    assert {p.name for p in (folder / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
    with (folder / "metrics.csv").open() as file:
        columns = set(csv.DictReader(file).fieldnames or ())
    assert {"val/greedy_accuracy", "train/loss", "train/pi_b_mean", "seconds/draw"} <= columns


def test_the_config_of_a_run_serves_other_commands(
    run: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, options = run
    main(["ensemble", str(folder), f"--config={folder / 'config.yaml'}", "--split=dev", *options])
    assert "ensemble of 1" in capsys.readouterr().out


def test_the_shipped_recipe_is_the_papers_loop(run: tuple[Path, list[str]]) -> None:
    """B, C, fresh draws, walks, the Bloom filter, the prior and the adaptive weights all act."""
    folder, _ = run
    with (folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    seen = {name: [float(row[name]) for row in rows if row.get(name)] for name in rows[0]}
    for name in ("grad_b", "grad_c", "grad_fresh", "mutual_information"):
        assert any(seen[f"train/{name}"]), name
    assert all(value == 0.0 for value in seen["train/tail_uniform"])
    # 80 questions, a walk and a fresh draw each, twice; at most 100 attempts each before.
    first, second = seen["programs/executed"]
    assert sum(seen["explore/walks"]) == second - first == 160 < first - 160 <= 8000
    assert seen["memory/b"][-1] > 0 and seen["memory/c"][-1] > 0
    assert 0 < seen["memory/explored_fill"][-1] < 0.01
    assert 0 <= seen["memory/explored_error_rate"][-1] < 1e-8
    state = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["sparse_rl"]
    assert state["explored"]["capacity"] == 2_000_000 and state["prior"]["templates"]


def test_a_bloom_filter_too_small_for_the_plan_is_refused_before_the_warm_start(
    run: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, options = run
    with pytest.raises(SystemExit, match=r"set model\.explored_capacity to 640 or more"):
        main(
            ["fit", "--config=gaca_wikisql.yaml", f"--trainer.logger.save_dir={tmp_path}"]
            + [*options, *TINY, "--model.explored_capacity=639"]
        )
    said = capsys.readouterr()
    assert "Warm start" not in said.out + said.err


def test_test_evaluates_the_checkpoint_with_the_test_files_alone(
    run: tuple[Path, list[str]], small_wikisql: Path, tmp_path: Path
) -> None:
    folder, _ = run
    for name in ("test.jsonl", "test.tables.jsonl"):
        shutil.copy(small_wikisql / name, tmp_path / name)
    checkpoint = folder / "checkpoints" / "best.ckpt"
    main(
        ["test", "--config", "gaca_wikisql.yaml", "--ckpt_path", str(checkpoint)]
        + [f"--data.root={tmp_path}", f"--data.cache={tmp_path / 'cache'}", *TINY[3:]]
        + [f"--trainer.logger.save_dir={tmp_path}", "--show=2"]
    )
    again = json.loads((tmp_path / "gaca_wikisql/version_0/test_metrics.json").read_text())
    first = json.loads((folder / "test_metrics.json").read_text())
    assert {*first["dev"], *first["test"]} == set(METRICS)
    assert again["data"] == first["data"] and set(again["data"]) == {
        "questions",
        "answers",
        "tables",
    }
    assert again["accuracy"] == first["accuracy"]
    assert again["count"] == 24
    assert again["config"]["ckpt_path"] == str(checkpoint)


def test_predict_writes_programs_with_their_sql(
    run: tuple[Path, list[str]], tmp_path: Path
) -> None:
    folder, options = run
    main(
        ["predict", "--config=gaca_wikisql.yaml", f"--trainer.logger.save_dir={tmp_path}"]
        + [f"--ckpt_path={folder / 'checkpoints' / 'best.ckpt'}", *options, *TINY]
    )
    lines = (tmp_path / "gaca_wikisql/version_0/predictions.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert len(records) == 24
    for record in records:
        assert record["program"].endswith("<END>") and record["sql"].startswith(("SELECT", "WITH"))
        assert record["log_prob"] <= 0 and record["reward"] in (0.0, 1.0)
    metrics = json.loads((folder / "test_metrics.json").read_text())
    assert sum(r["reward"] for r in records) / 24 == pytest.approx(metrics["accuracy"])
    # The test at the end of the training has written the same.
    assert (folder / "predictions.jsonl").read_text().splitlines() == lines


@pytest.mark.usefixtures("untested")
def test_training_goes_on_from_a_checkpoint(run: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, options = run
    last = folder / "checkpoints" / "last.ckpt"
    before = torch.load(last, weights_only=True)
    more = [*TINY[:2], "--trainer.max_epochs=3", *TINY[3:]]
    with pytest.warns(UserWarning, match="the learning rate falls over 2 steps"):
        main(
            ["fit", "--config=gaca_wikisql.yaml", f"--trainer.logger.save_dir={tmp_path}"]
            + [f"--ckpt_path={last}", *options, *more]
        )
    after = torch.load(tmp_path / "gaca_wikisql/version_0/checkpoints/last.ckpt", weights_only=True)
    assert after["global_step"] == before["global_step"] * 3 // 2
    counts = [s["sparse_rl"]["replay"]["rewarded"]["counts"] for s in (before, after)]
    assert (counts[1] >= counts[0]).all()
    assert after["sparse_rl"]["executed"] == before["sparse_rl"]["executed"] + 160
    assert after["sparse_rl"]["replay"]["visits"].tolist() == [3] * 80


@pytest.fixture
def small(
    run: tuple[Path, list[str]],
    small_wikisql: Path,
    small_wtq: Path,
    small_own_tables: Path,
    small_encoder: Path,
    cache: Path,
    tmp_path: Path,
) -> Callable[[Path], list[str]]:
    """A shipped config with options that make it small, and those its data and task need."""

    def options(config: Path) -> list[str]:
        stem = config.stem.removesuffix("_minilm").removesuffix("_exhaustive").removesuffix("_lm")
        data = {
            "countdown": ["--data.tasks=16"],
            "everyday": [
                f"--data.cache={cache}",
                "--data.tables=4",
                "--data.questions_per_table=16",
            ],
            "quickstart": [f"--data.cache={cache}"],
            "tables": [f"--data.cache={cache}", f"--data.root={small_own_tables}"],
            "textworld": ["--data.passes=2"],
            "wikisql": [f"--data.cache={cache}", f"--data.root={small_wikisql}"],
            "wtq": [f"--data.cache={cache}", f"--data.root={small_wtq}"],
        }[stem.rpartition("_")[2]]
        if config.stem.endswith("_minilm"):
            data.append(f"--model.task.transformer={small_encoder}")
        if "word_vectors" in config.read_text(encoding="utf-8"):
            vectors = tmp_path / "vectors.txt"
            vectors.write_text("what 1 0 0\ncity 0 1 0\n")
            data.append(f"--model.task.word_vectors={vectors}")
        if "init_from" in config.read_text(encoding="utf-8"):
            data.append("--init_from=null")
        if stem == "mapox_wtq":  # There is no earlier run on these data.
            data.append("--warm_start.method=systematic")
        elif stem.startswith("mapox"):
            data.append(f"--warm_start.path={run[0] / 'checkpoints' / 'last.ckpt'}")
        tiny = [*TINY[:2], "--trainer.max_epochs=1", *TINY[3:], "--data.limit=16"]
        if config.stem.endswith("_lm"):
            tiny[:2] = ['--model.task.model={"layers": 1, "width": 16, "heads": 2}']
        if stem.endswith("countdown"):
            tiny[-1] = "--trainer.limit_val_batches=1"
        return [f"--config={config}", *data, *tiny, f"--trainer.logger.save_dir={tmp_path}"]

    return options


def kind(config: Path) -> tuple[str, str]:
    """The class of a config's data and that of its task."""
    read = yaml.safe_load(config.read_text(encoding="utf-8"))
    return read["data"]["class_path"], read["model"]["task"]["class_path"]


# One config of every kind of data and task, of GACA's where there is one.
OF_A_KIND = {kind(c): c for c in sorted(CONFIGS, key=lambda c: c.stem.startswith("gaca"))}.values()
# Of them, one of each task and one whose data have no dataset's format.
QUICK = ("gaca_own_tables", "gaca_quickstart", "gaca_textworld")


def tiers(config: Path) -> tuple[pytest.MarkDecorator, ...]:
    """Marks of a config's whole run: `.ci/run` runs one of a kind."""
    if config.stem in QUICK:
        return ()
    return (pytest.mark.slow(ci=config in OF_A_KIND),)


@pytest.mark.parametrize(
    "config",
    [pytest.param(config, marks=tiers(config)) for config in CONFIGS],
    ids=lambda path: path.stem,
)
def test_every_shipped_config_runs(
    config: Path, small: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    main(small(config))
    (metrics,) = tmp_path.glob("*/version_0/test_metrics.json")
    # Countdown's tests are generated, all of them.
    expected = 256 if "countdown" in config.stem else 16
    assert json.loads(metrics.read_text())["count"] == expected


@pytest.mark.slow(ci=True)
@pytest.mark.parametrize(
    "config", [c for c in CONFIGS if c not in OF_A_KIND], ids=lambda path: path.stem
)
def test_every_other_shipped_config_takes_a_step(
    config: Path, small: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    """What is left of its training differs from that of its kind in the figures alone."""
    cli = instantiate([*small(config), "--trainer.max_steps=1", "--trainer.limit_val_batches=0"])
    # Where nothing is validated nothing is best.
    (best,) = (c for c in cli.trainer.callbacks if isinstance(c, BestCheckpoint))
    cli.trainer.callbacks.remove(best)
    cli.trainer.fit(cli.model, cli.datamodule)
    assert cli.trainer.logged_metrics["train/loss"].isfinite()
    (last,) = tmp_path.rglob("last.ckpt")
    state = torch.load(last, weights_only=True)
    assert state["global_step"] == 1 and state["optimizer_states"][0]["state"]


@pytest.mark.parametrize("config", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_config_says_how_to_use_it(config: Path) -> None:
    header = config.read_text()
    for heading in ("# Launch:", "# Change:", "# Expect:"):
        assert heading in header, f"{config.name} lacks {heading}"


@pytest.mark.parametrize(
    "estimator",
    [
        *(
            pytest.param(options, marks=pytest.mark.slow(ci=True))
            for options in (
                ["Mapo", "--model.estimator.fresh=2", "--model.estimator.entropy_weight=0.01"],
                ["Gaca", "--model.estimator.reading=guided", "--model.estimator.replay_c=2"],
            )
        ),
        *(
            pytest.param(options, marks=pytest.mark.slow)
            for options in (
                # Each of them takes steps in the default tier with its shipped config.
                ["Mml"],
                ["Iml"],
                ["sparse_rl.estimators.HardEm"],
                ["Merl", "--model.estimator.size=12", "--model.estimator.held_out=0.3"],
                ["Raml", "--model.estimator.lam=0.5"],
                ["Reinforce", "--model.estimator.fresh=3", "--model.estimator.baseline=mean"],
                ["Gaca", "--model.estimator.reading=credit", "--model.estimator.prior=EnergyPrior"],
                ["Gaca", "--model.estimator.adaptive=false"],
                ["Gaca", "--model.estimator.reading=literal"],
                ["Borl", f"--model.estimator.phi={[1.0] * 12}", "--model.estimator.rule=best"],
            )
        ),
    ],
    ids=lambda options: "-".join(o.split(".")[-1] for o in options),
)
def test_every_estimator_trains_and_explores(
    estimator: list[str], small_wikisql: Path, cache: Path, tmp_path: Path
) -> None:
    """From an empty memory, with exploration by the current policy."""
    with pytest.warns(UserWarning, match="0 of 40 examples have a rewarded program"):
        main(
            ["--config=mapo_wikisql.yaml", f"--data.root={small_wikisql}", f"--data.cache={cache}"]
            + ["--model.estimator=" + estimator[0], *estimator[1:]]
            + ["--model.explore_per_visit=2", "--model.explored=bloom", "--warm_start.method=none"]
            + ["--data.limit=40", "--data.batch_size=20", *TINY, "--trainer.max_epochs=1"]
            + [f"--trainer.logger.save_dir={tmp_path}"]
        )
    checkpoint = torch.load(
        tmp_path / "mapo_wikisql/version_0/checkpoints/last.ckpt", weights_only=True
    )["sparse_rl"]
    assert checkpoint["replay"]["rewarded"]["counts"].sum() > 0
    assert checkpoint["explored"]["count"] > 0


@pytest.mark.slow
def test_an_oracle_learns_to_follow_instructions(tmp_path: Path) -> None:
    """What none of the tested mazes has taught: their instructions are only read."""
    main(
        ["--config=oracle_textworld.yaml", "--trainer.max_epochs=1", "--data.passes=120"]
        + ["--model.lr_end=1", "--data.dev=20", "--data.test=60", *TINY[3:]]
        + [f"--trainer.logger.save_dir={tmp_path}"]
    )
    (metrics,) = tmp_path.glob("*/version_0/test_metrics.json")
    assert json.loads(metrics.read_text())["greedy_accuracy"] > 0.5


@pytest.mark.usefixtures("untested")
def test_gaca_fills_c_on_textworld(tmp_path: Path) -> None:
    main(
        ["fit", "--config=gaca_textworld.yaml", "--data.limit=16", "--data.passes=2", *TINY]
        + ["--model.estimator.fresh=2", "--model.estimator.replay_c=2"]
        + ["--model.explore_per_visit=1", f"--trainer.logger.save_dir={tmp_path}"]
    )
    (checkpoint,) = tmp_path.glob("*/version_0/checkpoints/last.ckpt")
    state = torch.load(checkpoint, weights_only=True)["sparse_rl"]
    assert min(state["replay"]["unrewarded"]["counts"].tolist()) > 0
    assert state["prior"]["log_p"].shape == (16, 15, 4)
    assert state["explored"]


@pytest.mark.slow(ci=True)
def test_an_estimator_of_the_users_own_by_class_path(
    small_wikisql: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_estimator.py").write_text(
        '''
import torch
from sparse_rl.estimators import Estimator, Objective, Plan


class TopOfB(Estimator):
    """Raises the most probable rewarded program of each question."""

    def __init__(self, enumerate_up_to: int = 16) -> None:
        super().__init__(Plan(enumerate_up_to))

    def objective(self, batch):
        best_B = torch.full((batch.num_examples,), -torch.inf)
        best_B = best_B.scatter_reduce(0, batch.example_N, batch.log_prob_N, "amax")
        some_B = best_B.isfinite()
        top_N = (batch.log_prob_N >= best_B[batch.example_N]).float()
        loss_B = torch.where(some_B, -best_B, 0.0)
        return Objective(loss_B, top_N, top_N, some_B.float(), ~some_B & False)
'''
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    main(
        ["--config=mml_wikisql.yaml", f"--data.root={small_wikisql}", f"--data.cache={cache}"]
        + ["--model.estimator=my_estimator.TopOfB", "--data.limit=16", *TINY]
        + [f"--trainer.logger.save_dir={tmp_path}"]
    )
    assert (tmp_path / "mml_wikisql/version_0/test_metrics.json").is_file()


@pytest.mark.usefixtures("untested")
def test_explore_writes_programs_that_training_reads(
    small_wikisql: Path, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [f"--data.root={small_wikisql}", f"--data.cache={cache}", "--data.limit=16"]
    out = tmp_path / "programs.jsonl"
    for method in ("systematic", "exhaustive"):
        main(
            ["explore", "--config=mml_wikisql.yaml", *options, f"--out={out}"]
            + [f"--method={method}", "--workers=2"]
        )
        assert "of 16 examples have a rewarded program" in capsys.readouterr().out
    records = [json.loads(line) for line in out.read_text().splitlines()]
    records[0]["programs"].append("( count everything ) <END>")
    out.write_text("".join(json.dumps(record) + "\n" for record in records))
    main(
        ["--config=mml_wikisql.yaml", *options, *TINY, "--trainer.max_epochs=1"]
        + [f"--trainer.logger.save_dir={tmp_path}"]
        + ["--warm_start.method=file", f"--warm_start.path={out}"]
    )
    state = torch.load(tmp_path / "mml_wikisql/version_0/checkpoints/last.ckpt", weights_only=True)[
        "sparse_rl"
    ]["replay"]
    written = sum(len(record["programs"]) for record in records) - 1
    assert state["rewarded"]["counts"].sum() == written


def test_credible_programs_are_a_part_of_those_found(
    small_wikisql: Path, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config=mml_wikisql.yaml", f"--data.root={small_wikisql}", f"--data.cache={cache}"]
    found, kept, page = (tmp_path / name for name in ("found.jsonl", "kept.jsonl", "page.md"))
    main(["explore", *config, f"--out={found}", f"--report={page}", "--workers=1"])
    assert "| all | 80 |" in capsys.readouterr().out
    assert "| all | 80 |" in page.read_text() and f"--out={found}" in page.read_text()
    main(["credibility", *config, f"--programs={found}", f"--out={kept}", "--per_class=2"])
    assert f"Written to {kept}" in capsys.readouterr().out
    before, after = (
        [json.loads(line) for line in path.read_text().splitlines()] for path in (found, kept)
    )
    for old, new in zip(before, after, strict=True):
        assert old["id"] == new["id"] and set(new["programs"]) <= set(old["programs"])
        assert bool(old["programs"]) == bool(new["programs"])
    assert 0 < sum(len(r["programs"]) for r in after) < sum(len(r["programs"]) for r in before)
    with pytest.raises(SystemExit, match="set --keep between 0 and 1"):
        main(["credibility", *config, f"--programs={found}", f"--out={kept}", "--keep=2"])


@pytest.mark.usefixtures("untested")
def test_training_begins_with_the_memory_of_an_earlier_run(
    run: tuple[Path, list[str]], tmp_path: Path
) -> None:
    """MAPOX. A language of other action ids is refused."""
    folder, options = run
    last = folder / "checkpoints" / "last.ckpt"
    before = torch.load(last, weights_only=True)["sparse_rl"]["replay"]["rewarded"]["tokens"]
    mapox = ["--config=mapox_wikisql.yaml", *options, *TINY, f"--warm_start.path={last}"]
    mapox.append("--trainer.max_epochs=1")
    main([*mapox, f"--trainer.logger.save_dir={tmp_path}", "--model.estimator.fresh=0"])
    checkpoint = tmp_path / "mapox_wikisql/version_0/checkpoints/last.ckpt"
    after = torch.load(checkpoint, weights_only=True)["sparse_rl"]["replay"]["rewarded"]["tokens"]
    assert after.equal(before) and len(after)
    with pytest.raises(SystemExit, match=r"error: train with the language of .*last\.ckpt"):
        main([*mapox, "--data.max_expressions=3", f"--trainer.logger.save_dir={tmp_path}"])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--config=nothing.yaml"], "give --config an existing file: no nothing.yaml"),
        (["tset", "--config=gaca_wikisql.yaml"], "no command 'tset'"),
        (["--config=gaca_wikisql.yaml", "--model.lrr=1"], "lrr"),
        (["--config=gaca_wikisql.yaml", "--model.estimator=Gacca"], "Gacca"),
        (["test", "--config=gaca_wikisql.yaml"], "give --ckpt_path a checkpoint"),
        (["test", "--config=gaca_wikisql.yaml", "--ckpt_path=no.ckpt"], "no file no.ckpt"),
        (["fit", "--config=gaca_wikisql.yaml", "--ckpt_path=no.ckpt"], "no file no.ckpt"),
        (["predict", "--config=gaca_wikisql.yaml", "--ckpt_path=best"], "best"),
        (["--config=gaca_wikisql.yaml", "--data.root=nowhere"], "put train.jsonl into nowhere"),
        (
            ["explore", "--config=mml_textworld.yaml", "--out=p.jsonl", "--report=page.md"],
            "leave --report out",
        ),
        (
            ["--config=mml_textworld.yaml", "--model.task=TableTask"],
            "choose a task for TextWorldDataModule",
        ),
        (
            ["--config=gaca_quickstart.yaml", OFTEN, "--data.limit=4", "--warm_start.method=data"],
            "set warm_start.method to exhaustive, systematic, gumbel, file or none",
        ),
        (
            [
                "--config=gaca_quickstart.yaml",
                OFTEN,
                "--data.limit=4",
                "--model.estimator.prior=MixturePrior",
            ],
            "set model.estimator.prior to TemplatePrior or EnergyPrior",
        ),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_mistakes_end_in_one_line(
    args: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit_:
        main(args)
    text = str(exit_.value)
    assert text.startswith("error: ") and message in text
    assert len(text.splitlines()) == 1


def test_help_answers_at_once() -> None:
    """Two seconds are the promise; importing torch alone would take them."""
    begin = time.perf_counter()
    shown = subprocess.run(
        [sys.executable, str(REPOSITORY / "train.py"), "--help"], capture_output=True, text=True
    )
    assert time.perf_counter() - begin < 2.0
    assert shown.returncode == 0 and "usage: sparse-rl" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80


@pytest.mark.slow
def test_wandb_logs_offline_by_option(
    run: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _, options = run
    main(
        ["--config=mml_wikisql.yaml", *options, *TINY]
        + ["--trainer.logger=WandbLogger", "--trainer.logger.offline=true"]
        + [f"--trainer.logger.save_dir={tmp_path}", "--trainer.logger.project=sparse_rl"]
    )
    assert list(tmp_path.glob("wandb/offline-run-*"))
    assert list(tmp_path.glob("**/test_metrics.json"))


def test_an_ensemble_has_runs_of_several_tasks(
    run: tuple[Path, list[str]], untested: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of another task is read by the config in its own folder."""
    (tmp_path / "my_tables.py").write_text(
        "from sparse_rl.modules.tables import TableTask\n\n\nclass MyTask(TableTask):\n    pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    folder, options = run
    main(
        ["--config=mml_wikisql.yaml", *options, *TINY, "--model.task=my_tables.MyTask"]
        + [f"--trainer.logger.save_dir={tmp_path}"]
    )
    other = tmp_path / "mml_wikisql" / "version_0"
    out = tmp_path / "voted.jsonl"
    both = [str(folder), str(other)]
    main(["ensemble", *both, "--config=gaca_wikisql.yaml", *options, f"--out={out}"])
    tested = (folder / "predictions.jsonl").read_text().splitlines()
    assert len(out.read_text().splitlines()) == len(tested)


def test_an_ensemble_of_one_checkpoint_is_that_checkpoint(
    run: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, options = run
    best = str(folder / "checkpoints" / "best.ckpt")
    out = tmp_path / "voted.jsonl"
    main(["ensemble", best, best, "--config=gaca_wikisql.yaml", *options, f"--out={out}"])
    accuracies = {text.split()[0] for text in capsys.readouterr().out.splitlines() if "%" in text}
    lines = [json.loads(text) for text in out.read_text().splitlines()]
    right = sum(line["reward"] for line in lines) / len(lines)
    assert f"{right:.1%}" in accuracies
    assert right >= json.loads((folder / "test_metrics.json").read_text())["greedy_accuracy"] - 0.2
