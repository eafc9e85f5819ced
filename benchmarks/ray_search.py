"""A search before training on Ray, by number of workers, on a Ray of this machine.

    OMP_NUM_THREADS=1 python benchmarks/ray_search.py --root DIR

Searches the first training questions exhaustively, with each number of workers in turn. The seconds
on the clock need a free core for each worker and one for this process. Where cores are shared,
processor time tells what they would be: that of the busiest worker from its first question to its
last, unpickling included, and all of this process's own, as if nothing of it were done meanwhile.
"occupied" is the share of the workers' time in which they are at a question, whether or not they
then have a core. The start of Ray and its workers' imports come before and are not counted. Every
search must find the same.

Prints one JSON object as its last line; the speed-ups are those of the medians. Options that are
not the script's own are those of `train.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from functools import partial
from typing import Any, NamedTuple

from sparse_rl.commands.explore import data_and_task
from sparse_rl.config_files import find_config
from sparse_rl.exploration.domain import Domain
from sparse_rl.exploration.search import SearchOptions, SearchResult, search_example
from sparse_rl.exploration.worker_pool import WorkerPool
from sparse_rl.ray_cluster import ray_cluster


class Timed(NamedTuple):
    """A search result, its seconds, and its process with processor seconds before and after."""

    result: SearchResult
    seconds: float
    process: int
    begin: float
    end: float


def timed(example: Any, domain: Domain[Any], options: SearchOptions) -> Timed:
    wall, begin = time.perf_counter(), time.process_time()
    result = search_example(example, domain, options)
    seconds = time.perf_counter() - wall
    return Timed(result, seconds, os.getpid(), begin, time.process_time())


def measure(
    examples: list[Any], domain: Domain[Any], options: SearchOptions, workers: int
) -> tuple[dict[str, float], list[SearchResult]]:
    """Searches all examples on a new Ray."""
    search = partial(timed, domain=domain, options=options)
    with ray_cluster(workers):
        pool = WorkerPool(workers, "ray")
        # Of as many chunks as there are workers, at least: all start and import the package.
        list(pool.map(search, examples[: 64 * workers]))
        wall, cpu = time.perf_counter(), time.process_time()
        found = list(pool.map(search, examples))
        seconds, own = time.perf_counter() - wall, time.process_time() - cpu
    spent = [
        max(t.end for t in found if t.process == process)
        - min(t.begin for t in found if t.process == process)
        for process in {t.process for t in found}
    ]
    numbers = {
        "processes": len(spent),
        "seconds": seconds,
        "occupied": sum(t.seconds for t in found) / workers / seconds,
        "busiest": max(spent),
        "own": own,
        "processor_seconds": max(spent) + own,
    }
    return numbers, [t.result for t in found]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures a search on Ray by number of workers.")
    parser.add_argument("--config", default="gaca_wtq.yaml", help="a training config, for its data")
    parser.add_argument("--root", required=True, help="folder of the data")
    parser.add_argument("--limit", type=int, default=640, help="first so many training questions")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    options, rest = parser.parse_known_args()
    own = [f"--data.root={options.root}", f"--data.limit={options.limit}"]
    data, task = data_and_task(find_config(options.config), [*own, *rest])
    examples, search = data.examples("train"), SearchOptions()
    runs: dict[int, list[dict[str, float]]] = {workers: [] for workers in options.workers}
    first: list[SearchResult] = []
    for _ in range(options.repeats):
        for workers, numbers in runs.items():
            found, results = measure(examples, task, search, workers)
            first = first or results
            assert results == first
            print(workers, found, flush=True)
            numbers.append(found)
    medians = {
        workers: {name: statistics.median(n[name] for n in numbers) for name in numbers[0]}
        for workers, numbers in runs.items()
    }
    base = medians[options.workers[0]]
    speed_ups = {
        workers: {name: base[name] / median[name] for name in ("seconds", "processor_seconds")}
        for workers, median in medians.items()
    }
    load = os.getloadavg()[0]
    print(json.dumps({"medians": medians, "speed_ups": speed_ups, "load": load}))


if __name__ == "__main__":
    main()
