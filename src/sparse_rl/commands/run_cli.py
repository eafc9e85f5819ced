"""Command line of every run, for any kind of model: fit, validate, test and predict.

A family of models subclasses `RunCLI` and builds it with its own LightningModule:

    class ControlCLI(RunCLI):
        monitor = "val/return"

    build(ControlCLI, ["fit", "--config=cartpole.yaml"], model=ActorCritic)
"""

from __future__ import annotations

import json
import sys
from argparse import SUPPRESS
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import pytorch_lightning as pl
from jsonargparse import ArgumentError
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI
from pytorch_lightning.utilities.exceptions import SIGTERMException

from sparse_rl import processes
from sparse_rl.analysis.diagnosis import Training, diagnosis_lines
from sparse_rl.analysis.runs import of_training, read_metrics
from sparse_rl.callbacks.checkpoint_io import AtomicCheckpointIO
from sparse_rl.callbacks.checkpoints import BestCheckpoint, LastCheckpoint
from sparse_rl.callbacks.clock import TrainingClock
from sparse_rl.callbacks.opening import Opening
from sparse_rl.callbacks.preemption import Preemption
from sparse_rl.callbacks.random_state import RandomState
from sparse_rl.callbacks.run_folder import claim_run_folder, drop_unused, folder_of_runs
from sparse_rl.callbacks.wandb import Wandb
from sparse_rl.commands.lightning_errors import in_one_line
from sparse_rl.commands.null_options import refuse_nulls
from sparse_rl.commands.option_errors import explain
from sparse_rl.commands.trainer_options import check_trainer_options
from sparse_rl.errors import CheckpointError, DataError, SparseRLError
from sparse_rl.folders import run_folder, write_json
from sparse_rl.lifetime import announce
from sparse_rl.narrow import narrow
from sparse_rl.quiet import set_quiet
from sparse_rl.run_names import find_checkpoint


