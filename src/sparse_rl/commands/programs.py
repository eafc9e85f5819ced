"""The command line of policies that write programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pytorch_lightning.cli import LightningArgumentParser

import sparse_rl.datamodules.countdown.countdown
import sparse_rl.datamodules.everyday.everyday
import sparse_rl.datamodules.mazes.textworld
import sparse_rl.datamodules.quickstart.quickstart
import sparse_rl.datamodules.tables.own_tables
import sparse_rl.datamodules.tables.wikisql
import sparse_rl.datamodules.tables.wikitablequestions
import sparse_rl.datamodules.worlds
import sparse_rl.estimators
import sparse_rl.modules.language_models.completion_task
import sparse_rl.modules.language_models.spelled_task
import sparse_rl.modules.mazes.bigram_score
import sparse_rl.modules.mazes.maze_task
import sparse_rl.modules.tables.spelled_task
import sparse_rl.modules.tables.table_task
import sparse_rl.modules.tables.transformer_task
import sparse_rl.modules.world_task  # noqa: F401
from sparse_rl.analysis.runs import DEV_METRICS
from sparse_rl.callbacks.averaging import AverageWeights
from sparse_rl.callbacks.predictions import PredictionWriter
from sparse_rl.callbacks.warm_start import WarmStart
from sparse_rl.commands import run_cli
from sparse_rl.commands.run_cli import RunCLI
from sparse_rl.modules.evaluation import summary_of_test
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.narrow import narrow
from sparse_rl.run_names import find_checkpoint


class ProgramCLI(RunCLI):
    """Adds warm start and exploration to the command line, and reports right programs."""

    monitor = "val/greedy_accuracy"
    mode = "max"
    monitors = DEV_METRICS

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        parser.add_lightning_class_args(WarmStart, "warm_start")
        parser.add_lightning_class_args(AverageWeights, "average_weights")
        super().add_arguments_to_parser(parser)
        parser.add_argument(
            "--init_from",
            type=str | None,
            default=None,
            help="checkpoint whose weights and vocabulary a new training begins with (fit)",
        )
        parser.add_argument(
            "--show",
            type=int,
            default=0,
            help="questions to print with their programs after a test",
        )

    def before_fit(self) -> None:
        path = self._get(self.config, "init_from")
        # A resumed run has its checkpoint's weights.
        if path is not None and self._get(self.config, "ckpt_path") is None:
            self.model.init_from = str(find_checkpoint(path, "--init_from"))
        self._find_checkpoint()

    def subject(self) -> str:
        learner, data = self.model, self.datamodule
        train, dev = (len(data.examples(split)) for split in ("train", "dev"))
        begin = f", with the weights of {learner.init_from}" if learner.init_from else ""
        return (
            f"{type(learner.estimator).__name__} with {type(learner.task).__name__} on "
            f"{type(data).__name__.removesuffix('DataModule')}: {train:,} training, {dev:,} dev "
            f"examples{begin}"
        )

    def summary(self, test: Mapping[str, float]) -> dict[str, Any]:
        found = summary_of_test(test, len(self.datamodule.scored("test")))
        return {**found, "data": self.datamodule.contents("test")}

    def announce(self, report: Mapping[str, Any], path: Path) -> None:
        among = report["answerable_accuracy"]
        right = "" if among is None else f", of these {among:.1%} are right"
        unknown = report["undecided"]
        undecided = f"; {unknown} were not decided" if unknown else ""
        told = (
            f"test accuracy {report['accuracy']:.1%} with beam search, "
            f"{report['greedy_accuracy']:.1%} greedy, of {report['count']:,} questions;\n"
            f"a program of the language can answer {report['answerable']:,} of them"
            f"{right}{undecided}."
        )
        print(narrow(told), f"Written to {path}", sep="\n")
        unscored = len(self.datamodule.examples("test")) - report["count"]
        if unscored > 0:
            told = f"{unscored} questions have no answer: sparse-rl predict writes their programs"
            print(narrow(told))
        self._show_programs()

    def _show_programs(self) -> None:
        """Prints questions, spread over the split, with the programs found for them."""
        show = self._get(self.config, "show")
        examples = self.datamodule.examples("test")
        if not show or not examples:
            return
        chosen = examples[:: -(-len(examples) // show)]
        for line in self.model.predict_step(chosen, 0):
            right = line["reward"]
            mark = "no answer to compare with" if right is None else "right" if right else "wrong"
            print(f"\n{line['question']}\n  {line['program']}\n  {line['denotation']} ({mark})")


CLI = TypeVar("CLI", bound=ProgramCLI)


def train(args: list[str]) -> None:
    """Runs a Lightning subcommand.

    Raises:
        SparseRLError: an option is unknown or has a wrong value.
    """
    build(ProgramCLI, args)


def instantiate(args: list[str]) -> ProgramCLI:
    """Makes model, data and trainer of a config, without running anything.

    Raises:
        SparseRLError: an option is unknown or has a wrong value.
    """
    return build(ProgramCLI, args, run=False, save_config_callback=None)


def build(kind: type[CLI], args: list[str], **options: Any) -> CLI:
    """`run_cli.build` for a learner of programs."""
    return run_cli.build(
        kind,
        args,
        PolicyLearner,
        callbacks=[PredictionWriter()],
        # The data modules distribute the examples themselves.
        trainer_defaults={"use_distributed_sampler": False},
        **options,
    )
