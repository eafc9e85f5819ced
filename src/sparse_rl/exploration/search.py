"""Filling the memory before training, over processes."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from tqdm import tqdm

from sparse_rl.exploration.explored_sets import ExploredKind, explored_set
from sparse_rl.exploration.gumbel import (
    GumbelTree,
    run_together,
    uniform_scores,
    without_replacement,
)
from sparse_rl.exploration.systematic import SystematicExplorer, explore, uniform
from sparse_rl.exploration.tables.exhaustive import NO_LIMIT, Budget, exhaustive_programs
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.triggers import NO_TRIGGERS, Triggers
from sparse_rl.interpreters.world import Actions


@dataclass(frozen=True)
class SearchOptions:
    """How to look for rewarded programs.

    Attributes:
        method: "exhaustive" finds all programs; "systematic" walks at random without repeating
            (MAPO Algorithm 1 with a uniform policy).
        max_programs: rewarded programs kept per question, the shortest first ("exhaustive").
        attempts: programs per question ("systematic", "gumbel").
        explored: "exact", "bloom" or "rbloom" ("systematic").
        seed: of the walks.
        budget: what one question may cost ("exhaustive").
        triggers: trigger words of the programs to look for first ("exhaustive"). All others are
            looked for only where a question has no rewarded program of these.
    """

    method: Literal["exhaustive", "systematic", "gumbel"] = "exhaustive"
    max_programs: int = 100
    attempts: int = 1000
    explored: ExploredKind = "exact"
    seed: int = 0
    budget: Budget = NO_LIMIT
    triggers: Triggers = NO_TRIGGERS

    def describe(self) -> str:
        """All options, in the same words in every process."""
        return f"{replace(self, triggers=NO_TRIGGERS)} {self.triggers.state_dict()}"


@dataclass(frozen=True)
class SearchResult:
    """What a search found for one example.

    Attributes:
        example_id: whose programs these are.
        rewarded: action sequences.
        programs: complete programs that were generated, executed and scored; for "exhaustive"
            the rewarded ones only, because others are never spelled out.
    """

    example_id: str
    rewarded: list[Actions]
    programs: int


def search_example(example: Example, language: Language, search: SearchOptions) -> SearchResult:
    """Searches one example's world."""
    if search.method == "exhaustive":
        found = _exhaustive(example, language, search)
        return SearchResult(example.id, found, len(found))
    world = TableWorld(example, language)
    rng = random.Random(f"{search.seed} {example.id}")
    if search.method == "gumbel":
        draws = without_replacement(GumbelTree(world, rng.random), search.attempts)
        (leaves,) = run_together([draws], uniform_scores)
        rewarded = [leaf.actions for leaf in leaves if world.reward(leaf.state) > 0]
        return SearchResult(example.id, rewarded, len(leaves))
    # A program may exhaust one prefix at each of its decisions, but few do.
    explored = explored_set(search.explored, 4 * search.attempts)
    choose = uniform(rng)
    explorer = SystematicExplorer(example.id, world, explored)
    rewarded = []
    programs = 0
    for trajectory in explore(explorer, search.attempts, choose):
        programs += 1
        if trajectory.reward > 0:
            rewarded.append(trajectory.actions)
    return SearchResult(example.id, rewarded, programs)


def _exhaustive(example: Example, language: Language, search: SearchOptions) -> list[Actions]:
    languages = [language]
    if search.triggers != NO_TRIGGERS:
        languages.insert(0, replace(language, triggers=search.triggers))
    for hinted in languages:
        world = TableWorld(example, hinted)
        if found := exhaustive_programs(world, search.max_programs, search.budget):
            return found
    return []


def search_all(
    examples: Sequence[Example],
    language: Language,
    search: SearchOptions,
    workers: int = 1,
    progress: bool = True,
) -> Iterator[SearchResult]:
    """Searches all examples, in order, over `workers` processes, with a progress bar."""
    task = partial(search_example, language=language, search=search)
    bar = partial(
        tqdm, total=len(examples), unit="question", desc=search.method, disable=not progress
    )
    if workers <= 1:
        yield from bar(map(task, examples))
        return
    # Forked workers share the tables; only indices and findings cross between processes.
    _INHERITED[:] = [examples, task]
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from bar(pool.imap(_search_index, range(len(examples)), chunksize=64))


_INHERITED: list[object] = []


def _search_index(index: int) -> SearchResult:
    examples, task = _INHERITED
    return task(examples[index])  # type: ignore[operator,index,no-any-return]
