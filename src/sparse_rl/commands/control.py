"""The command line of control: learners and imitators in environments of Gymnasium."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from sparse_rl.commands import run_cli
from sparse_rl.commands.run_cli import RunCLI
from sparse_rl.errors import SparseRLError
from sparse_rl.narrow import narrow

try:
    from sparse_rl.control import ControlModel
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("torchrl", "tensordict", "gymnasium"):
        raise
    raise SparseRLError(
        f"pip install 'sparse_rl[control]': control runs need it, and there is no {error.name}"
    ) from error


class ControlCLI(RunCLI):
    """Chooses the best checkpoint by its return."""

    monitor = "val/return"
    mode = "max"

    def subject(self) -> str:
        return f"{type(self.model).__name__} on {self.model.subject()}"

    def announce(self, report: Mapping[str, Any], path: Path) -> None:
        # The axis of the curves is no result.
        test = {name: value for name, value in report["test"].items() if name != "step"}
        found = ", ".join(f"{n.replace('/', ' ')} {value:.4g}" for n, value in test.items())
        print(narrow(f"{found}."), f"Written to {path}", sep="\n")


CLI = TypeVar("CLI", bound=ControlCLI)


def train(args: list[str]) -> None:
    """Runs a Lightning subcommand.

    Raises:
        SparseRLError: an option is unknown or has a wrong value.
    """
    build(ControlCLI, args)


def instantiate(args: list[str]) -> ControlCLI:
    """Makes model, data and trainer of a config, without running anything.

    Raises:
        SparseRLError: an option is unknown or has a wrong value.
    """
    return build(ControlCLI, args, run=False, save_config_callback=None)


def build(kind: type[CLI], args: list[str], **options: Any) -> CLI:
    """`run_cli.build` for any model of control, which a config names by its class."""
    return run_cli.build(kind, args, ControlModel, subclass_mode_model=True, **options)
