"""The command line that all families share, with a model that is no learner of programs."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset

from sparse_rl.analysis.report import read_page, render
from sparse_rl.analysis.runs import read_run
from sparse_rl.commands import run_cli
from sparse_rl.commands.run_cli import RunCLI, build
from sparse_rl.errors import CheckpointError, SparseRLError


class Line(pl.LightningModule):
    """y = 2 x, by least squares."""

    def __init__(self, lr: float = 0.1) -> None:
        super().__init__()
        self.lr = lr
        self.layer = torch.nn.Linear(1, 1)

    def loss(self, batch: Any) -> torch.Tensor:
        return (self.layer(batch[0]) - 2 * batch[0]).square().mean()

    def training_step(self, batch: Any, batch_index: int) -> torch.Tensor:
        return self.loss(batch)

    def validation_step(self, batch: Any, batch_index: int) -> None:
        self.log("val/fit", -self.loss(batch))

    def test_step(self, batch: Any, batch_index: int) -> None:
        self.log("test/fit", -self.loss(batch))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), self.lr)


class Points(pl.LightningDataModule):
    """Eight numbers, for every purpose."""

    def train_dataloader(self) -> Any:
        return DataLoader(TensorDataset(torch.linspace(-1, 1, 8)[:, None]), batch_size=4)

    val_dataloader = test_dataloader = train_dataloader


class LineCLI(RunCLI):
    monitor = "val/fit"
    mode = "max"


@pytest.fixture
def line(tmp_path: Path) -> Any:
    """Runs a subcommand; options of earlier ones are overridden by later ones."""
    always = [f"--data={__name__}.Points", "--trainer.accelerator=cpu"]
    always += ["--trainer.logger=CSVLogger", f"--trainer.logger.save_dir={tmp_path}"]
    always += ["--trainer.logger.name=line", "--trainer.enable_progress_bar=false"]

    def run(command: str, *options: str) -> None:
        build(LineCLI, [command, *always, *options], Line)

    return run


@pytest.mark.filterwarnings("ignore:.*smaller than the logging interval")
def test_any_model_is_trained_tested_and_resumed(
    line: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line("fit", "--trainer.max_epochs=2")
    folder = tmp_path / "line" / "version_0"
    first = json.loads((folder / "test_metrics.json").read_text())
    shown = f"test/fit {first['test']['test/fit']:.4g}\nWritten to {folder}"
    assert shown in capsys.readouterr().out
    assert set(first) == {"test", "dev", "checkpoint", "config"}
    assert first["dev"]["val/fit"] == pytest.approx(first["test"]["test/fit"])
    assert first["config"]["best_checkpoint"]["monitor"] == "val/fit"
    assert {p.name for p in (folder / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
    line("fit", "--trainer.max_epochs=4", "--ckpt_path=last")
    again = tmp_path / "line" / "version_1"
    assert torch.load(again / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 8
    second = json.loads((again / "test_metrics.json").read_text())
    assert second["test"]["test/fit"] > first["test"]["test/fit"]
    line("test", "--ckpt_path=best")
    third = json.loads((tmp_path / "line" / "version_2" / "test_metrics.json").read_text())
    assert third["test"] == second["test"] and third["dev"] == {}
    # Curve and page need no accuracy of programs.
    assert [point.steps for point in read_run(folder).curve] == [2, 4]
    (run,) = read_page([folder])
    assert run.best_dev == pytest.approx(first["dev"]["val/fit"], rel=1e-4)
    page = render([run])
    assert "test/fit" in page and "Test accuracy" not in page


def test_a_metric_that_is_not_logged_is_named(line: Any) -> None:
    with pytest.raises(SparseRLError, match=r"no val/fitt was logged; did you mean val/fit\?$"):
        line("fit", "--trainer.max_epochs=1", "--best_checkpoint.monitor=val/fitt")


def test_a_training_may_end_before_its_first_validation(
    line: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line("fit", "--trainer.max_steps=1")
    last = tmp_path / "line" / "version_0" / "checkpoints" / "last.ckpt"
    out = " ".join(capsys.readouterr().out.split())
    assert "not tested: training ended at step 1, before its first validation" in out
    assert f"--ckpt_path={last} to go on" in out and last.is_file()
    line("fit", "--trainer.max_epochs=1", f"--ckpt_path={last}")
    assert (tmp_path / "line" / "version_1" / "test_metrics.json").is_file()


def test_the_others_need_a_checkpoint(line: Any) -> None:
    with pytest.raises(CheckpointError, match="give --ckpt_path a checkpoint"):
        line("validate")
    with pytest.raises(CheckpointError, match="train first, or give --ckpt_path a file"):
        line("test", "--ckpt_path=best")


def test_the_core_knows_no_family() -> None:
    imported = [text for text in inspect.getsource(run_cli).splitlines() if "import" in text]
    families = ("modules", "datamodules", "warm_start", "predictions", "tables")
    assert not [text for text in imported if any(name in text for name in families)]
