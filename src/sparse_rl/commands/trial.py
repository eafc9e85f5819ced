"""Trying the options of `fit` without running anything."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
from jsonargparse import Namespace
from pytorch_lightning.cli import LightningArgumentParser

from sparse_rl.commands.programs import ProgramCLI, build
from sparse_rl.commands.run_cli import command_line


class TrialCLI(ProgramCLI):
    """Tries options without running or writing anything; see `trial`."""

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        self.config = Namespace({"seed_everything": False})  # type: ignore[no-untyped-call]

    def instantiate_classes(self) -> None:
        """Not before there are options."""

    def instantiate_trainer(self, **kwargs: Any) -> Any:
        """None is needed."""

    def attempt(self, args: list[str]) -> pl.LightningDataModule:
        """The datamodule of a config and its options.

        Raises:
            SparseRLError: what `fit` would say of them.
        """
        with command_line(args):
            super().parse_arguments(self.parser, None)
        super().instantiate_classes()
        data: pl.LightningDataModule = self.datamodule
        return data


def trial() -> TrialCLI:
    """The options of `fit`, to be tried."""
    return build(TrialCLI, [], run=False, save_config_callback=None)
