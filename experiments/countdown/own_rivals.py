"""This package's rivals: the same policy, learner and draws with several estimators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from countdown.budget import Budget
from countdown.model import LONGEST
from countdown.progress import Progress
from sparse_rl.datamodules.prompts import PromptsDataModule
from sparse_rl.estimators import Estimator, Gaca, Mapo, Reinforce
from sparse_rl.interpreters.prompts import Prompt
from sparse_rl.modules.language_models import CompletionTask
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.quiet import set_quiet


@dataclass(frozen=True)
class Method:
    """An estimator for some fresh draws, and walks of systematic exploration for every task.

    Attributes:
        estimator: makes the estimator for a number of fresh draws.
        walks: completions of a visit that are walks instead of fresh draws.
        before: share of the steps in which the memory is filled and the weights stay as they are.
    """

    estimator: Callable[[int], Estimator]
    walks: int = 0
    before: float = 0.0


METHODS: Mapping[str, Method] = {
    "REINFORCE, group baseline": Method(
        lambda fresh: Reinforce(fresh=fresh, baseline="group", entropy_weight=0.0)
    ),
    "MAPO": Method(lambda fresh: Mapo(fresh=fresh), walks=4),
    "GACA": Method(lambda fresh: Gaca(fresh=fresh), walks=4),
    "MAPO, memory first": Method(lambda fresh: Mapo(fresh=fresh), walks=4, before=0.5),
    "GACA, memory first": Method(lambda fresh: Gaca(fresh=fresh), walks=4, before=0.5),
}


class HoldOff(pl.Callback):
    """Leaves the weights as they are in the first steps, whose programs fill the memory."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, module: pl.LightningModule, optimizer: Any
    ) -> None:
        if trainer.global_step < self.steps:
            # Adam leaves out what has no gradient, in its moments too.
            optimizer.zero_grad()


class Measuring(pl.Callback):
    """Adds a point to the curve where one is due."""

    def __init__(self, progress: Progress, tokenizer: Any) -> None:
        self.progress = progress
        self.tokenizer = tokenizer
        self._ids = [task.id for task in progress.tasks["train"]]

    def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        learner: Any = module
        self.progress.begin(learner.policy.model, self.tokenizer)

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, *unused: Any
    ) -> None:
        learner: Any = module
        memory = learner.memory
        self.progress.step(
            learner.policy.model,
            self.tokenizer,
            memory.executed,
            memory.replay.coverage(self._ids),
        )


def train(name: str, start: Path, progress: Progress, budget: Budget, lr: float, seed: int) -> None:
    """Trains with one of `METHODS`; gradients are clipped as TRL does it by default."""
    method = METHODS[name]
    set_quiet(True)
    pl.seed_everything(seed, verbose=False)
    prompts = [Prompt(task.id, task.prompt, task.reward) for task in progress.tasks["train"]]
    task = CompletionTask(str(start), max_tokens=LONGEST)
    learner = PolicyLearner(
        task,
        method.estimator(budget.draws - method.walks),
        lr=lr,
        explore_per_visit=method.walks,
        seed=seed,
    )
    hold_off = HoldOff(round(method.before * budget.steps))
    trainer = pl.Trainer(
        max_steps=budget.steps,
        accelerator="cpu",
        gradient_clip_val=1.0,
        limit_val_batches=0,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[Measuring(progress, task.tokenizer), hold_off],
    )
    data = PromptsDataModule(prompts, batch_size=budget.prompts, seed=seed)
    trainer.fit(learner, datamodule=data)
