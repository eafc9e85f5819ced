"""Training in half precision, and on a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from sparse_rl.callbacks.random_state import RandomState
from sparse_rl.callbacks.warm_start import WarmStart
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.estimators import Gaca
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.table_task import TableTask


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """The losses of the training steps to come; the types of their scores are checked."""
    seen: list[Tensor] = []
    step, score = PolicyLearner.training_step, TablePolicy.score

    def keep(self: PolicyLearner, batch: list[Any], batch_index: int) -> Tensor | None:
        loss = step(self, batch, batch_index)
        assert loss is not None
        seen.append(loss.detach())
        return loss

    def check(
        self: TablePolicy, encoded: Any, walks: Sequence[Trajectory], examples: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        scores = score(self, encoded, walks, examples)
        assert {value.dtype for value in scores} == {torch.float32}
        return scores

    monkeypatch.setattr(PolicyLearner, "training_step", keep)
    monkeypatch.setattr(TablePolicy, "score", check)
    return seen


def fit(root: Path, cache: Path, folder: Path, **options: Any) -> pl.Trainer:
    """A run with fresh draws, draws from C, exploration and a validation."""
    pl.seed_everything(0, verbose=False)
    data = WikiSQLDataModule(str(root), batch_size=8, limit=24, cache=str(cache))
    task = TableTask(embedding=16, hidden=16, dropout=0.1)
    strata: Any = {"clip_low": 0.1, "baseline": "mean", "enumerate_up_to": 16}
    gaca = Gaca(fresh=1, replay_c=1, beta=-1.0, temper_steps=0, **strata)
    learner = PolicyLearner(task, gaca, lr=1e-2, explore_per_visit=1, beam_width=2)
    trainer = pl.Trainer(
        max_epochs=2,
        default_root_dir=folder,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=1,
        gradient_clip_val=5.0,
        num_sanity_val_steps=0,
        logger=False,
        callbacks=[WarmStart("exhaustive", max_programs=1, workers=1), RandomState()],
        **options,
    )
    trainer.fit(learner, datamodule=data)
    return trainer


def test_scores_are_float32_under_bfloat16(
    small_wikisql: Path, cache: Path, tmp_path: Path, losses: list[Tensor]
) -> None:
    fit(small_wikisql, cache, tmp_path, accelerator="cpu", precision="bf16-mixed")
    assert len(losses) == 6
    assert all(loss.dtype == torch.float32 and loss.isfinite() for loss in losses)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_gpu_trains_validates_and_resumes(
    small_wikisql: Path, cache: Path, tmp_path: Path, losses: list[Tensor], precision: Any
) -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    options = {"accelerator": "gpu", "devices": 1, "precision": precision}
    trainer = fit(small_wikisql, cache, tmp_path, **options)
    assert len(losses) == 6
    assert all(loss.is_cuda and loss.isfinite() for loss in losses)
    assert 0 <= trainer.callback_metrics["val/greedy_accuracy"] <= 1
    (path,) = tmp_path.rglob("*.ckpt")
    trainer.fit_loop.max_epochs = 3
    trainer.fit(trainer.lightning_module, datamodule=trainer.datamodule, ckpt_path=path)  # type: ignore[attr-defined]
    assert len(losses) == 9
