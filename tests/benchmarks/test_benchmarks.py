"""Every script runs on a small folder and ends with the report that it promises."""

from __future__ import annotations

import csv
import json
import random
import runpy
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
Report = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    "options",
    [
        ("--method", "exhaustive"),
        ("--method", "systematic", "--explored", "bloom", "--attempts", "20"),
    ],
)
def test_explore(report: Report, options: tuple[str, ...]) -> None:
    found = report("benchmarks/explore.py", "--limit", "10", *options)
    assert found["questions"] == 10
    assert 0 < found["coverage"] <= 1
    assert 0 < found["rewarded"] <= found["programs"]
    assert found["seconds"] > 0
    rate = found["programs"] / found["cpu_seconds"]
    assert found["programs_per_second_per_core"] == pytest.approx(rate)
    assert found["peak_rss_mb"] > 10


def test_large_tables(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    sizes = ["--rows", "12", "--columns", "6", "--attempts", "30", "--seconds", "0.2"]
    monkeypatch.setattr(sys, "argv", ["large_tables.py", *sizes])
    runpy.run_path(str(BENCHMARKS / "large_tables.py"), run_name="__main__")
    (found,) = json.loads(capsys.readouterr().out.splitlines()[-1])["measured"]
    assert (found["rows"], found["columns"], found["questions"]) == (12, 6, 3)
    assert found["walks"] == 90
    assert found["walks_per_second"] > 0 and found["executed_per_second"] > 0
    assert found["solved"] > 0


def test_checkpoint_stall(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = ["--programs=4000", "--questions=400", "--explored=0.5", "--changed=100", "--saves=2"]
    monkeypatch.setattr(sys, "argv", ["checkpoint_stall.py", *sizes])
    runpy.run_path(str(BENCHMARKS / "checkpoint_stall.py"), run_name="__main__")
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["programs"] >= 4100 and found["explored"] == 2000
    assert 0 < found["stall_seconds"] <= found["longest_stall_seconds"]
    assert found["written_seconds"] > 0 and found["megabytes"] > 0.1


def test_train_step(report: Report) -> None:
    options = ("--limit=32", "--steps=4", "--block=2", "--threads=1", "--data.batch_size=8")
    model = ("--model.estimator=Mapo", "--model.estimator.fresh=1", "--model.task.hidden=16")
    # Without dropout: its masks would differ between the two networks.
    config = (
        "--config",
        "gaca_quickstart.yaml",
        "--model.task.dropout=0",
        "--trainer.accelerator=cpu",
        "--trainer.log_every_n_steps=1",
    )
    found = report("benchmarks/train_step.py", *options, *model, *config)
    assert found["threads"] == 1
    assert found["examples_per_second"] > 0
    assert found["first_epoch_examples_per_second"] > 0
    assert found["bare_examples_per_second"] > 0
    assert found["ratio"] > 0
    assert found["blocks"] == 2
    # The bare step computes what the training step does, or the comparison would be void.
    assert found["weights_difference"] < 1e-5


def test_host_time(report: Report) -> None:
    options = ("--limit=32", "--steps=4", "--data.batch_size=8", "--model.task.hidden=16")
    found = report("benchmarks/host_time.py", "--config=gaca_quickstart.yaml", *options)
    assert (found["steps"], found["questions_a_step"], found["processes"]) == (4, 8, 1)
    parts = found["ms_a_question"]
    assert {"network", "packing", "estimating", "reporting"} <= parts.keys()
    host = sum(parts.values()) - parts["network"]
    assert 0 < found["host_ms_a_question"] == pytest.approx(host)
    assert found["exchanges_a_step"] == 0


def test_rates_of_throughput() -> None:
    rate_of = runpy.run_path(str(BENCHMARKS / "throughput.py"))["rate_of"]
    # Epoch, clock and processor time: the second epoch has two steps of two seconds.
    first = [(0, 0.0, 0.0), (1, 9.0, 1.0), (1, 11.0, 2.0), (1, 13.0, 2.5)]
    second = [(0, 0.0, 0.0), (1, 9.0, 1.0), (1, 11.0, 1.5), (1, 13.0, 2.5)]
    rate = rate_of([[first, second]], batch=8)
    assert (rate.clock, rate.processor) == (4, 8)
    assert rate.uneven == pytest.approx(1 / 0.75)
    assert rate_of([[first], [first]], batch=8).clock == 8


def test_ask(
    small_wikisql: Path,
    cache: Path,
    checkpoint_of: Callable[[Any], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule

    checkpoint = checkpoint_of(WikiSQLDataModule(str(small_wikisql), cache=str(cache)))
    options = [f"--ckpt_path={checkpoint}", "--rows=30", "--questions=6"]
    monkeypatch.setattr(sys, "argv", ["ask.py", *options])
    runpy.run_path(str(BENCHMARKS / "ask.py"), run_name="__main__")
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["rows"] == 30
    assert 0 < found["median_seconds"] <= found["slowest_seconds"]
    assert found["open_seconds"] > 0 and found["load_seconds"] > 0


def test_tables_of_ask_rows(tmp_path: Path) -> None:
    write_table = runpy.run_path(str(BENCHMARKS / "ask_rows.py"))["write_table"]
    write_table(tmp_path / "players.csv", 30)
    with (tmp_path / "players.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["Player"] for row in rows] == [f"Player{n}" for n in range(30)]
    assert len(rows[0]) == 6


@pytest.mark.slow
def test_ask_rows(
    small_wikisql: Path,
    cache: Path,
    checkpoint_of: Callable[[Any], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule

    checkpoint = checkpoint_of(WikiSQLDataModule(str(small_wikisql), cache=str(cache)))
    options = [f"--ckpt_path={checkpoint}", "--rows", "60", "30"]
    monkeypatch.setattr(sys, "argv", ["ask_rows.py", *options])
    runpy.run_path(str(BENCHMARKS / "ask_rows.py"), run_name="__main__")
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["asked"]
    assert [one["rows"] for one in found] == [30, 60]
    assert all(one["cpu"] > 0 and one["peak_rss_gb"] > 0 for one in found)


def test_sql_agreement(small_wikisql: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    script = runpy.run_path(str(BENCHMARKS / "sql_agreement.py"))
    (tmp_path / "rivers.csv").write_text("River,Length\nNile,6650\nAmur,2824\nRhine,\n")
    rng = random.Random(0)
    for source, root in (("wikisql", small_wikisql), ("cases", tmp_path)):
        for question in islice(script[source](root, rng), 2):
            for kind, outcomes, told in script["compare"](question, rng):
                assert kind == question.kind
                assert outcomes in (["sqlite agrees", "duckdb agrees"], ["no SQL"]), told
    with closing(sqlite3.connect(":memory:")) as lite, duckdb.connect() as duck:
        for connection in (lite, duck):
            assert script["outcome"]((2.0,), "SELECT 2", connection) == "agrees"
            assert script["outcome"]((3.0,), "SELECT 2", connection) == "differs"
            assert script["outcome"]((3.0,), "SELECT x", connection).startswith("fails (")


@pytest.mark.slow
def test_load(report: Report) -> None:
    found = report("benchmarks/load.py")
    assert found["examples"] == 100
    for state in ("cold", "cached"):
        assert 0 < found[f"{state}_load_seconds"] < found[f"{state}_seconds"]


def test_dirpg_search(report: Report) -> None:
    options = ("--train", "20", "--updates", "2", "--limit", "6", "--steps", "40")
    found = report("benchmarks/dirpg_search.py", *options)
    for method in ("dirpg", "systematic"):
        assert found[method]["steps"] >= 6 * 40
        rate = 1000 * found[method]["rewarded"] / found[method]["steps"]
        assert found[method]["rewarded_per_1000_steps"] == pytest.approx(rate)


@pytest.mark.slow
def test_loop(report: Report, small_wikisql: Path, tmp_path: Path) -> None:
    small = ("--model.task.hidden=16", "--model.task.embedding=8", "--warm_start.attempts=5")
    options = ("--limit=16", "--epochs=1", "--rounds=1", "--data.batch_size=8", *small)
    found = report("benchmarks/loop.py", "--root", str(small_wikisql), *options)
    for variant in ("loop", "exhaustive"):
        assert 0 < found["mean"][variant]["training"] < found["mean"][variant]["command"]
    assert found["ratio"]["training"] > 0


@pytest.mark.slow
def test_ray_search(report: Report) -> None:
    pytest.importorskip("ray", reason="the extra: pip install 'sparse_rl[ray]'")
    options = ("--config=mml_wikisql.yaml", "--limit=40", "--workers", "1", "--repeats=1")
    found = report("benchmarks/ray_search.py", *options)
    assert found["speed_ups"] == {"1": {"seconds": 1.0, "processor_seconds": 1.0}}
    assert 0 < found["medians"]["1"]["occupied"] <= 1


def test_memory_bytes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--programs=2000", "--questions=100", "--visits=10"]
    monkeypatch.setattr(sys, "argv", ["memory_bytes.py", *sizes])
    runpy.run_path(str(BENCHMARKS / "memory_bytes.py"), run_name="__main__")
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    # Random words may be the same.
    assert 1100 < found["rewarded"] <= 1200 and 790 < found["unrewarded"] <= 800
    # So few programs may fit into memory that the process already has.
    assert found["visited_bytes"] >= 0


def test_memory_parts(report: Report) -> None:
    found = report("benchmarks/memory_parts.py", "--limit", "20", "--epochs", "1")
    assert found["questions"] == 20 and found["b"] > 0
    parts = {name: size for name, size in found.items() if name.endswith("(bytes)")}
    assert len(parts) == 11 and all(size > 0 for size in parts.values())


@pytest.mark.slow
def test_memory_questions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(BENCHMARKS / "memory_questions.py"), "--questions=1700"])
    runpy.run_path(sys.argv[0], run_name="__main__")
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["one"][0]["questions"] == 1700
    assert [part["questions"] for part in found["several"]] == [850, 850]
    assert all(part["megabytes"] > 0 for part in found["several"])
