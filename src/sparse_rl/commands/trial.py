"""Trial of the options of `fit`, without running anything."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
from jsonargparse import Namespace
from pytorch_lightning.cli import LightningArgumentParser

from sparse_rl.commands.run_cli import RunCLI, command_line


class TrialCLI(RunCLI):
    """Tries options without running or writing anything; see `trial`."""

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        self.config = Namespace({"seed_everything": False})  # type: ignore[no-untyped-call]

    def instantiate_classes(self) -> None:
        """Does nothing: there are no options yet."""

    def instantiate_trainer(self, **kwargs: Any) -> Any:
        """Makes none."""

    def attempt(self, args: list[str]) -> pl.LightningDataModule:
        """Makes the data module of a config and its options.

        Raises:
            SparseRLError: `fit` would refuse the options.
        """
        with command_line(args):
            super().parse_arguments(self.parser, None)
        super().instantiate_classes()
        data: pl.LightningDataModule = self.datamodule
        return data


def trial(family: str = "programs") -> TrialCLI:
    """Makes the parser of `fit`, for trials of options.

    Args:
        family: what is trained, "programs" or "control".
    """
    how: dict[str, Any] = {"run": False, "save_config_callback": None}
    if family == "control":
        from sparse_rl.commands import control

        class ControlTrialCLI(TrialCLI, control.ControlCLI):
            pass

        return control.build(ControlTrialCLI, [], **how)

    from sparse_rl.commands import programs

    class ProgramTrialCLI(TrialCLI, programs.ProgramCLI):
        pass

    return programs.build(ProgramTrialCLI, [], **how)
