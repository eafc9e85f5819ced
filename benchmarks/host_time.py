"""Processor time of a training step outside the network, by part, in milliseconds a question.

    python benchmarks/host_time.py --root DIR --config gaca_wikisql_exhaustive.yaml
    python benchmarks/host_time.py --root DIR --trainer.devices=2 --trainer.strategy=ddp

Trains with the config and times the calls of each part with the clock of this process, which other
work on the machine changes less than the clock on the wall. A call within another counts for the
inner one only. The network is encoder, decoder, backward pass, clipping and optimiser; all other
parts together are the host's. Steps count from the second epoch on: the first one computes what is
kept. With several processes the report is the first one's. Options that are not the script's own
are those of `train.py`. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import json
import pstats
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import distributed

from sparse_rl import processes
from sparse_rl.analysis.results_page import machine, write_section
from sparse_rl.commands.programs import instantiate
from sparse_rl.config_files import find_config
from sparse_rl.modules import learner as learner_module
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.tables import policy as policy_module
from sparse_rl.modules.tables.policy import TablePolicy

FIXED = (
    "--data=WikiSQLDataModule",
    "--trainer.accelerator=cpu",
    "--trainer.limit_val_batches=0",
    "--trainer.max_epochs=1000",
    "--trainer.logger=CSVLogger",
    "--trainer.enable_progress_bar=false",
)
NETWORK = "network"
REST = "loop and the rest"
COLLECTIVES = ("all_reduce", "all_gather", "all_gather_into_tensor", "all_gather_object", "barrier")


class Parts:
    """Processor time by part; time within an inner part counts for that part only.

    Attributes:
        seconds: by part, since `begin`.
        calls: by part.
        undo: gives modules their own functions back.
    """

    def __init__(self) -> None:
        self.undo = contextlib.ExitStack()
        self.begin()

    def begin(self) -> None:
        """Starts anew."""
        self.seconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._open = [REST]
        self._since = time.process_time()

    def stop(self) -> dict[str, float]:
        """Returns the seconds of all parts."""
        self._charge()
        return dict(self.seconds)

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._charge()
        self._open.append(name)
        self.calls[name] += 1
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def _charge(self) -> None:
        now = time.process_time()
        self.seconds[self._open[-1]] += now - self._since
        self._since = now

    def time(self, owner: Any, attribute: str, name: str) -> None:
        """Times all calls of an attribute from now on."""
        function = getattr(owner, attribute)

        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        setattr(owner, attribute, timed)
        self.undo.callback(setattr, owner, attribute, function)

    def time_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Times an optimiser's step as the network's, but for the closure with the rest."""
        step: Callable[..., Any] = optimizer.step

        def timed(closure: Callable[[], Any]) -> Any:
            def inner() -> Any:
                with self.part(REST):
                    return closure()

            with self.part(NETWORK):
                return step(inner)

        optimizer.step = timed  # type: ignore[method-assign, assignment]


def time_parts(parts: Parts, trainer: pl.Trainer, learner: PolicyLearner) -> None:
    """Times the parts of all further steps of a training."""
    policy, guide, memory = learner.policy, learner.guide, learner.memory
    assert isinstance(policy, TablePolicy)
    for name in ("log_prob", "step", "read", "finish_expression"):
        parts.time(policy, name, NETWORK)
    parts.time(policy.encoder, "forward", NETWORK)
    parts.time(trainer.strategy, "backward", NETWORK)
    parts.time(trainer.precision_plugin, "clip_gradients", NETWORK)
    for optimizer in trainer.optimizers:
        parts.time_step(optimizer)
        parts.time(optimizer, "zero_grad", NETWORK)
    parts.time(policy, "encode", "collating")
    parts.time(learner_module, "draw", "drawing")
    parts.time(policy_module, "pack", "packing")
    parts.time(learner_module, "scored_batch", "estimating")
    parts.time(learner.estimator, "loss", "estimating")
    for name in ("file", "file_walk", "mark_explored"):
        parts.time(memory, name, "filing")
    if guide is not None:
        for name in ("log_prior", "teach", "absorb"):
            parts.time(guide, name, "prior")
    for name in ("log", "log_dict", "report"):
        parts.time(learner, name, "reporting")
    for name in COLLECTIVES:
        parts.time(distributed, name, "exchanges")