class RunCLI(LightningCLI):
    """Runs Lightning's commands; `fit` ends with a test, the others need a checkpoint.

    Attributes:
        monitor: logged metric that chooses the best checkpoint; `--best_checkpoint.monitor` has
            precedence.
        mode: "max" or "min".
        monitors: metrics that can choose it; any if empty.
    """

    monitor: ClassVar[str] = "val/loss"
    mode: ClassVar[str] = "min"
    monitors: ClassVar[tuple[str, ...]] = ()

    # ---- for families to override

    def subject(self) -> str:
        """First line of a training: the model and its data."""
        return f"{type(self.model).__name__} on {type(self.datamodule).__name__}"

    def summary(self, test: Mapping[str, float]) -> dict[str, Any]:
        """Computes further keys of test_metrics.json from the test's metrics."""
        return {}

    def announce(self, report: Mapping[str, Any], path: Path) -> None:
        """Prints the result of a test.

        Args:
            report: content of test_metrics.json.
            path: path of that file.
        """
        found = ", ".join(f"{name} {value:.4g}" for name, value in report["test"].items())
        print(narrow(found), f"Written to {path}", sep="\n")

    # ---- options

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        # Only the subcommand in use: collecting the options of all four takes a second.
        return {n: s for n, s in LightningCLI.subcommands().items() if [n] == sys.argv[1:2]}

    def setup_parser(
        self, add_subcommands: bool, main_kwargs: dict[str, Any], subparser_kwargs: dict[str, Any]
    ) -> None:
        super().setup_parser(add_subcommands, main_kwargs, subparser_kwargs)
        if not add_subcommands:
            # A run's own config has these options of `fit`, which mean nothing here.
            for name in ("ckpt_path", "weights_only"):
                self.parser.add_argument(f"--{name}", help=SUPPRESS)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        self._options = parser  # For the nearest name of an unknown option.
        parser.add_lightning_class_args(BestCheckpoint, "best_checkpoint")
        parser.set_defaults(
            {"best_checkpoint.monitor": self.monitor, "best_checkpoint.mode": self.mode}
        )
        parser.add_lightning_class_args(LastCheckpoint, "last_checkpoint")
        parser.add_lightning_class_args(Wandb, "wandb")
        parser.add_argument(
            "--quiet",
            type=bool,
            default=True,
            help="leave out libraries' routine messages; --verbose shows them",
        )

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        try:
            super().parse_arguments(parser, args)
        except ArgumentError as error:
            known = vars(self._options.get_defaults().as_flat())
            raise SparseRLError(explain(str(error), known)) from error
        # Before the seed is set, which Lightning reports.
        options = self.config.get(self.config.get("subcommand"), self.config)
        check_trainer_options(options, self.monitors)
        refuse_nulls(options)
        set_quiet(options["quiet"])

    def instantiate_classes(self) -> None:
        try:
            with in_one_line():
                super().instantiate_classes()
        except ValueError as error:
            # A class refused an option; jsonargparse wraps its message.
            if "Does not validate" not in str(error):
                raise
            raise SparseRLError(explain(str(error), ())) from error

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        announce()  # To the ranks that Lightning starts.
        plugins = [*_listed(self._get(self.config_init, "trainer.plugins")), AtomicCheckpointIO()]
        # Before all others, such as a warm start, which may take minutes.
        callbacks = [
            Opening(self._opening),
            *_listed(self._get(self.config_init, "trainer.callbacks")),
        ]
        return super().instantiate_trainer(**{**kwargs, "plugins": plugins, "callbacks": callbacks})

    def _opening(self) -> str:
        return f"{self.subject()}; seed {self._get(self.config, 'seed_everything')}"

    def _run_subcommand(self, subcommand: str) -> None:
        self._claimed: list[Path] = []
        try:
            with in_one_line(lambda: self._get(self.config, "ckpt_path")), processes.together():
                super()._run_subcommand(subcommand)
        except SparseRLError:
            drop_unused(self._claimed)
            raise
        except SIGTERMException:
            callbacks = self.trainer.callbacks  # type: ignore[attr-defined]
            if any(isinstance(c, Preemption) and c.interrupted for c in callbacks):
                raise KeyboardInterrupt from None
            raise

    # ---- checkpoints

    def _need_checkpoint(self) -> None:
        if self._get(self.config, "ckpt_path") is None:
            raise CheckpointError("give --ckpt_path a checkpoint: the policy is untrained")
        self._find_checkpoint()

    before_validate = before_predict = _need_checkpoint

    def before_test(self) -> None:
        self._need_checkpoint()
        if not self._is_scored():
            raise DataError("run sparse-rl predict: no test example has an answer to be scored by")

    def _is_scored(self) -> bool:
        """Whether the test has an example that can be right or wrong."""
        scored = getattr(self.datamodule, "scored", None)
        return scored is None or bool(scored("test"))

    def _find_checkpoint(self) -> None:
        """Resolves --ckpt_path: "best" and "last" are of the newest run of this config."""
        path = self._get(self.config, "ckpt_path")
        if path is not None:
            found = str(find_checkpoint(path, runs=folder_of_runs(self.trainer)))
            for config in (self.config, self.config_init):
                config[self.subcommand]["ckpt_path"] = found
        self._claim_folder()

    def _claim_folder(self) -> None:
        if not self.trainer.fast_dev_run:  # type: ignore[attr-defined]
            self._claimed = claim_run_folder(self.trainer)

    before_fit = _find_checkpoint

    def _parse_ckpt_path(self) -> None:
        """Does nothing: Lightning reads a checkpoint's options here, and ours have none."""

    # ---- the test

    def after_fit(self) -> None:
        if self.trainer.interrupted or self.trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        (checkpoint,) = (c for c in self.trainer.callbacks if isinstance(c, BestCheckpoint))  # type: ignore[attr-defined]
        best = checkpoint.best_model_path
        if not best:
            self._say_untested()
            return
        dev = self.trainer.validate(
            self.model, datamodule=self.datamodule, ckpt_path=best, verbose=False
        )[0]
        if not self._is_scored():
            self.trainer.predict(self.model, datamodule=self.datamodule, ckpt_path=best)
            print("no test example has an answer: they are predicted, not scored")
        else:
            self.trainer.test(self.model, datamodule=self.datamodule, ckpt_path=best, verbose=False)
            self._report_test(best, dev)
        self._diagnose(checkpoint)

    def _say_untested(self) -> None:
        """Says that a training ended before its first validation, and how to go on."""
        folder = run_folder(self.trainer)  # A collective call, so it comes first.
        if self.trainer.is_global_zero:
            told = (
                f"not tested: training ended at step {self.trainer.global_step}, before its first "
                "validation. Raise trainer.max_steps, max_epochs or limit_val_batches, with "
                f"--ckpt_path={folder / 'checkpoints' / 'last.ckpt'} to go on"
            )
            print(narrow(told))

    def _diagnose(self, checkpoint: BestCheckpoint) -> None:
        """Says in words what the figures of the training show."""
        folder = run_folder(self.trainer)  # A collective call, so it comes first.
        if not self.trainer.is_global_zero:
            return
        monitor = str(checkpoint.monitor)
        rows = of_training(read_metrics(folder), monitor)
        mode: Literal["max", "min"] = "min" if checkpoint.mode == "min" else "max"
        if rows:
            print(*map(narrow, diagnosis_lines(Training(rows, monitor, mode))), sep="\n")

    def after_test(self) -> None:
        self._report_test(self._get(self.config, "ckpt_path"))

    def _report_test(self, checkpoint: str, dev: Mapping[str, float] | None = None) -> None:
        """Writes test_metrics.json into the run's folder."""
        folder = run_folder(self.trainer)  # A collective call, so it comes first.
        if not self.trainer.is_global_zero:
            return
        test = {name: float(value) for name, value in self.trainer.callback_metrics.items()}
        report = {
            **self.summary(test),
            "test": test,
            "dev": dict(dev or {}),
            "checkpoint": str(checkpoint),
            "config": json.loads(self.parser.dump(self.config, format="json"))[self.subcommand],
        }
        path = folder / "test_metrics.json"
        # Atomic: to a sweep, a run with this file is finished.
        write_json(path, report)
        self.announce(report, path)


