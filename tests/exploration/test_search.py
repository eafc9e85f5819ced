"""Searching many questions, over processes and through files."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from sparse_rl.datamodules.tables.wikisql import preprocess
from sparse_rl.errors import DataError, SparseRLError
from sparse_rl.exploration.exhaustive import Rewarded
from sparse_rl.exploration.program_file import read_programs, replay_programs, write_programs
from sparse_rl.exploration.search import SearchOptions, search_all
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.exploration.tables.exhaustive import exhaustive_programs
from sparse_rl.exploration.worker_pool import WorkerPool
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import wikisql_language
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import ActionTokens, TableWorld
from sparse_rl.interpreters.tables.triggers import Triggers
from sparse_rl.modules.tables.table_task import TableTask


@pytest.fixture(scope="module")
def examples(small_wikisql: Path) -> list[Example]:
    return preprocess(small_wikisql, "train")[:40]


@pytest.fixture(scope="module")
def domain() -> TableDomain:
    return TableDomain(wikisql_language(max_expressions=3))


@pytest.mark.parametrize(
    "search",
    [
        SearchOptions(),
        SearchOptions("systematic", attempts=50),
        SearchOptions("systematic", 100, 50, "bloom"),
        SearchOptions("gumbel", attempts=50),
    ],
    ids=lambda s: f"{s.method}-{s.explored}",
)
def test_workers_change_nothing(
    examples: list[Example], domain: TableDomain, search: SearchOptions
) -> None:
    examples = examples[:16]
    alone = list(search_all(examples, domain, search, progress=False))
    shared = list(search_all(examples, domain, search, WorkerPool(3), progress=False))
    assert alone == shared
    assert [f.example_id for f in alone] == [e.id for e in examples]
    assert any(f.rewarded for f in alone)


@pytest.mark.parametrize("method", ["systematic", "gumbel", "exhaustive"])
def test_triggers_guide_every_search_of_a_task(
    method: Literal["systematic", "gumbel", "exhaustive"], examples: list[Example]
) -> None:
    """Programs without a trigger are found only where no program has one."""
    language = wikisql_language(max_expressions=2)
    rules = Triggers((("maximum", frozenset({"how"})),))
    task = TableTask()
    task.domain = TableDomain(language, rules)
    search = SearchOptions(method, 10**6, 10**6)
    plain = search_all(examples, TableDomain(language), search, progress=False)
    rare = ActionTokens(language).names.index("maximum")
    kept = 0
    for guided, free, example in zip(
        search_all(examples, task, search, progress=False), plain, examples, strict=True
    ):
        hinted = [p for p in free.rewarded if rare not in p or "how" in example.tokens]
        assert set(guided.rewarded) == set(hinted or free.rewarded)
        assert not (guided.complete and hinted)
        kept += len(hinted) < len(free.rewarded)
    assert kept


@pytest.mark.parametrize("method", ["systematic", "gumbel"])
def test_enough_attempts_find_what_the_exhaustive_search_finds(
    method: Literal["systematic", "gumbel"], examples: list[Example], domain: TableDomain
) -> None:
    every = search_all(examples, domain, SearchOptions(max_programs=10**6), progress=False)
    walked = search_all(examples, domain, SearchOptions(method, attempts=10**6), progress=False)
    for found, expected in zip(walked, every, strict=True):
        assert set(found.rewarded) == set(expected.rewarded)
        assert len(found.rewarded) == len(set(found.rewarded))


def test_a_file_of_programs_round_trips(
    examples: list[Example], domain: TableDomain, tmp_path: Path
) -> None:
    found = list(search_all(examples, domain, SearchOptions(), progress=False))
    path = tmp_path / "programs.jsonl"
    pairs = zip(examples, (f.rewarded for f in found), strict=True)
    write_programs(path, pairs, domain)
    programs, report = read_programs(path, examples, domain)
    assert programs == {f.example_id: f.rewarded for f in found if f.rewarded}
    assert report.endswith("; 0 left out")


def test_programs_that_do_not_fit_are_reported_and_left_out(
    examples: list[Example], domain: TableDomain, tmp_path: Path
) -> None:
    path = tmp_path / "programs.jsonl"
    right = next(
        f for f in search_all(examples, domain, SearchOptions(), progress=False) if f.rewarded
    )
    example = next(e for e in examples if e.id == right.example_id)
    write_programs(path, [(example, right.rewarded[:1])], domain)
    (text,) = json.loads(path.read_text())["programs"]
    records = [
        {"id": example.id, "programs": ["( nonsense", "( hop all_rows r.no_such-string )", text]},
        {"id": "nobody", "programs": [text]},
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    programs, report = read_programs(path, examples, domain)
    assert programs == {example.id: right.rewarded[:1]}
    assert "3 left out" in report and "nobody: no such example" in report
    assert "nonsense" in report and "r.no_such-string" in report


@pytest.mark.parametrize("line", ["no json", "[]", '{"id": "train-1"}'])
def test_a_broken_line_names_its_place(
    line: str, examples: list[Example], domain: TableDomain, tmp_path: Path
) -> None:
    path = tmp_path / "programs.jsonl"
    path.write_text('{"id": "train-1", "programs": []}\n' + line + "\n")
    with pytest.raises(DataError, match="line 2"):
        read_programs(path, examples, domain)
    with pytest.raises(DataError, match="no such file"):
        read_programs(tmp_path / "none.jsonl", examples, domain)


def test_programs_of_a_memory_are_replayed(examples: list[Example], domain: TableDomain) -> None:
    found = list(search_all(examples, domain, SearchOptions(), progress=False))
    rewarded = {f.example_id: list(f.rewarded) for f in found if f.rewarded}
    kept, report = replay_programs(Path("a.ckpt"), rewarded, examples, domain)
    assert kept == rewarded and "0 left out" in report
    first, other = list(rewarded)[:2]
    spoilt = {first: [*rewarded[first], (0,)], "nobody": rewarded[other]}
    kept, report = replay_programs(Path("a.ckpt"), spoilt, examples, domain)
    assert kept == {first: rewarded[first]}
    assert "2 left out" in report and "nobody: no such example" in report and "a.ckpt" in report


def test_programs_of_triggered_functions_are_preferred(
    examples: list[Example], domain: TableDomain
) -> None:
    """They are all that is taken of a question that has any, and nothing is lost of others."""
    triggers = Triggers.from_state_dict({"count": ["many"], "filter_in": ["who"], "hop": ["what"]})
    everything = SearchOptions(max_programs=10**6)
    every = search_all(examples, domain, everything, progress=False)
    preferred = search_all(examples, replace(domain, triggers=triggers), everything, progress=False)
    seen = set()
    for example, all_, some in zip(examples, every, preferred, strict=True):
        world = TableWorld(example, replace(domain.language, triggers=triggers))
        triggered = exhaustive_programs(world, 10**6)
        assert set(some.rewarded) == set(triggered or all_.rewarded)
        seen.add((bool(triggered), set(triggered) < set(all_.rewarded)))
    assert {(True, True), (False, True)} <= seen


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork")
def test_a_search_whose_worker_is_killed_ends_in_one_line(domain: TableDomain) -> None:
    class Killing(TableDomain):
        """Its worker is killed, as by the system where memory runs out."""

        def exhaustive(self, example: Example, *args: object) -> Rewarded:
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("it is dead")

    killing = Killing(domain.language)
    examples = [
        Example(str(i), "", (), Table("t", ["a"], ["text"], [("x",)]), (), None) for i in range(64)
    ]
    with pytest.raises(SparseRLError, match="lower the number of workers"):
        list(search_all(examples, killing, SearchOptions(), WorkerPool(2), progress=False))
    assert not multiprocessing.active_children()
