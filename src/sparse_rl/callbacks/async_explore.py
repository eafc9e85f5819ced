"""Asynchronous exploration while training, in processes of its own."""

from __future__ import annotations

import time
from typing import Any

import pytorch_lightning as pl

from sparse_rl import processes
from sparse_rl.actors.explorers import Explorers
from sparse_rl.actors.workers import Walked, Worker
from sparse_rl.bounds import Amount, Count, Seed, Workers, bounded
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.replay.memory import Memory
from sparse_rl.replay.stale import StaleDraw, StaleDraws
from sparse_rl.seeds import seed_or_run_seed


class AsyncExplore(pl.Callback):
    """Explores the training examples systematically and asynchronously.

    Workers hold the worlds; one more process holds a copy of the policy and draws the actions of
    all workers' walks in one batch (SEED RL). Programs found are filed between two training
    steps. In a run over several processes, every rank has its own workers for its own examples.

    Args:
        workers: processes that run worlds, 1 to 4; 0 turns asynchronous exploration off. Each
            adds a little speed; the policy's process is the bottleneck.
        walks: systematic walks per question before a worker moves on to the next; 1 to 16.
            With more, each question is encoded less often.
        questions: questions that each worker explores in parallel; 32 to 256. With more, draws
            are faster, but from older weights.
        refresh_steps: training steps after which the workers get the current weights; 1 to 100.
        max_ratio: upper bound of the importance weights of asynchronous draws that replace an
            estimator's fresh draws; 1 (as in V-trace) to 10. With 0 they replace none and
            only fill the memory.
        seed: seed of the walks, which also depend on the speed of the processes; null for the
            run's (seed_everything).
    """

    @bounded
    def __init__(
        self,
        workers: Workers = 0,
        walks: Count = 4,
        questions: Count = 64,
        refresh_steps: Count = 10,
        max_ratio: Amount = 1.0,
        seed: Seed | None = None,
    ) -> None:
        self.workers = workers
        self.walks = walks
        self.questions = questions
        self.refresh_steps = refresh_steps
        self.max_ratio = max_ratio
        self.seed = seed_or_run_seed(seed)
        self._explorers: Explorers | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, PolicyLearner)
        if not self.workers:
            return
        plan = pl_module.estimator.plan
        # An estimator that needs draws from the policy itself cannot use draws that avoid B.
        if plan.fresh and plan.reject_known and self.max_ratio:
            pl_module.memory.stale = StaleDraws(plan.fresh, self.max_ratio)
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        examples = data.examples("train")
        mine = [examples[index] for index in data.shares.mine(range(len(examples)))]
        workers = [
            Worker(
                mine[number :: self.workers],
                pl_module.task.world,
                pl_module.memory.explored,
                self.questions,
                self.walks,
                f"{self.seed} {number}",
            )
            for number in range(self.workers)
        ]
        step = trainer.global_step
        self._explorers = Explorers(pl_module.policy, step, workers, self.seed + processes.rank())

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        # A batch system may have stopped the workers as well, and training ends after this step.
        if self._explorers is None or trainer.received_sigterm:
            return
        assert isinstance(pl_module, PolicyLearner)
        begin = time.perf_counter()
        step = trainer.global_step
        walked = self._explorers.collect()
        new = sum(file_walk(pl_module.memory, walk) for walk in walked)
        if step % self.refresh_steps == 0:
            self._explorers.refresh(pl_module.policy, step)
        pl_module.report({"seconds/collect": time.perf_counter() - begin})
        if walked:
            age = step - sum(walk.version for walk in walked) / len(walked)
            values = {"walks": len(walked), "new_per_1000": 1000 * new / len(walked), "age": age}
            pl_module.report({f"explore/{name}": value for name, value in values.items()})

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._stop()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._explorers is not None:
            self._explorers.stop()
            self._explorers = None


def file_walk(memory: Memory, walk: Walked) -> bool:
    """Files a program that a worker found; returns whether B gained it."""
    draw = StaleDraw(walk.trajectory, walk.log_behaviour, known=False)
    return memory.file_stale(walk.example_id, draw, walk.explored)
