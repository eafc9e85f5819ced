"""The end-to-end training step against the bare PyTorch step on the same tensors, in one run.

    python benchmarks/train_step.py --root DIR --config gaca_wikisql.yaml --threads 2
    python benchmarks/train_step.py --root DIR --model.estimator=Mapo --model.task.hidden=200

The Trainer fits the config's learner. After every few steps it pauses, and a copy of the network
repeats them bare: it is given the tensors and coefficients that those steps ended up with, so that
encoding, scoring, backward pass, clipping and the optimiser are all that is left. Both networks
thus see the same steps in the same order, and `weights_difference` shows that they stay equal.
Options that are not the script's own are those of `train.py`.

Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

from sparse_rl.commands.programs import instantiate
from sparse_rl.config_files import find_config
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.tables.packing import PackedTrajectories, SlotMap
from sparse_rl.modules.tables.policy import EncodedTables, TablePolicy

# The logger and the data are the script's own; a large number of epochs, because steps end it.
FIXED = (
    "--data=WikiSQLDataModule",
    "--trainer.limit_val_batches=0",
    "--trainer.max_epochs=1000",
    "--trainer.logger=CSVLogger",
)


@dataclass
class Step:
    """What a training step computed with.

    Attributes:
        inputs: the collated batch, as the encoder takes it.
        slot_map: its slots.
        packed: the trajectories that were scored for the loss.
        lr: learning rate.
        coefficient_N: gradient of the loss by each trajectory's log-probability.
        entropy_coefficient_N: the same by its entropy; None where the loss has none.
    """

    inputs: tuple[Any, ...]
    slot_map: SlotMap
    packed: PackedTrajectories
    lr: float
    coefficient_N: Tensor = field(init=False)
    entropy_coefficient_N: Tensor | None = None


class Recorder:
    """Keeps the tensors of every step of a policy under training.

    Args:
        policy: is observed from now on.
        optimizer: the one that trains it.
    """

    def __init__(self, policy: TablePolicy, optimizer: torch.optim.Optimizer) -> None:
        self.steps: list[Step] = []
        self._optimizer = optimizer
        self._inputs: tuple[Any, ...]
        self._log_prob = policy.log_prob
        policy.encoder.register_forward_pre_hook(self._keep_inputs)
        policy.log_prob = self._recorded_log_prob  # type: ignore[method-assign]

    def take(self) -> list[Step]:
        """The steps since the last call."""
        steps, self.steps = self.steps, []
        return steps

    def _keep_inputs(self, _: torch.nn.Module, arguments: tuple[Any, ...]) -> None:
        self._inputs = arguments

    def _recorded_log_prob(
        self, encoded: EncodedTables, packed: PackedTrajectories
    ) -> tuple[Tensor, Tensor]:
        log_prob_N, entropy_N = self._log_prob(encoded, packed)
        # Programs are also scored to draw from them; only the loss needs gradients.
        if torch.is_grad_enabled():
            lr = self._optimizer.param_groups[0]["lr"]
            step = Step(self._inputs, encoded.slot_map, packed, lr)
            self.steps.append(step)
            for value_N, name in (
                (log_prob_N, "coefficient_N"),
                (entropy_N, "entropy_coefficient_N"),
            ):
                value_N.register_hook(partial(setattr, step, name))  # type: ignore[no-untyped-call]
        return log_prob_N, entropy_N


def bare_step(
    policy: TablePolicy, optimizer: torch.optim.Optimizer, step: Step, trainer: pl.Trainer
) -> None:
    """Forward, backward, clip and update on given tensors; nothing else."""
    for group in optimizer.param_groups:
        group["lr"] = step.lr
    with trainer.precision_plugin.forward_context():
        encoded = EncodedTables(policy.encoder(*step.inputs), step.slot_map)
        log_prob_N, entropy_N = policy.log_prob(encoded, step.packed)
        loss = (log_prob_N * step.coefficient_N).sum()
        if step.entropy_coefficient_N is not None:
            loss = loss + (entropy_N * step.entropy_coefficient_N).sum()
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    if trainer.gradient_clip_val:
        torch.nn.utils.clip_grad_norm_(policy.parameters(), trainer.gradient_clip_val)
    optimizer.step()


class Clock:
    """Seconds of wall time and of this process's CPU time since the start."""

    def __init__(self) -> None:
        _synchronize()
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def stop(self) -> tuple[float, float]:
        _synchronize()
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def utilization() -> float | None:
    """Per cent of the last moments in which the GPU was busy; None without one, or without NVML."""
    try:
        return torch.cuda.utilization() if torch.cuda.is_available() else None
    except ModuleNotFoundError:
        return None


def _synchronize() -> None:
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()


@dataclass(frozen=True)
class Block:
    """A few steps: end to end, and bare; each as seconds of wall and of CPU time.

    `parts` are the `seconds/` that the learner has logged last; `busy` is the GPU's utilisation.
    """

    epoch: int
    steps: int
    examples: int
    full: tuple[float, float]
    bare: tuple[float, float]
    parts: dict[str, float]
    busy: float | None


