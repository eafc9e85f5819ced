"""Examples for training, validation and test: from files, a generator, or worlds of your own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparse_rl.late import late_names

if TYPE_CHECKING:
    from sparse_rl.datamodules.base import ExampleDataModule
    from sparse_rl.datamodules.worlds import WorldsDataModule

__all__ = ["ExampleDataModule", "WorldsDataModule"]

# Late: some of them import Lightning, which other modules of this package do without.
__getattr__ = late_names(
    __name__,
    {
        "ExampleDataModule": "sparse_rl.datamodules.base",
        "WorldsDataModule": "sparse_rl.datamodules.worlds",
    },
)