class Meter(pl.Callback):
    """Measures steps from the second epoch on, and ends the training.

    Args:
        steps: number of steps to measure.
        profile: profiles these steps instead of timing their parts; None to time them.
    """

    def __init__(self, steps: int, profile: cProfile.Profile | None) -> None:
        self.left = self.steps = steps
        self.profile = profile
        self.parts = Parts()
        self.questions = self.programs = 0
        self.wall = 0.0
        self.report: dict[str, Any] = {}

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if trainer.current_epoch == 0 or self.wall:
            return
        assert isinstance(pl_module, PolicyLearner)
        score = pl_module.policy.score

        def counted(*args: Any) -> Any:
            # Programs are also scored to draw from them; only the loss needs gradients.
            self.programs += len(args[1]) * torch.is_grad_enabled()
            return score(*args)

        pl_module.policy.score = counted  # type: ignore[method-assign]
        if self.profile is None:
            time_parts(self.parts, trainer, pl_module)
        self.wall = time.perf_counter()
        self.parts.begin()
        if self.profile is not None:
            self.profile.enable()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: list[Any],
        batch_idx: int,
    ) -> None:
        if not self.wall:
            return
        self.questions += len(batch)
        self.left -= 1
        if self.left == 0:
            if self.profile is not None:
                self.profile.disable()
            self._finish()
            trainer.should_stop = True

    def _finish(self) -> None:
        seconds = self.parts.stop()
        a_question = {k: 1000 * v / self.questions for k, v in sorted(seconds.items())}
        self.report = {
            "processes": processes.count(),
            "steps": self.steps,
            "questions_a_step": self.questions / self.steps,
            "programs_a_question": self.programs / self.questions,
            "ms_a_question": a_question,
            "host_ms_a_question": sum(v for k, v in a_question.items() if k != NETWORK),
            "wall_ms_a_question": 1000 * (time.perf_counter() - self.wall) / self.questions,
            "exchanges_a_step": self.parts.calls["exchanges"] / self.steps,
        }


def measure(arguments: list[str], steps: int, profile: cProfile.Profile | None) -> dict[str, Any]:
    """Trains with the command line's arguments, for one epoch and `steps` more steps."""
    meter = Meter(steps, profile)
    # The last line of stdout is the report's.
    folder = tempfile.TemporaryDirectory()
    with folder as logs, contextlib.redirect_stdout(sys.stderr), meter.parts.undo:
        cli = instantiate([*arguments, f"--trainer.logger.save_dir={logs}"])
        trainer = cli.trainer
        # Nothing is validated, so no checkpoint is the best one.
        kept = [c for c in trainer.callbacks if not isinstance(c, ModelCheckpoint)]  # type: ignore[attr-defined]
        trainer.callbacks = [*kept, meter]  # type: ignore[attr-defined]
        trainer.fit(cli.model, datamodule=cli.datamodule)
    return meter.report


def text(report: dict[str, Any], command: str) -> str:
    """The section of the result page."""
    parts = report["ms_a_question"]
    ordered = sorted((p for p in parts if p != NETWORK), key=lambda p: -parts[p])
    rows = "\n".join(f"| {name} | {parts[name]:.3f} |" for name in ordered)
    return (
        f"{report['steps']} steps of {report['questions_a_step']:.0f} questions with "
        f"{report['programs_a_question']:.1f} programs each, {report['processes']} process(es) "
        f"of one thread.\n\n| | ms of processor time a question |\n|---|--:|\n{rows}\n"
        f"| **all but the network** | **{report['host_ms_a_question']:.3f}** |\n"
        f"| network | {parts[NETWORK]:.3f} |\n\n`{command}`; {machine()}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--config", default="gaca_wikisql.yaml", help="training config")
    parser.add_argument("--limit", type=int, default=1000, help="training examples; 0: all")
    parser.add_argument("--steps", type=int, default=32, help="measured steps")
    parser.add_argument("--profile", type=int, default=0, help="print the N costliest functions")
    parser.add_argument("--out", type=Path, help="result page to write a section of")
    options, rest = parser.parse_known_args()
    torch.set_num_threads(1)
    arguments = [f"--config={find_config(options.config)}", *FIXED]
    arguments += [f"--data.root={options.root}", f"--data.limit={options.limit}", *rest]
    profile = cProfile.Profile(time.process_time) if options.profile else None
    report = measure(arguments, options.steps, profile)
    if processes.rank() > 0 or not report:
        return
    if profile is not None:
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(options.profile)
    if options.out:
        command = f"python benchmarks/host_time.py --root DIR --config {options.config}"
        title = f"Host time of a step, {Path(options.config).stem}"
        write_section(options.out, title, text(report, " ".join([command, *rest])))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
