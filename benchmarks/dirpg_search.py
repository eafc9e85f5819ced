"""Rewarded programs per 1,000 interpreter steps: DirPG's search against systematic exploration.

    python benchmarks/dirpg_search.py --root DIR --train 1000 --limit 200

A small policy is trained for a few steps by MML on questions of the training split. Then each
method looks for programs of questions of the dev split with that snapshot, beginning with nothing
known, round by round, until it has taken `--steps` interpreter steps per question. A program counts
once per question.

Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.estimators import Mml, Plan, ScoredBatch
from sparse_rl.exploration.direct import DirectSearch
from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.tables.exhaustive import exhaustive_programs
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table_world import State, TableWorld
from sparse_rl.modules.drawing import draw
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.vocabulary import Vocabulary
from sparse_rl.modules.visit import Visit
from sparse_rl.replay.memory import Memory
from sparse_rl.replay.strata import Strata

BATCH = 50


def trained(data: WikiSQLDataModule, number: int, steps: int) -> TablePolicy:
    """A policy after some steps of MML on exhaustively found programs."""
    torch.manual_seed(0)
    examples = data.examples("train")[:number]
    policy = TablePolicy(Vocabulary.of(examples), data.language, embedding=64, hidden=64)
    optimizer = torch.optim.Adam(policy.parameters(), lr=2e-3)
    replay = Strata()
    worlds = {e.id: TableWorld(e, data.language) for e in examples}
    for example in examples:
        replay.add_rewarded(example.id, exhaustive_programs(worlds[example.id], 8))
    estimator = Mml(8)
    batches = itertools.cycle(range(0, len(examples), BATCH))
    for _, start in zip(range(steps), batches, strict=False):
        batch = examples[start : start + BATCH]
        ids = [example.id for example in batch]
        opened = [worlds[id_] for id_ in ids]
        encoded = policy.encode(batch)
        visit = Visit(policy, encoded, ids, opened, Memory(replay), [0] * len(ids), 0)
        drawn = draw(estimator.plan, visit)
        log_prob_N, _ = policy.score(encoded, drawn.trajectories, drawn.examples)
        mass_B = torch.zeros(len(batch))
        scored = ScoredBatch(
            log_prob_N,
            torch.ones(len(log_prob_N)),
            torch.tensor(drawn.examples),
            torch.tensor(drawn.strata),
            mass_B,
            mass_B,
            len(batch),
        )
        optimizer.zero_grad()
        estimator.loss(scored)[0].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 5.0)
        optimizer.step()
    return policy.eval()


class CountingWorld(TableWorld):
    """Counts the steps that are taken in it."""

    def __init__(self, example: Example, language: Language) -> None:
        super().__init__(example, language)
        self.steps = 0

    def step(self, state: State, action: int) -> State:
        self.steps += 1
        return super().step(state, action)


def measure(
    policy: TablePolicy,
    language: Language,
    examples: list[Example],
    steps: int,
    look: Callable[[Visit], Any],
) -> dict[str, float]:
    """Rounds of `look` over the questions until `steps` interpreter steps a question are spent."""
    begin = time.process_time()
    replay, explored = Strata(), ExactExplored()
    taken = 0
    for start in range(0, len(examples), BATCH):
        batch = examples[start : start + BATCH]
        ids = [example.id for example in batch]
        worlds = [CountingWorld(example, language) for example in batch]
        with torch.no_grad():
            encoded = policy.encode(batch)
        before = -1
        # A round without a step: all questions are exhausted.
        while before < (spent := sum(world.steps for world in worlds)) < steps * len(batch):
            before = spent
            visits = [replay.visit(id_) for id_ in ids]
            look(Visit(policy, encoded, ids, worlds, Memory(replay, explored), visits, 0))
        taken += sum(world.steps for world in worlds)
    rewarded, _ = replay.sizes()
    return {
        "rewarded": rewarded,
        "steps": taken,
        "rewarded_per_1000_steps": 1000 * rewarded / taken,
        "coverage": replay.coverage(example.id for example in examples) / len(examples),
        "cpu_seconds": time.process_time() - begin,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Compares DirPG's search with systematic exploration on one policy snapshot.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--train", type=int, default=1000, help="training questions of the policy")
    parser.add_argument("--updates", type=int, default=60, help="training steps of the policy")
    parser.add_argument("--limit", type=int, default=200, help="first so many dev questions")
    parser.add_argument("--steps", type=int, default=400, help="interpreter steps per question")
    parser.add_argument("--epsilon", type=float, default=10.0)
    parser.add_argument("--budget", type=int, default=100, help="steps of a search")
    options = parser.parse_args()
    data = WikiSQLDataModule(str(options.root), limit=max(options.train, options.limit))
    policy = trained(data, options.train, options.updates)
    examples = data.examples("dev")[: options.limit]
    direct = DirectSearch(options.epsilon, budget=options.budget, first_improvement=False)
    plan = Plan(enumerate_up_to=0, direct=direct)
    ways: dict[str, Callable[[Visit], Any]] = {
        "dirpg": lambda visit: draw(plan, visit),
        "systematic": lambda visit: draw(Plan(enumerate_up_to=0), visit, walks=1),
    }
    report = {
        name: measure(policy, data.language, examples, options.steps, look)
        for name, look in ways.items()
    }
    print(json.dumps({"questions": len(examples), **report}))


if __name__ == "__main__":
    main()
