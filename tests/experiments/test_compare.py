"""The comparison runs what has no record and computes its page from the records."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import compare
import comparing.jobs
from comparing.jobs import FINISHED, Job, plan_jobs
from comparing.page import write_page
from comparing.plan import PlanError, read_plan
from comparing.records import SPURIOUS, append_record, make_record, of_jobs, read_records
from comparing.running import Start, missing, run_missing
from sparse_rl.cli import main
from sparse_rl.commands.trial import trial
from sparse_rl.config_files import family, find_config, resolve_configs
from sparse_rl.errors import DataError

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED = sorted((REPOSITORY / "experiments" / "comparisons").glob("*.yaml"))

PLAN: dict[str, Any] = {
    "title": "A study",
    "seeds": [0, 1],
    "goals": [0.5],
    "options": {"trainer.max_epochs": 1},
    "regimes": {"none": {"warm_start.method": "none"}, "all programs": None},
    "against": "IML",
    "methods": {
        "IML": {"config": "iml_wikisql.yaml"},
        "MAPOX": {
            "config": "mapox_wikisql.yaml",
            "after": "IML",
            "options": {"warm_start.path": "{after}/checkpoints/last.ckpt"},
            "regimes": ["none"],
        },
        "MAPO": {
            "config": "mapo_wikisql.yaml",
            "regimes": {"none": {"model.lr": 0.1}, "all programs": None},
        },
    },
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a plan with some keys of its own."""

    def written(**keys: Any) -> Path:
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump({**PLAN, **keys}, sort_keys=False))
        return path

    return written


@pytest.fixture
def jobs(write: Callable[..., Path], tmp_path: Path) -> list[Job]:
    return plan_jobs(read_plan(write()), tmp_path / "runs", [])


def leave_run(job: Job, programs: bool = True) -> None:
    """Leaves what a training leaves."""
    (job.folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    for name in ("best", "last"):
        (job.folder / "checkpoints" / f"{name}.ckpt").touch()
    rows = ["step,seconds/training,val/greedy_accuracy,memory/coverage,programs/executed"]
    rows += [f"{step},{step + 1},0.{step},0.25,{f'{step}00' * programs}" for step in (4, 9)]
    (job.folder / "metrics.csv").write_text("\n".join(rows))
    test = {"dev": {"val/greedy_accuracy": 0.9}, "greedy_accuracy": 0.8, "accuracy": 0.85}
    (job.folder / "test_metrics.json").write_text(json.dumps({**test, "config": {}}))
    (job.folder / FINISHED).write_text(job.digest)


def starting(started: list[Job], failing: str = "") -> Start:
    """A start whose trainings end at once; those of one method fail."""

    def start(job: Job) -> Any:
        started.append(job)
        if job.method != failing:
            leave_run(job)
        return SimpleNamespace(exitcode=int(job.method == failing))

    return start


def run(jobs: list[Job], file: Path, **options: Any) -> tuple[list[Job], list[str]]:
    """The started jobs and the messages about failed ones."""
    started: list[Job] = []
    failing = options.pop("failing", "")
    chosen = options.pop("chosen", jobs)
    recorded = of_jobs(read_records(file), jobs)
    failed = run_missing(jobs, chosen, recorded, file, starting(started, failing), **options)
    return started, list(failed.values())


def test_jobs_come_seed_by_seed_then_regime_then_method(jobs: list[Job]) -> None:
    assert [str(job) for job in jobs[:5]] == [
        "none, IML, seed 0",
        "none, MAPOX, seed 0",
        "none, MAPO, seed 0",
        "all programs, IML, seed 0",
        "all programs, MAPO, seed 0",
    ]
    assert all(job.seed == 1 for job in jobs[5:])
    assert "--model.lr=0.1" in jobs[2].arguments and "--model.lr=0.1" not in jobs[4].arguments
    assert "--warm_start.method=none" in jobs[2].arguments
    assert f"--warm_start.path={jobs[0].folder}/checkpoints/last.ckpt" in jobs[1].arguments


def test_a_digest_is_that_of_the_options_not_of_places(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    def digests(*extra: str, out: str = "runs", **keys: Any) -> list[str]:
        return [j.digest for j in plan_jobs(read_plan(write(**keys)), tmp_path / out, extra)]

    first = digests("--data.root", "here")
    assert first == digests("--data.root=there", "--data.cache=x", out="other")
    assert len(set(first)) == len(first)
    assert not set(first) & set(digests("--data.root=here", "--data.limit=9"))
    changed = {**PLAN["methods"], "IML": {"config": "iml_wikisql.yaml", "options": {"show": 1}}}
    of_iml_and_its_mapox = {0, 1, 3, 5, 6, 8}
    second = digests(methods=changed)
    assert {i for i, d in enumerate(second) if d != first[i]} == of_iml_and_its_mapox


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"seed": [1]}, "remove 'seed' from .*study.yaml: known are against"),
        ({"methods": {"A": {}}}, "give method A in .* a config"),
        ({"methods": {"A": {"config": "x", "lr": 1}}}, "remove 'lr' from method A"),
        ({"methods": {"A": {"config": "x", "regimes": ["no"]}}}, "set regimes of method A .*'no'"),
        ({"methods": {"A": {"config": "x", "after": "B"}}}, "let method A .* come after .*: B"),
        ({"methods": {"A b": {"config": "x"}, "a_b": {"config": "x"}}}, "distinct names"),
        ({"pairs": [["IML", "GACA"]]}, "set pairs or against in .* no 'GACA'"),
        ({"pairs": [["IML"]]}, "name two methods in each of the pairs"),
    ],
)
def test_a_wrong_plan_ends_in_one_line(
    keys: dict[str, Any], message: str, write: Callable[..., Path]
) -> None:
    with pytest.raises(PlanError, match=message):
        read_plan(write(**keys))


