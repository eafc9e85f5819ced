"""The LightningModule of training: draw, score, estimate, log; with any estimator."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from pytorch_lightning.utilities import rank_zero_info, rank_zero_warn
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor

from sparse_rl import processes
from sparse_rl.bounds import Count, Draws, Fraction, LearningRate, NonNegative, Seed, bounded
from sparse_rl.checkpoint_file import check_optimizer, check_resumable, check_weights, program_state
from sparse_rl.datamodules.shares import Part
from sparse_rl.errors import SparseRLError
from sparse_rl.estimators.base import Estimator, Parameters
from sparse_rl.estimators.batch import Plan, ScoredBatch
from sparse_rl.estimators.gaca import Gaca
from sparse_rl.exploration.explored import Mine, everything
from sparse_rl.exploration.explored_sets import ExploredKind, explored_set
from sparse_rl.interpreters.world import World
from sparse_rl.modules.drawing import Drawn, draw
from sparse_rl.modules.evaluation import PolicyEvaluator
from sparse_rl.modules.exchanging import StepExchange
from sparse_rl.modules.guiding import guide_by
from sparse_rl.modules.holding_out import (
    score_under,
    split_held_out,
    trainable,
    twice_differentiable,
)
from sparse_rl.modules.initial import initial_policy
from sparse_rl.modules.planning import check_room, planned_visits
from sparse_rl.modules.policy import Policy
from sparse_rl.modules.pooling import Pool
from sparse_rl.modules.pretraining import likelihood_loss
from sparse_rl.modules.scoring import scored_batch
from sparse_rl.modules.task import Task, check_sizes, check_task, task_name
from sparse_rl.modules.threads import cap_threads
from sparse_rl.modules.trainer_limits import check_trainer
from sparse_rl.modules.training_data import check_training_data, training_contents
from sparse_rl.modules.visit import LateWorlds, Visit
from sparse_rl.replay.memory import Memory
from sparse_rl.replay.strata import Snapshot, Strata
from sparse_rl.seeds import seed_or_run_seed

WORLDS = 50_000
"""Worlds that are kept, those of the examples used last: some 14 kB each on WikiSQL's tables."""