def _listed(value: Any) -> list[Any]:
    """Returns an option as a list; the option may be a list, one item, or None."""
    return value if isinstance(value, list) else [] if value is None else [value]


CLI = TypeVar("CLI", bound=RunCLI)


def build(
    kind: type[CLI],
    args: list[str],
    model: type[pl.LightningModule],
    callbacks: Sequence[pl.Callback] = (),
    trainer_defaults: Mapping[str, Any] | None = None,
    **options: Any,
) -> CLI:
    """Runs a Lightning subcommand; with `run=False`, only makes model, data and trainer.

    Args:
        kind: command line of the family.
        args: the subcommand, if it is to run, and its options.
        model: class of the trained model.
        callbacks: callbacks of the family, in addition to those of every run.
        trainer_defaults: the family's default options of the trainer.
        options: further options of LightningCLI.

    Raises:
        SparseRLError: an option is unknown or has a wrong value.
    """
    defaults = {
        "callbacks": [*callbacks, RandomState(), TrainingClock(), Preemption()],
        # The summary takes a screen and counts no floating-point operations.
        "enable_model_summary": False,
        **(trainer_defaults or {}),
    }
    with command_line(args):
        return kind(
            model,
            pl.LightningDataModule,
            subclass_mode_data=True,
            trainer_defaults=defaults,
            seed_everything_default=0,
            # Models choose their own.
            auto_configure_optimizers=False,
            save_config_kwargs={"overwrite": True},
            # Without abbreviations: a typo must not become another option.
            parser_kwargs={"exit_on_error": False, "allow_abbrev": False},
            **options,
        )


@contextmanager
def command_line(args: list[str]) -> Iterator[None]:
    """Puts arguments into sys.argv, as LightningCLI warns when it gets them otherwise."""
    argv = sys.argv
    sys.argv = [argv[0], *args]
    try:
        yield
    finally:
        sys.argv = argv
