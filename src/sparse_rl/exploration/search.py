"""Search for rewarded programs before training, in any domain, over processes."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

from tqdm import tqdm

from sparse_rl.bounds import Count, check_fields
from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.budget import NO_LIMIT, Budget
from sparse_rl.exploration.domain import Domain
from sparse_rl.exploration.explored_sets import ExploredKind, explored_set
from sparse_rl.exploration.gumbel import (
    GumbelTree,
    run_together,
    uniform_scores,
    without_replacement,
)
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks, uniform
from sparse_rl.interpreters.world import Actions, World
from sparse_rl.lifetime import end_with

CHUNK = 16
"""Examples that a worker searches at a time."""
AHEAD = 4
"""Chunks per worker that are handed out before the first is read."""

Method = Literal["exhaustive", "systematic", "gumbel"]


@dataclass(frozen=True)
class SearchOptions:
    """Options of a search for rewarded programs.

    Attributes:
        method: "exhaustive" finds all programs; "systematic" walks at random without repetition
            (MAPO Algorithm 1 with a uniform policy); "gumbel" draws without replacement.
        max_programs: rewarded programs kept per example, the shortest first ("exhaustive").
        attempts: programs per example ("systematic", "gumbel").
        explored: "exact", "bloom" or "rbloom" ("systematic").
        seed: seed of the walks.
        budget: budget of one example ("exhaustive").
    """

    method: Method = "exhaustive"
    max_programs: Count = 100
    attempts: Count = 1000
    explored: ExploredKind = "exact"
    seed: int = 0
    budget: Budget = NO_LIMIT

    def __post_init__(self) -> None:
        """Checks the options.

        Raises:
            SparseRLError: there is no such method, or nothing is to be looked for.
        """
        if self.method not in get_args(Method):
            raise SparseRLError(f"set method to one of {get_args(Method)}: got {self.method!r}")
        check_fields(self)


@dataclass(frozen=True)
class SearchResult:
    """The search result of one example.

    Attributes:
        example_id: the example's id.
        rewarded: rewarded programs.
        executed: number of programs executed; by an exhaustive search, also of partial programs.
        complete: whether `rewarded` are all rewarded programs of the example.
    """

    example_id: str
    rewarded: list[Actions]
    executed: int
    complete: bool


def search_example(example: Any, domain: Domain[Any], options: SearchOptions) -> SearchResult:
    """Searches one example's worlds."""
    if options.method == "exhaustive":
        found = domain.exhaustive(example, options.max_programs, options.budget)
        return SearchResult(example.id, found.programs, found.executed, found.complete)
    rng = random.Random(f"{options.seed} {example.id}")
    search = _draws if options.method == "gumbel" else _walks
    worlds = domain.search_worlds(example)
    executed = 0
    for number, world in enumerate(worlds, start=1):
        met, exhausted = search(example.id, world, options, rng)
        executed += len(met)
        rewarded = [actions for actions, reward in met if reward > 0]
        if rewarded or number == len(worlds):
            break
    # A narrower world does not have all programs.
    return SearchResult(example.id, rewarded, executed, exhausted and number == len(worlds))


Met = list[tuple[Actions, float]]
"""Programs with their rewards."""


def _draws(
    example_id: str, world: World, options: SearchOptions, rng: random.Random
) -> tuple[Met, bool]:
    """Returns programs drawn without replacement, and whether there are no others."""
    draws = without_replacement(GumbelTree(world, rng.random), options.attempts)
    (leaves,) = run_together([draws], uniform_scores)
    met = [(leaf.actions, float(world.reward(leaf.state))) for leaf in leaves]
    return met, len(met) < options.attempts


def _walks(
    example_id: str, world: World, options: SearchOptions, rng: random.Random
) -> tuple[Met, bool]:
    """Returns the programs of systematic walks, and whether there are no others."""
    # A key above the programs has two or more explored continuations, so there are at most as
    # many of these keys as programs. Twice the total leaves room.
    explored = explored_set(options.explored, 4 * options.attempts)
    explorer = SystematicExplorer(example_id, world, explored)
    walks = systematic_walks(explorer, options.attempts, uniform(rng))
    met = [(trajectory.actions, trajectory.reward) for trajectory in walks]
    return met, explorer.exhausted


def search_all(
    examples: Sequence[Any],
    domain: Domain[Any],
    options: SearchOptions,
    workers: int = 1,
    progress: bool = True,
) -> Iterator[SearchResult]:
    """Searches all examples, in order, over `workers` processes, with a progress bar."""
    search = partial(search_example, domain=domain, options=options)
    bar = partial(
        tqdm, total=len(examples), unit="example", desc=options.method, disable=not progress
    )
    if workers <= 1:
        yield from bar(map(search, examples))
        return
    # Forked workers share the examples; only indices and results cross between processes.
    _INHERITED[:] = [examples, search]
    yield from bar(_search_in_pool(len(examples), workers))


def _search_in_pool(count: int, workers: int) -> Iterator[SearchResult]:
    """Searches the inherited examples, in order.

    Raises:
        SparseRLError: a worker was killed, as by the system where memory runs out.
    """
    others = multiprocessing.active_children()
    # Unlike a pool of `multiprocessing`, it notices that a process was killed.
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("fork"), _begin_worker, (os.getpid(),)
    )
    pending: deque[Future[list[SearchResult]]] = deque()
    try:
        for start in range(0, count, CHUNK):
            pending.append(pool.submit(_search_chunk, range(start, min(start + CHUNK, count))))
            if len(pending) > AHEAD * workers:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    except BaseException as error:
        # Also Ctrl-C, and a caller that stops reading: what still runs is of no use.
        for process in set(multiprocessing.active_children()) - set(others):
            process.kill()
        if isinstance(error, BrokenProcessPool):
            raise SparseRLError(
                "lower the number of workers, or give the search more memory: one of its "
                "processes was killed"
            ) from error
        raise
    finally:
        pool.shutdown()


def _begin_worker(parent: int) -> None:
    """Leaves Ctrl-C to the main process, which ends the others; ends with it if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)


_INHERITED: list[Any] = []


def _search_chunk(indices: range) -> list[SearchResult]:
    examples, search = _INHERITED
    return [search(examples[index]) for index in indices]