class PolicyLearner(PolicyEvaluator):
    """Trains a task's policy with any estimator.

    Args:
        task: the policy and its worlds, by class name.
        estimator: the credit-assignment strategy, by class name; `Gaca` by default.
        lr: Adam's learning rate at the start; 1e-4 to 3e-3.
        lr_end: final share of `lr`, reached linearly over the planned steps; 1 keeps the rate
            constant. .05 to .2 gains a little accuracy where the length is planned well.
        beam_width: programs kept by beam search in test, validate and predict.
        answerable_seconds: time limit of the test's search for any program that answers a
            question that the beam misses; 1 to 60, 0 for no limit. Questions that stay open are
            counted (`test/undecided`).
        capacity_c: unrewarded programs kept per example.
        explore_per_visit: walks of systematic exploration at every visit to an example, in
            addition to the estimator's draws; 0 to 10. Needless after an exhaustive warm start.
        explored: the set of explored prefixes, "exact", "bloom" or "rbloom"
            (a faster Bloom filter, from the extra `rbloom`).
        explored_capacity: prefixes that the Bloom filter is sized for: twice the walks and fresh
            draws of the run, and the programs of the warm start. A training that is planned to
            exceed it is refused before it starts.
        seed: seed of the draws, keyed with example and visit; null for seed_everything's.
        pretraining_steps: first steps of the training, which draw nothing and maximise the
            likelihood of rewarded programs that the warm start has found; the estimator's steps
            follow. For language models that begin at random: two or three epochs; 0 for none.

    Attributes:
        exchange: what processes tell each other in every step.
        init_from: checkpoint whose weights and vocabulary a new training begins with; None for
            new ones.
        keep_memory: takes this process's memory while a checkpoint is saved, to write it later, and
            returns what the checkpoint holds for it; None for checkpoints that hold all memories.
    """

    @bounded
    def __init__(
        self,
        task: Task,  # type: ignore[type-arg]
        estimator: Estimator | None = None,
        lr: LearningRate = 1e-3,
        lr_end: Fraction = 1.0,
        beam_width: int = 5,
        answerable_seconds: float = 5.0,
        capacity_c: NonNegative = 8,
        explore_per_visit: Draws = 0,
        explored: ExploredKind = "exact",
        explored_capacity: Count = 2_000_000,
        seed: Seed | None = None,
        pretraining_steps: NonNegative = 0,
    ) -> None:
        super().__init__(task, beam_width, answerable_seconds)
        self.estimator = estimator or Gaca()
        self.lr = lr
        self.lr_end = lr_end
        self.seed_draws = seed = seed_or_run_seed(seed)
        self.explore_per_visit = explore_per_visit
        self.pretraining_steps = pretraining_steps
        self.memory = Memory(
            Strata(capacity_c, self.seed_draws), explored_set(explored, explored_capacity)
        )
        self.guide = guide_by(self.estimator.prior)
        self.exchange = StepExchange()
        self._pool = Pool()
        self._worlds: OrderedDict[str, World] = OrderedDict()
        self._measured: dict[str, float] = {}
        self.init_from: str | None = None
        self.keep_memory: Callable[[Snapshot], dict[str, Any]] | None = None
        self._dev_figures: dict[str, float] | None = None

    # ---- set-up and checkpoints

    def setup(self, stage: str) -> None:
        """Builds the policy for the training data, unless a checkpoint has restored one."""
        if stage == "fit" and self.estimator.held_out and processes.count() > 1:
            raise SparseRLError(
                "train with one process: the estimator's parameters, learned from held-out "
                "examples, are not exchanged between processes"
            )
        check_trainer(self.trainer)
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
        self.task.attach(data)
        self.task.prepare(data, data.splits_of(stage))
        if stage == "fit":
            self._check_room()
            if not hasattr(self, "policy"):
                begin = self.init_from
                self._use(
                    initial_policy(begin, self.task, data) if begin else self.task.build(data)
                )

    def _use(self, policy: Policy) -> None:
        self.policy = policy
        if cap_threads(policy):
            rank_zero_info("One thread: the policy is small. OMP_NUM_THREADS sets another number")

    def _check_room(self) -> None:
        """Checks that the explored set has room for the rest of the training, if it has an end."""
        if not self.explore_per_visit:
            return
        visits = planned_visits(self.trainer, self._data())
        if visits is not None:
            per_visit = self.explore_per_visit + self.estimator.plan.fresh
            check_room(self.memory.explored, per_visit * visits)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds the state of all processes besides network weights, in plain containers."""
        checkpoint["sparse_rl"] = {
            "task": task_name(self.task),
            **self.task.state_dict(self.policy),
            **self._memory_state(),
            "prior": self.guide.prior.state_dict() if self.guide else None,
            "estimator": self.estimator.state_dict(),
            "data": training_contents(self._data()),
        }

    def _memory_state(self) -> dict[str, Any]:
        if self.keep_memory is None:
            return self.memory.state_dict()
        return self.keep_memory(self.memory.snapshot())

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restores the checkpoint's policy, memory, prior and estimator."""
        state = program_state(checkpoint, "--ckpt_path")
        check_task(state, self.task)
        if self._trainer is not None:
            where = str(self.trainer.ckpt_path or "--ckpt_path")
            # Older checkpoints do not know their data.
            if "data" in state:
                self.task.check_programs(state, where)
            if self.trainer.state.fn == "fit":
                check_resumable(checkpoint, where)
                check_sizes(state, self.task, where)
                if "data" in state:
                    check_training_data(state["data"], self._data(), where)
        self._use(self.task.restore(state))
        check_weights(self, checkpoint["state_dict"])
        self.memory.load_state_dict(state, self._is_mine())
        if self.guide is not None and state["prior"] is not None:
            self.guide.prior.load_state_dict(state["prior"])
        # Empty for a strategy without a state of its own.
        if state.get("estimator"):
            self.estimator.load_state_dict(state["estimator"])

    def _is_mine(self) -> Mine:
        """Returns whether an example's programs belong to this process; all do without training."""
        if self._trainer is None or self.trainer.state.fn != "fit":
            return everything
        mine: Mine = self._data().shares.is_mine
        return mine

    def _data(self) -> Any:
        return getattr(self._trainer, "datamodule", None)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        # Lightning does not clip gradients for a fused optimiser under mixed precision.
        fused = self.trainer.precision == "32-true"
        optimizer = torch.optim.Adam(self.policy.parameter_groups(self.lr), fused=fused)
        if self.lr_end == 1.0:
            return optimizer
        steps = self.trainer.estimated_stepping_batches
        if steps == math.inf:
            raise SparseRLError(
                "set --trainer.max_epochs or --trainer.max_steps, or --model.lr_end=1: the "
                "learning rate falls to lr * lr_end over the whole training, which has no end"
            )
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, self.lr_end, int(steps))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_train_start(self) -> None:
        """Checks that what a checkpoint has restored suits the planned length.

        Raises:
            SparseRLError: its Bloom filter has no room for the rest of the training, or there is
                nothing to pre-train on.
        """
        rewarded = self.memory.replay.sizes()[0]
        if self.pretraining_steps and not processes.total(rewarded, self.device):
            raise SparseRLError(
                "set warm_start.method to one that finds rewarded programs, or "
                "model.pretraining_steps to 0: pre-training reads such programs, and there is none"
            )
        for optimizer in self.trainer.optimizers:
            check_optimizer(optimizer, self.trainer.ckpt_path or "--ckpt_path")
        self._check_room()
        steps = self.trainer.estimated_stepping_batches
        for config in self.trainer.lr_scheduler_configs:
            # A schedule of the user's own may have another kind of plan, or none.
            planned = config.scheduler.state_dict().get("total_iters", steps)
            if planned != steps:
                rank_zero_warn(
                    f"the learning rate falls over {planned} steps, as the resumed run planned "
                    f"it, and not over the {steps} of these options. It stays at lr * lr_end "
                    "afterwards. For a new schedule, start a new run"
                )

        # What a warm start has found, for which the first checkpoint would be waited for.
        self.memory.pack()

    # ---- training

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Packs what the step has filed, so that a checkpoint need not."""
        self.memory.pack([example.id for example in batch])

    def world(self, example: Any) -> World:
        """Returns the example's world; kept where programs are drawn in it, for its valid sets.

        Without draws it is not: programs of the memory have their valid sets, and worlds are large.
        """
        if not (self.estimator.plan.draws or self.explore_per_visit):
            return self.task.world(example)
        world = self._worlds.get(example.id)
        if world is None:
            world = self._worlds[example.id] = self.task.world(example)
            if len(self._worlds) > WORLDS:
                self._worlds.popitem(last=False)
        self._worlds.move_to_end(example.id)
        return world

    def training_step(self, batch: Part, batch_index: int) -> Tensor | None:
        """Returns the loss of this process's examples; it may have none in a batch."""
        step = self.global_step - self.pretraining_steps
        if step < 0:
            loss = likelihood_loss(self._visit(batch)) if batch else None
        else:
            loss = self._estimator_loss(batch, step)
        if processes.count() > 1:
            loss = self._part_of_mean(loss, batch)
            observed = self.guide.observed if self.guide else {}
            self.exchange.send(float(loss.detach()), observed, self.device)
        elif loss is not None:
            self._log_loss(loss.detach())
        return loss

    def _estimator_loss(self, batch: Part, step: int) -> Tensor | None:
        """Returns the estimator's loss in its step of this number."""
        self.estimator.at_step(step)
        if self.guide is not None:
            self.guide.prior.refresh(step, self._tables)
        share = self.estimator.held_out
        held_out, trained = split_held_out(batch, share)
        with twice_differentiable(share > 0):
            loss = self._loss(trained, held_out) if trained else None
        if loss is None:
            self._pool.exchange(self.estimator, None, self.device)
        self._log_measured(len(trained))
        return loss

    def on_after_backward(self) -> None:
        """Takes what the other processes have told during the backward pass."""
        if processes.count() > 1:
            observed = self.exchange.receive()
            if self.guide is not None:
                self.guide.absorb(observed)
            self._log_loss(self.exchange.loss)

    def _log_loss(self, loss: float | Tensor) -> None:
        if self._logs_now:
            self.log("train/loss", loss, prog_bar=True, batch_size=1)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Logs the norm of the batch's gradient over all processes, before clipping."""
        if not self._logs_now:
            return
        norms = [p.grad.norm() for p in self.parameters() if p.grad is not None]
        # Without a trajectory in the whole batch there is no gradient.
        if norms:
            self.log("train/gradient_norm", torch.stack(norms).norm(), batch_size=1)

    @torch.no_grad()
    def _tables(self) -> Tensor:
        """Returns the policy's step log-probabilities in all training contexts, without dropout."""
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
        self.policy.eval()
        tables = self.task.step_log_probs(self.policy, data.examples("train"))
        self.policy.train()
        return tables

    def _visit(self, batch: list[Any]) -> Visit:
        ids = [example.id for example in batch]
        return Visit(
            self.policy,
            self.policy.encode(batch),
            ids,
            LateWorlds(self.world, batch),
            self.memory,
            [self.memory.replay.visit(id_) for id_ in ids],
            self.seed_draws,
        )

    def _loss(self, batch: list[Any], held_out: list[Any]) -> Tensor | None:
        begin = time.perf_counter()
        visit = self._visit(batch)
        encoding = time.perf_counter()
        drawn = self._draw(self.estimator.plan, visit)
        drawing = time.perf_counter()
        self.report(
            {
                "seconds/encode": encoding - begin,
                "seconds/draw": drawing - encoding,
                "train/programs": len(drawn.trajectories),
                "train/new_per_1000": 1000 * drawn.new / max(drawn.fresh, 1),
            }
        )
        if not drawn.trajectories:
            return None
        scores = self.policy.score(visit.encoded, drawn.trajectories, drawn.examples)
        scored = self._scored(scores, drawn, visit, batch)
        if self.guide is not None:
            self.guide.teach(scored, drawn, visit)
        scored = replace(scored, pooled_2N=self._pool.exchange(self.estimator, scored, self.device))
        loss, diagnostics = self.estimator.loss(scored, diagnose=self._logs_now)
        if held_out:
            diagnostics |= self._meta_step(loss, scored, held_out)
        self.report({"seconds/score": time.perf_counter() - drawing})
        self.report({f"train/{name}": value for name, value in diagnostics.items()})
        return loss

    def _part_of_mean(self, loss: Tensor | None, part: Part) -> Tensor:
        """Weights the loss so that the mean over processes is the mean over the batch's examples.

        It depends on every parameter, or the processes would wait for its gradient for ever.
        """
        zero = torch.stack([p.sum() for p in self.parameters()]).sum() * 0.0
        share = processes.count() * len(part) / part.whole
        return zero if loss is None else zero + loss * share

    @property
    def _logs_now(self) -> bool:
        """Whether this step is logged: at the trainer's interval, as logging every step is slow."""
        every: int = self.trainer.log_every_n_steps  # type: ignore[attr-defined]
        return (self.global_step + 1) % every == 0

    def report(self, values: Mapping[str, float | Tensor]) -> None:
        """Records values to log with this step, if it is logged."""
        if self._logs_now:
            self._measured.update({name: float(value) for name, value in values.items()})

    def _log_measured(self, size: int) -> None:
        """Logs the step's recorded values: means over the processes, weighted by examples."""
        if self._logs_now:
            self.log_dict(processes.mean(self._measured, size), batch_size=1)
            self._measured = {}

    def _draw(self, plan: Plan, visit: Visit) -> Drawn:
        """Explores, and draws the plan's strata."""
        drawn = draw(plan, visit, self.explore_per_visit)
        if drawn.walks:
            new = 1000 * drawn.found / drawn.walks
            self.report({"explore/walks": drawn.walks, "explore/new_per_1000": new})
        return drawn

    def _meta_step(
        self, loss: Tensor, scored: ScoredBatch, held_out: list[Any]
    ) -> dict[str, Tensor]:
        """Takes the estimator's meta-step on held-out examples that have a rewarded program."""
        with torch.no_grad():
            visit = self._visit(held_out)
            drawn = self._draw(Plan(self.estimator.plan.enumerate_up_to), visit)
        if not drawn.trajectories:
            return {}

        def score(parameters: Parameters) -> ScoredBatch:
            scores = score_under(parameters, self.policy, held_out, drawn)
            return self._scored(scores, drawn, visit, held_out)

        return self.estimator.meta_step(loss, scored, trainable(self.policy), score)

    def _scored(
        self, scores: tuple[Tensor, Tensor], drawn: Drawn, visit: Visit, batch: list[Any]
    ) -> ScoredBatch:
        """Returns the scored batch, with the prior and features that the estimator needs."""
        log_prior_N = features_NF = None
        if self.guide is not None:
            log_prior_N = self.guide.log_prior(drawn, visit).to(self.device)
        if self.estimator.features:
            places = zip(drawn.examples, drawn.trajectories, strict=True)
            rows = [self.task.features(batch[example], program) for example, program in places]
            features_NF = torch.tensor(rows, device=self.device)
        return scored_batch(scores, drawn, len(batch), log_prior_N, features_NF)

    def on_validation_epoch_end(self) -> None:
        """Logs the programs executed so far, for curves of sample efficiency, and dev's figures."""
        if self.trainer.state.fn == "fit":
            executed = processes.total(self.memory.executed, self.device)
            self.log("programs/executed", float(executed))
            if self._dev_figures is None:
                self._dev_figures = dict(self.task.dev_figures(self._data()))
            self.log_dict({f"val/{name}": value for name, value in self._dev_figures.items()})

    def on_train_epoch_end(self) -> None:
        """Logs the memory's sizes."""
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
        sizes = self.memory.sizes(data.ids("train"), self.device)
        self.log_dict({f"memory/{name}": size for name, size in sizes.items()}, sync_dist=True)
