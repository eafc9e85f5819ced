"""Searches over the workers of a pool: on Ray they find what they find on this machine."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sparse_rl.callbacks.warm_start import WarmStart
from sparse_rl.cli import main
from sparse_rl.datamodules.tables.wikisql import preprocess
from sparse_rl.errors import DataError, SparseRLError
from sparse_rl.exploration.exhaustive import Rewarded
from sparse_rl.exploration.search import SearchOptions, search_all
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.exploration.worker_pool import WorkerPool
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import wikisql_language
from sparse_rl.ray_cluster import ray_cluster

EXTRA = "the extra: pip install 'sparse_rl[ray]'"
INSTALL = "pip install 'sparse_rl[ray]': engine=ray needs it"


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    items = range(40)
    assert list(WorkerPool(workers).map(lambda item: item**2, items)) == [i**2 for i in items]


def test_without_the_extra_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    out = tmp_path / "programs.jsonl"
    with pytest.raises(SystemExit) as stopped:
        main(["explore", "--config=mml_wikisql.yaml", f"--out={out}", "--engine=ray"])
    assert str(stopped.value) == f"error: {INSTALL}"
    with pytest.raises(SparseRLError) as refused:
        WarmStart(engine="ray")
    assert str(refused.value) == INSTALL


def test_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SparseRLError, match="set engine to ray, or leave address out"):
        WorkerPool(address="auto")
    with pytest.raises(SparseRLError, match="set engine to one of"):
        WorkerPool(engine="threads")  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_killed_machine_loses_nothing_and_nothing_counts_twice(
    small_wikisql: Path, tmp_path: Path
) -> None:
    """Of two machines of a cluster, one is killed in the middle of its first examples."""
    pytest.importorskip("ray", reason=EXTRA)
    from ray.cluster_utils import Cluster

    examples = preprocess(small_wikisql, "train")
    language = wikisql_language(max_expressions=2)
    searched, stuck = tmp_path / "searched", tmp_path / "stuck"
    searched.mkdir()
    node = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    doomed = cluster.add_node(**node)
    doomed_id = doomed.node_id

    class Watched(TableDomain):
        """Notes where it searches; gets stuck on one machine, and waits for that on the other."""

        def exhaustive(self, example: Example, *options: Any) -> Rewarded:
            import ray

            here = ray.get_runtime_context().get_node_id()
            with (searched / f"{example.id}").open("a") as file:
                file.write(f"{here}\n")
            if here == doomed_id and len(list(searched.iterdir())) > 2:
                stuck.touch()
                time.sleep(600)
            while here != doomed_id and not stuck.exists():
                time.sleep(0.01)
            return super().exhaustive(example, *options)

    def kill() -> None:
        while not stuck.exists():
            time.sleep(0.01)
        cluster.remove_node(doomed, allow_graceful=False)

    killer = Thread(target=kill, daemon=True)
    killer.start()
    try:
        pool = WorkerPool(2, "ray", cluster.address)
        found = list(search_all(examples, Watched(language), SearchOptions(), pool, False))
    finally:
        killer.join(60)
        cluster.shutdown()
    assert found == list(
        search_all(examples, TableDomain(language), SearchOptions(), progress=False)
    )
    nodes = [file.read_text().split() for file in searched.iterdir()]
    assert len(nodes) == len(examples)
    # What was begun there was done again elsewhere.
    assert {len(set(by)) for by in nodes} == {1, 2}
    assert all(set(by) != {doomed_id} for by in nodes)


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """One Ray of this machine for the tests below, which leave it running."""
    pytest.importorskip("ray", reason=EXTRA)
    with ray_cluster(2) as found:
        yield found


@pytest.mark.slow
def test_explore_writes_the_same_bytes_on_ray(
    ray: Any, small_wikisql: Path, tmp_path: Path
) -> None:
    written = []
    for engine in ("local", "ray"):
        out = tmp_path / f"{engine}.jsonl"
        main(
            ["explore", "--config=mml_wikisql.yaml", f"--data.root={small_wikisql}"]
            + [f"--out={out}", f"--engine={engine}", "--workers=0", "--data.cache=null"]
            + ["--method=systematic", "--attempts=50"]
        )
        written.append(out.read_bytes())
    assert written[0] == written[1] and len(written[0].splitlines()) == 80
    assert ray.is_initialized()


@pytest.mark.slow
def test_an_error_of_the_work_is_its_own(ray: Any) -> None:
    def refuse(item: int) -> int:
        raise DataError(f"mend item {item}")

    with pytest.raises(DataError, match=r"^mend item 0$"):
        list(WorkerPool(1, "ray").map(refuse, range(40)))


@pytest.mark.slow
def test_work_whose_workers_always_die_ends_in_one_line(ray: Any) -> None:
    def die(item: int) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return item

    with pytest.raises(SparseRLError, match=r"^lower the number of workers.* 4 times$"):
        list(WorkerPool(1, "ray").map(die, range(3)))
