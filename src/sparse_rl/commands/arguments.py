"""Options of our own commands."""

from __future__ import annotations

import argparse
from typing import NoReturn

from sparse_rl.errors import SparseRLError


class Arguments(argparse.ArgumentParser):
    """Parser of argparse with one-line errors and without abbreviated options."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(f"sparse-rl {command}", description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise SparseRLError(f"see {self.prog} --help: {message}")
