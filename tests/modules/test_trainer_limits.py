"""Trainers that cannot train a policy that draws programs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytorch_lightning.strategies import DDPStrategy, FSDPStrategy, SingleDeviceStrategy

import sparse_rl as sr
from sparse_rl.errors import SparseRLError
from sparse_rl.interpreters.toys.tree import TreeWorld
from sparse_rl.modules.trainer_limits import check_trainer


def trainer(strategy: Any, precision: str = "32-true") -> Any:
    return SimpleNamespace(strategy=strategy, precision=precision)


@pytest.mark.parametrize("precision", ["32-true", "16-mixed", "bf16-mixed"])
def test_a_model_in_one_piece_passes(precision: str) -> None:
    check_trainer(trainer(SingleDeviceStrategy(), precision))
    check_trainer(trainer(DDPStrategy(), precision))


def test_a_model_in_pieces_is_refused() -> None:
    with pytest.raises(SparseRLError, match=r"set --trainer\.strategy=ddp: .* FSDPStrategy"):
        check_trainer(trainer(FSDPStrategy()))


@pytest.mark.parametrize("precision", ["bf16-true", "64-true"])
def test_examples_are_not_converted(precision: str, tmp_path: Path) -> None:
    worlds = {id_: TreeWorld.from_leaves({(0,): 0.0, (1,): 1.0}) for id_ in "ab"}
    with pytest.raises(SparseRLError, match=f"set --trainer.precision .* {precision} converts"):
        sr.fit(
            sr.WorldTask(worlds, embedding=4, hidden=4),
            folder=tmp_path,
            accelerator="cpu",
            max_epochs=1,
            precision=precision,
        )
