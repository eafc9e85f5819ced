"""The LightningCLI behind fit, validate, test and predict."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from jsonargparse import ArgumentError
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI

import sparse_rl.datamodules.mazes.textworld
import sparse_rl.datamodules.quickstart.quickstart
import sparse_rl.datamodules.tables.own_tables
import sparse_rl.datamodules.tables.wikisql
import sparse_rl.datamodules.tables.wikitablequestions
import sparse_rl.estimators
import sparse_rl.modules.mazes.bigram_score
import sparse_rl.modules.mazes.maze_task
import sparse_rl.modules.tables.table_task
import sparse_rl.modules.tables.transformer_task  # noqa: F401
from sparse_rl.callbacks.async_explore import AsyncExplore
from sparse_rl.callbacks.checkpoint_io import AtomicCheckpointIO
from sparse_rl.callbacks.checkpoints import BestCheckpoint, LastCheckpoint
from sparse_rl.callbacks.clock import TrainingClock
from sparse_rl.callbacks.predictions import PredictionWriter, run_folder
from sparse_rl.callbacks.preemption import Preemption
from sparse_rl.callbacks.random_state import RandomState
from sparse_rl.callbacks.wandb import Wandb
from sparse_rl.callbacks.warm_start import WarmStart
from sparse_rl.checkpoint_file import CheckpointError
from sparse_rl.commands.option_errors import explain
from sparse_rl.errors import SparseRLError
from sparse_rl.folders import write_json
from sparse_rl.modules.learner import PolicyLearner


class TrainingCLI(LightningCLI):
    """`fit` ends with the test of the best checkpoint; the others need one."""

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        # That of the command line alone: collecting the options of all four takes a second.
        return {n: s for n, s in LightningCLI.subcommands().items() if [n] == sys.argv[1:2]}

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        try:
            super().parse_arguments(parser, args)
        except ArgumentError as error:
            known = vars(self._options.get_defaults().as_flat())
            raise SparseRLError(explain(str(error), known)) from error

    def instantiate_classes(self) -> None:
        try:
            super().instantiate_classes()
        except ValueError as error:
            # An estimator or network that refuses an option; jsonargparse wraps what it says.
            if "Does not validate" not in str(error):
                raise
            raise SparseRLError(explain(str(error), ())) from error

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        self._options = parser  # An unknown option is answered with the nearest of its own.
        parser.add_lightning_class_args(WarmStart, "warm_start")
        parser.add_lightning_class_args(AsyncExplore, "async_explore")
        parser.add_lightning_class_args(BestCheckpoint, "best_checkpoint")
        parser.add_lightning_class_args(LastCheckpoint, "last_checkpoint")
        parser.add_lightning_class_args(Wandb, "wandb")
        parser.add_argument(
            "--show",
            type=int,
            default=0,
            help="after a test, print so many questions with programs",
        )

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        plugins = [*(self._get(self.config_init, "trainer.plugins") or []), AtomicCheckpointIO()]
        return super().instantiate_trainer(**{**kwargs, "plugins": plugins})

    def after_fit(self) -> None:
        if self.trainer.interrupted or self.trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        (checkpoint,) = (c for c in self.trainer.callbacks if isinstance(c, BestCheckpoint))  # type: ignore[attr-defined]
        best = checkpoint.best_model_path
        if not best:
            raise CheckpointError("let training reach a validation: there is no checkpoint to test")
        dev = self.trainer.validate(
            self.model, datamodule=self.datamodule, ckpt_path=best, verbose=False
        )[0]
        self.trainer.test(self.model, datamodule=self.datamodule, ckpt_path=best, verbose=False)
        self._report_test(best, dev)

    def _need_checkpoint(self) -> None:
        if self._get(self.config, "ckpt_path") is None:
            raise CheckpointError("give --ckpt_path a checkpoint: an untrained policy is no result")
        self._find_checkpoint()

    before_validate = before_test = before_predict = _need_checkpoint

    def _find_checkpoint(self) -> None:
        """Checks --ckpt_path; "best" and "last" are those of the newest run of this config."""
        path = self._get(self.config, "ckpt_path")
        if path in ("best", "last"):
            name = f"{path}.ckpt"
            runs = run_folder(self.trainer).parent
            found = sorted(runs.glob(f"*/checkpoints/{name}"), key=lambda p: p.stat().st_mtime)
            if not found:
                raise CheckpointError(
                    f"train first, or give --ckpt_path a file: no {name} in {runs}"
                )
            path = str(found[-1])
            for config in (self.config, self.config_init):
                config[self.subcommand]["ckpt_path"] = path
        if path is not None and not Path(path).is_file():
            raise CheckpointError(f"give --ckpt_path an existing checkpoint: no file {path}")

    before_fit = _find_checkpoint

    def after_test(self) -> None:
        self._report_test(self._get(self.config, "ckpt_path"))

    def _report_test(self, checkpoint: str, dev: Mapping[str, float] | None = None) -> None:
        """Writes test_metrics.json into the run's folder, and shows some programs."""
        folder = run_folder(self.trainer)  # Asks all processes, so it comes first.
        if not self.trainer.is_global_zero:
            return
        metrics = {name: float(value) for name, value in self.trainer.callback_metrics.items()}
        folder.mkdir(parents=True, exist_ok=True)
        count = len(self.datamodule.examples("test"))
        answerable = metrics["test/answerable"]
        report = {
            "accuracy": metrics["test/beam_accuracy"],
            "greedy_accuracy": metrics["test/greedy_accuracy"],
            "answerable_accuracy": metrics["test/beam_accuracy"] / answerable
            if answerable
            else None,
            "count": count,
            "answerable": round(answerable * count),
            "undecided": round(metrics["test/undecided"] * count),
            "dev": dict(dev or {}),
            "checkpoint": str(checkpoint),
            "config": json.loads(self.parser.dump(self.config, format="json"))[self.subcommand],
        }
        undecided = f"; {report['undecided']} were not decided" if report["undecided"] else ""
        path = folder / "test_metrics.json"
        # Complete or not there: a sweep takes a run that has it for finished.
        write_json(path, report)
        right = f", of these {report['answerable_accuracy']:.1%} are right" if answerable else ""
        print(
            f"test accuracy {report['accuracy']:.1%} with beam search, "
            f"{report['greedy_accuracy']:.1%} greedy, of {count} questions; a program of the "
            f"language can answer {report['answerable']} of them{right}{undecided}. "
            f"Written to {path}"
        )
        self._show_programs()

    def _show_programs(self) -> None:
        """Prints some questions, spread over the split, with the programs found for them."""
        show = self._get(self.config, "show")
        examples = self.datamodule.examples("test")
        if not show or not examples:
            return
        chosen = examples[:: -(-len(examples) // show)]
        for line in self.model.predict_step(chosen, 0):
            mark = "right" if line["reward"] else "wrong"
            print(f"\n{line['question']}\n  {line['program']}\n  {line['denotation']} ({mark})")


def train(args: list[str]) -> None:
    """Runs a Lightning subcommand.

    Raises:
        SparseRLError: an option is unknown or has a wrong value.
    """
    build(args)


def instantiate(args: list[str]) -> TrainingCLI:
    """Model, data and trainer of a config, without running anything.

    Raises:
        SparseRLError: an option is unknown or has a wrong value.
    """
    return build(args, run=False, save_config_callback=None)


@contextmanager
def command_line(args: list[str]) -> Iterator[None]:
    """LightningCLI reads sys.argv, and warns when it is given arguments beside it."""
    argv = sys.argv
    sys.argv = [argv[0], *args]
    try:
        yield
    finally:
        sys.argv = argv


def build(args: list[str], kind: type[TrainingCLI] = TrainingCLI, **options: Any) -> TrainingCLI:
    callbacks = [PredictionWriter(), RandomState(), TrainingClock(), Preemption()]
    with command_line(args):
        return kind(
            PolicyLearner,
            pl.LightningDataModule,
            subclass_mode_data=True,
            # The datamodules deal the examples out themselves.
            trainer_defaults={"callbacks": callbacks, "use_distributed_sampler": False},
            seed_everything_default=0,
            save_config_kwargs={"overwrite": True},
            # Without abbreviations: a typo must not become another option.
            parser_kwargs={"exit_on_error": False, "allow_abbrev": False},
            **options,
        )
