"""Search for rewarded programs before training, in any domain, over workers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
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
from sparse_rl.exploration.worker_pool import ALONE, WorkerPool
from sparse_rl.interpreters.world import Actions, World

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
    pool: WorkerPool = ALONE,
    progress: bool = True,
) -> Iterator[SearchResult]:
    """Searches all examples, in order, over the workers of a pool, with a progress bar."""
    search = partial(search_example, domain=domain, options=options)
    found = pool.map(search, examples)
    yield from tqdm(
        found, total=len(examples), unit="example", desc=options.method, disable=not progress
    )