class Meter(pl.Callback):
    """Times blocks of steps, and repeats each bare before training goes on.

    Args:
        steps: training stops after so many from the second epoch on.
        block: steps per block.
    """

    def __init__(self, steps: int, block: int) -> None:
        self.steps = steps
        self.block = block
        self.blocks: list[Block] = []
        self.weights_difference = 0.0
        self.trajectories = 0
        self._examples: list[int] = []
        self._clock: Clock | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, PolicyLearner)
        optimizer = trainer.optimizers[0]
        self._bare = copy.deepcopy(pl_module.policy)
        self._optimizer = type(optimizer)(self._bare.parameters(), **optimizer.defaults)
        self._recorder = Recorder(pl_module.policy, optimizer)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # What lies between two epochs is not counted.
        self._examples, self._clock = [], None

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self._clock = self._clock or Clock()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: list[Example],
        batch_idx: int,
    ) -> None:
        self._examples.append(len(batch))
        if len(self._examples) < self.block and batch_idx + 1 < trainer.num_training_batches:
            return
        assert self._clock is not None
        busy, full = utilization(), self._clock.stop()
        logged = trainer.callback_metrics.items()
        parts = {name: float(value) for name, value in logged if name.startswith("seconds/")}
        steps = self._recorder.take()
        clock = Clock()
        for step in steps:
            bare_step(self._bare, self._optimizer, step, trainer)
        bare = clock.stop()
        sizes = len(self._examples), sum(self._examples)
        self.blocks.append(Block(trainer.current_epoch, *sizes, full, bare, parts, busy))
        if trainer.current_epoch > 0:
            self.steps -= len(self._examples)
            self.trajectories += sum(len(step.packed) for step in steps)
            trainer.should_stop = self.steps <= 0
        # From here on, so that fetching, callbacks and logging between the steps are counted.
        self._examples, self._clock = [], Clock()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, PolicyLearner)
        pairs = zip(self._bare.parameters(), pl_module.policy.parameters(), strict=True)
        self.weights_difference = max(float((a - b).detach().abs().max()) for a, b in pairs)

    def report(self) -> dict[str, float]:
        """Medians over the blocks of the second epoch and later."""
        first = [block for block in self.blocks if block.epoch == 0]
        steady = [block for block in self.blocks if block.epoch > 0]
        if not steady:
            raise SystemExit("raise --steps: no step of the second epoch was measured")
        ratios = [block.full[0] / block.bare[0] for block in steady]
        examples = sum(block.examples for block in steady)
        names = sorted({name for block in steady for name in block.parts})
        busy = [block.busy for block in steady if block.busy is not None]
        return {
            "examples_per_second": statistics.median(b.examples / b.full[0] for b in steady),
            "steps_per_second": statistics.median(b.steps / b.full[0] for b in steady),
            # Of single steps. On a GPU, work that is queued in one part is waited for in another.
            **{
                name: statistics.median(b.parts[name] for b in steady if name in b.parts)
                for name in names
            },
            **({"gpu_utilization": statistics.mean(busy)} if busy else {}),
            "bare_examples_per_second": statistics.median(b.examples / b.bare[0] for b in steady),
            # Of each block with itself: blocks differ in length, and machines in what else they do.
            "ratio": statistics.median(ratios),
            "cpu_ratio": statistics.median(b.full[1] / b.bare[1] for b in steady),
            "threads": torch.get_num_threads(),
            "first_epoch_examples_per_second": sum(b.examples for b in first)
            / sum(b.full[0] for b in first),
            "ratio_min": min(ratios),
            "ratio_max": max(ratios),
            "blocks": len(steady),
            "programs_per_example": self.trajectories / examples,
            "weights_difference": self.weights_difference,
        }


def measure(arguments: list[str], steps: int, block: int) -> dict[str, float]:
    """Trains with the command line's arguments, for one epoch and `steps` more steps."""
    meter = Meter(steps, block)
    # The last line of stdout is the report's.
    with tempfile.TemporaryDirectory() as logs, contextlib.redirect_stdout(sys.stderr):
        cli = instantiate([*arguments, f"--trainer.logger.save_dir={logs}"])
        trainer = cli.trainer
        # Nothing is validated, so no checkpoint is the best one.
        kept = [c for c in trainer.callbacks if not isinstance(c, ModelCheckpoint)]  # type: ignore[attr-defined]
        trainer.callbacks = [*kept, meter]  # type: ignore[attr-defined]
        trainer.fit(cli.model, datamodule=cli.datamodule)
    return meter.report()


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Compares the end-to-end training step with the bare step on its tensors; "
        "further options are train.py's.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--config", default="gaca_wikisql.yaml", help="training config")
    parser.add_argument("--steps", type=int, default=64, help="measured steps, at least 1")
    parser.add_argument("--block", type=int, default=4, help="steps before the two take turns")
    parser.add_argument("--limit", type=int, default=2000, help="training examples; 0: all")
    parser.add_argument("--threads", type=int, default=0, help="torch threads; 0: torch's choice")
    options, rest = parser.parse_known_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    own = [f"--config={find_config(options.config)}", *FIXED]
    data = [f"--data.root={options.root}", f"--data.limit={options.limit}"]
    print(json.dumps(measure([*own, *data, *rest], options.steps, options.block)))


if __name__ == "__main__":
    main()