def test_a_recorded_run_is_not_run_again_unless_its_options_changed(
    jobs: list[Job], write: Callable[..., Path], tmp_path: Path
) -> None:
    file = tmp_path / "records.jsonl"
    started, failed = run(jobs, file)
    assert started == jobs and failed == []
    assert run(jobs, file) == ([], [])
    assert str(tmp_path) not in file.read_text()
    # From a fresh clone there are records and no folders.
    elsewhere = plan_jobs(read_plan(write()), tmp_path / "clone", [])
    assert run(elsewhere, file) == ([], [])
    longer = plan_jobs(
        read_plan(write(regimes={"none": {"show": 1}, "all programs": None})), tmp_path, []
    )
    assert {job.regime for job in run(longer, file)[0]} == {"none"}


def test_a_run_that_ended_without_its_record_is_recorded(jobs: list[Job], tmp_path: Path) -> None:
    leave_run(jobs[0])
    started, _ = run(jobs, tmp_path / "records.jsonl", chosen=jobs[:2])
    assert started == [jobs[1]]
    assert len(read_records(tmp_path / "records.jsonl")) == 2


def test_a_failed_run_is_named_with_its_log_and_the_others_go_on(
    jobs: list[Job], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started, failed = run(jobs, tmp_path / "records.jsonl", failing="IML", at_a_time=2)
    assert {job.method for job in started} == {"IML", "MAPO"}
    assert f"read {jobs[0].log}: none, IML, seed 0 ended with 1" in failed
    assert "fix none, IML, seed 0 first: none, MAPOX, seed 0 starts from it" in failed
    assert len(failed) == 6 and "ended with 1" in capsys.readouterr().out


def test_a_run_that_ends_well_but_is_not_finished_has_failed(
    jobs: list[Job], tmp_path: Path
) -> None:
    failed = run_missing(
        jobs, jobs[:1], {}, tmp_path / "r", lambda job: SimpleNamespace(exitcode=0)
    )  # type: ignore[arg-type,return-value]
    assert list(failed) == jobs[:1]


def test_no_run_starts_after_the_given_minutes(jobs: list[Job], tmp_path: Path) -> None:
    assert run(jobs, tmp_path / "records.jsonl", minutes=0) == ([], [])
    assert len(run(jobs, tmp_path / "records.jsonl", minutes=math.inf)[0]) == len(jobs)


def test_the_first_run_is_run_again_if_its_checkpoint_is_gone(
    jobs: list[Job], tmp_path: Path
) -> None:
    file = tmp_path / "records.jsonl"
    iml, mapox = jobs[0], jobs[1]
    run(jobs, file, chosen=[iml])
    assert iml.has_checkpoints, "MAPOX still needs it"
    recorded = of_jobs(read_records(file), jobs)
    assert missing([mapox], recorded) == [mapox]
    (iml.folder / "checkpoints" / "last.ckpt").unlink()
    assert missing([mapox], recorded) == [iml, mapox]
    assert run(jobs, file, chosen=[mapox])[0] == [iml, mapox]
    assert not any(tmp_path.rglob("*.ckpt"))
    # Both records are there; nothing is left to do.
    assert run(jobs, file, chosen=[iml, mapox]) == ([], [])


def test_the_best_checkpoint_is_kept_on_request(jobs: list[Job], tmp_path: Path) -> None:
    run(jobs, tmp_path / "records.jsonl", chosen=jobs[:3], keep=True)
    kept = sorted(path.relative_to(tmp_path / "runs") for path in tmp_path.rglob("*.ckpt"))
    assert [path.parts[1] for path in kept] == ["iml", "mapo", "mapox"]
    assert {path.name for path in kept} == {"best.ckpt"}


def test_a_record_goes_on_from_the_first_runs_end(jobs: list[Job]) -> None:
    for job in jobs[:2]:
        leave_run(job)
    first = make_record(jobs[0], None)
    assert first.curve == [(5.0, 400, 5, 0.4), (10.0, 900, 10, 0.9)]
    assert make_record(jobs[1], first).curve == [(15.0, 1300, 15, 0.4), (20.0, 1800, 20, 0.9)]
    leave_run(jobs[1], programs=False)
    assert [point.programs for point in make_record(jobs[1], first).curve] == [None, None]


def test_the_spurious_rate_of_a_run_is_kept(jobs: list[Job]) -> None:
    leave_run(jobs[0])
    assert make_record(jobs[0], None).spurious is None
    (jobs[0].folder / SPURIOUS).write_text('{"spurious_b": 0.25}')
    assert make_record(jobs[0], None).spurious == 0.25


def test_a_plan_with_human_forms_measures_every_run(write: Callable[..., Path]) -> None:
    plan = read_plan(write(human_forms=True))
    assert all(job.human_forms for job in plan_jobs(plan, Path("runs"), []))


def test_a_broken_record_is_named(jobs: list[Job], tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    leave_run(jobs[0])
    record = make_record(jobs[0], None)
    append_record(file, record)
    assert read_records(file) == [record]
    for line in ("{", "{}", '{"curve": []}'):
        file.write_text(f"{file.read_text().splitlines()[0]}\n{line}\n")
        with pytest.raises(DataError, match=r"remove or fix .*records.jsonl, line 2: "):
            read_records(file)


@pytest.fixture
def script(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[Job]]:
    """The whole script with trainings that end at once; returns the started jobs."""
    path = write()

    def called(*options: str, failing: str = "") -> list[Job]:
        started: list[Job] = []
        monkeypatch.setattr(
            compare, "warm_start_of_processes", lambda *_: starting(started, failing)
        )
        places = ["--out", str(tmp_path / "runs"), "--results", str(tmp_path / "docs" / "results")]
        monkeypatch.setattr(sys, "argv", ["compare.py", str(path), *places, *options])
        compare.main()
        return started

    return called


def test_a_part_is_run_and_its_page_written(
    script: Callable[..., list[Job]], tmp_path: Path
) -> None:
    part = ("--only", "MAPO,IML", "--seeds", "1", "--regimes", "none")
    started = script(*part, "--", "--data.root", str(tmp_path))
    assert [str(job) for job in started] == ["none, IML, seed 1", "none, MAPO, seed 1"]
    page = (tmp_path / "docs" / "results" / "study.md").read_text()
    assert "## none" in page and "## all programs" not in page
    assert "| MAPO − IML | none | 1 | +0.0 | +0.0 | 0.50 | not decided |" in page
    assert "Seeds per cell: 1." in page and "MAPOX after IML" in page
    assert "study.yaml -- --data.root DIR`" in page and str(tmp_path) not in page
    assert (tmp_path / "docs" / "images" / "study.png").stat().st_size > 1000
    with pytest.raises(SystemExit, match="set --only to some of IML, MAPOX, MAPO: no 'GACA'"):
        script("--only", "GACA")


def test_failures_end_in_status_1_after_the_page(
    script: Callable[..., list[Job]], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match=r"2 runs failed:\nread .*mapox/seed_0\.log: .*\nread "):
        script("--regimes", "none", failing="MAPOX")
    assert "| MAPO | 2 |" in (tmp_path / "docs" / "results" / "study.md").read_text()


def test_without_a_record_the_page_stays(script: Callable[..., list[Job]], tmp_path: Path) -> None:
    page = tmp_path / "docs" / "results" / "study.md"
    page.parent.mkdir(parents=True)
    page.write_text("old")
    for options in (["--report-only"], ["--minutes", "0"]):
        with pytest.raises(SystemExit, match=r"error: run the comparison first: .*study\.jsonl"):
            script(*options)
    assert page.read_text() == "old"
    script("--only", "IML")
    with pytest.raises(SystemExit, match="its 4 records are of runs with other options"):
        script("--report-only", "--", "--show=2")


def test_control_is_compared_by_environment_steps(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    """The goal's steps are in the metrics; a run without them did not reach it."""
    methods = {"ACER": {"config": "acer_cartpole.yaml"}, "A2C": {"config": "a2c_cartpole.yaml"}}
    shared = {"measure": "return", "options": {}, "regimes": {"": None}, "against": None}
    shared["goals"] = [400]
    plan = read_plan(write(methods=methods, **shared))
    records = {}
    for number, job in enumerate(jobs := plan_jobs(plan, tmp_path / "runs", [])):
        leave_run(job)
        rows = ["step,seconds/training,val/return,solved_at", "100,1,100,", "200,2,480,"]
        rows[-1] += "150" if number != 1 else ""
        (job.folder / "metrics.csv").write_text("\n".join(rows))
        monitored = {"best_checkpoint": {"monitor": "val/return"}}
        test = {"dev": {"val/return": 480.0}, "test": {"test/return": 470.0 + number}}
        (job.folder / "test_metrics.json").write_text(json.dumps({**test, "config": monitored}))
        records[job] = make_record(job, None)
    assert [records[job].solved for job in jobs] == [150, None, 150, 150]
    assert [point.accuracy for point in records[jobs[0]].curve] == [100, 480]
    page = tmp_path / "results" / "study.md"
    write_page(plan, records, page, "command")
    assert "| ACER | 2 | 2 | 150 | 150 | 150 | 200 | 480 ± 0 | 471 ± 1 | 470 |" in page.read_text()
    assert "| A2C | 2 | 1 | not reached | 150 | not reached |" in page.read_text()
    assert "Execution accuracy" not in page.read_text()


# What reads options of `fit`; it takes longer to make than to use.
cli_of = cache(trial)


# Studies of a few methods: of programs, of control, by imitation, and of two data sets.
QUICK = ("control_pendulum", "imitation_acrobot", "wikisql", "wikisql_minilm", "wtq")


def tiers(path: Path, every_regime: bool) -> tuple[pytest.MarkDecorator, ...]:
    """Marks of a study: `.ci/run` tries a run of every method."""
    if path.stem in QUICK and not every_regime:
        return ()
    # A study's tuning has the study's methods, dozens of them.
    return (pytest.mark.slow(ci=not every_regime and not path.stem.endswith("_tuning")),)


@pytest.mark.parametrize(
    ("path", "every_regime"),
    [
        pytest.param(path, every, marks=tiers(path, every), id=f"{path.stem}-{name}")
        for path in SHIPPED
        for name, every in {"methods": False, "all": True}.items()
    ],
)
def test_the_arguments_of_shipped_comparisons_are_understood(
    path: Path, every_regime: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path.stem == "wtq_gail":  # Its estimator reads files that its script makes.
        monkeypatch.setattr(comparing.jobs, "_found", find_config)
        monkeypatch.chdir(tmp_path)
        folder = tmp_path / "runs" / "wtq_gail"
        folder.mkdir(parents=True)
        for name in ("experts", "templates"):
            expert = '[{"features": [1.0, 0.0], "mean": [0.5, 0.5], "programs": 2}]'
            (folder / f"{name}.json").write_text(expert)
    jobs = plan_jobs(read_plan(path), tmp_path, [])
    assert jobs
    for job in {(every_regime and job.regime, job.method): job for job in jobs}.values():
        assert not any("{" in argument for argument in job.arguments)
        arguments = resolve_configs(job.arguments)
        cli_of(family(arguments)).attempt(arguments)


@pytest.mark.slow
def test_two_methods_are_trained_and_compared(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in its own process; the first is the same training as that of the command line."""
    options = {"trainer.max_epochs": 1, "trainer.limit_train_batches": 1, "data.limit": 16}
    options |= {"trainer.accelerator": "cpu", "model.task.hidden": 8, "show": 0}
    plan = {
        "title": "Two phases",
        "seeds": [0],
        "options": options | {"warm_start.workers": 1},
        "methods": {
            "first": {"config": "gaca_quickstart.yaml"},
            "second": {
                "config": "gaca_quickstart.yaml",
                "after": "first",
                "options": {
                    "warm_start.method": "file",
                    "warm_start.path": "{after}/checkpoints/last.ckpt",
                },
            },
        },
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(plan))
    places = ["--out", str(tmp_path / "runs"), "--results", str(tmp_path / "docs" / "results")]
    extra = ["--", f"--data.cache={cache}"]
    monkeypatch.setattr(sys, "argv", ["compare.py", str(path), *places, *extra])
    compare.main()
    first, second = read_records(tmp_path / "docs" / "results" / "data" / "tiny.jsonl")
    assert second.coverage == first.coverage
    assert [point.steps for point in second.curve] == [2]
    assert not any(tmp_path.rglob("*.ckpt"))
    assert "test accuracy" in (tmp_path / "runs" / "tiny" / "first" / "seed_0.log").read_text()
    (job, _) = plan_jobs(read_plan(path), tmp_path / "alone", extra[1:])
    main(job.arguments)
    (job.folder / FINISHED).write_text(job.digest)
    alone = make_record(job, None)
    assert (alone.digest, alone.test, alone.dev) == (first.digest, first.test, first.dev)
