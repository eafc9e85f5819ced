"""The parts of Lightning 2.6 that its documentation does not promise, and who uses them.

They are why setup.cfg allows no other minor version. To move to the next one, begin here.
"""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
from lightning_fabric.utilities.data import _set_sampler_epoch
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.cli import LightningCLI
from pytorch_lightning.trainer.connectors.signal_connector import _SignalConnector
from pytorch_lightning.utilities import rank_zero_info
from pytorch_lightning.utilities.exceptions import SIGTERMException

from sparse_rl.datamodules.batches import BucketBatchSampler, ResumableLoader
from sparse_rl.datamodules.shares import PartsOfBatches, Shares


@pytest.fixture
def trainer() -> Any:
    return pl.Trainer(logger=False, accelerator="cpu", enable_progress_bar=False)


# ---- commands/run_cli.py


def test_the_command_line_reads_options_of_the_subcommand() -> None:
    cli = SimpleNamespace(subcommand="fit")
    assert LightningCLI._get(cli, {"fit": {"a": 1}}, "a") == 1  # type: ignore[arg-type]
    assert set(LightningCLI.subcommands()) == {"fit", "validate", "test", "predict"}
    text = inspect.getsource(LightningCLI.__init__)
    order = [text.index(name) for name in ("parse_arguments", "_set_seed", "instantiate_classes")]
    assert order == sorted(order)


# ---- commands/quiet.py


def test_information_names_the_file_that_speaks(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        rank_zero_info("spoken")
    (record,) = caplog.records
    assert record.name == "pytorch_lightning.utilities.rank_zero"
    assert Path(record.pathname) == Path(__file__)


# ---- seeds.py


def test_the_seed_is_kept_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PL_GLOBAL_SEED", "1")
    pl.seed_everything(5, verbose=False)
    assert os.environ["PL_GLOBAL_SEED"] == "5"


# ---- callbacks/checkpoints.py


def test_a_checkpoint_is_saved_as_lightning_would_save_it() -> None:
    checkpoint = ModelCheckpoint()
    for name in ("_should_skip_saving_checkpoint", "_save_topk_checkpoint", "_monitor_candidates"):
        assert callable(getattr(checkpoint, name))
    assert "best_model_path" in checkpoint.state_dict()


def test_the_loops_say_where_they_are(trainer: Any) -> None:
    loop = trainer.fit_loop.epoch_loop
    assert loop.batch_progress.is_last_batch is False
    loop.max_steps = 7
    assert trainer.max_steps == 7
    saved = trainer._checkpoint_connector._get_loops_state_dict()
    assert {"processed", "completed"} <= set(saved["fit_loop"]["epoch_progress"]["current"])


# ---- callbacks/preemption.py


def test_a_signal_that_is_noted_ends_the_training(trainer: Any) -> None:
    assert isinstance(trainer._signal_connector, _SignalConnector)
    trainer._signal_connector.received_sigterm = True
    assert trainer.received_sigterm
    assert issubclass(SIGTERMException, SystemExit)


# ---- datamodules/batches.py


def test_the_epoch_is_set_where_it_is_expected() -> None:
    order = BucketBatchSampler([1, 2, 3], 2)
    parts = PartsOfBatches(["a", "b", "c"], Shares(["a", "b", "c"]))
    _set_sampler_epoch(ResumableLoader(parts, order), 4)
    assert order.epoch == 4
