"""Logging to Weights & Biases, in addition to a run's own files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
from pytorch_lightning.utilities import rank_zero_info
from requests.utils import get_netrc_auth

from sparse_rl.analysis.runs import read_config, read_predictions
from sparse_rl.bounds import OptionError, PositiveAmount, bounded
from sparse_rl.callbacks.checkpoints import BestCheckpoint
from sparse_rl.checkpoint_parts import parts_folders
from sparse_rl.folders import run_folder

COLUMNS = ("id", "question", "program", "denotation", "answer", "reward", "log_prob", "sql")


class Wandb(pl.Callback):
    """Sends config, metrics, a table of the test's programs and the best checkpoint to W&B.

    A training resumed from a checkpoint continues the same W&B run. It never prompts for a login:
    without a key it writes everything into the run's folder, for `wandb sync`.

    Args:
        project: W&B project of the runs; None turns W&B off.
        entity: user or team; None for the key's own.
        mode: "auto" is online where there is a key (`WANDB_API_KEY` or ~/.netrc) and offline
            elsewhere. `WANDB_MODE` has precedence.
        timeout: seconds to wait for the server before the run goes offline.
    """

    @bounded
    def __init__(
        self,
        project: str | None = None,
        entity: str | None = None,
        mode: Literal["auto", "online", "offline"] = "auto",
        timeout: PositiveAmount = 30.0,
    ) -> None:
        if wrong := set(project or "") & set("/\\#?,%:"):
            raise OptionError(
                f"leave {' '.join(sorted(wrong))} out of wandb.project: got {project}"
            )
        self.project = project
        self.entity = entity
        self.mode = mode
        self.timeout = timeout
        self._id: str | None = None
        self._logger: Any = None

    def state_dict(self) -> dict[str, Any]:
        return {"id": self._id}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._id = state_dict["id"]

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._start(trainer)

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._start(trainer)

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Sends the run's programs and its best checkpoint."""
        if self._logger is None:
            return
        folder = run_folder(trainer)
        run = self._logger.experiment
        if trainer.is_global_zero:
            import wandb

            # Other kinds of models write no programs.
            lines = read_predictions(folder)
            if lines is not None:
                rows: list[Iterable[Any]] = [
                    [_text(line.get(column)) for column in COLUMNS] for line in lines
                ]
                run.log({"test/programs": wandb.Table(columns=list(COLUMNS), data=rows)})
            best = next(c for c in trainer.callbacks if isinstance(c, BestCheckpoint))  # type: ignore[attr-defined]
            if best.best_model_path:
                artifact = wandb.Artifact(f"checkpoint-{run.id}", type="model")
                artifact.add_file(best.best_model_path)
                for parts in parts_folders(Path(best.best_model_path)):
                    artifact.add_dir(str(parts), name=parts.name)
                run.log_artifact(artifact, aliases=["best"])
            run.finish()
        trainer.loggers.remove(self._logger)
        self._logger = None

    def _start(self, trainer: pl.Trainer) -> None:
        """Adds W&B to the trainer's loggers; the run's own stays the first."""
        if self.project is None or self._logger is not None or trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        folder = run_folder(trainer)
        self._logger = self._open(folder)
        trainer.loggers.append(self._logger)
        if trainer.is_global_zero:
            self._id = self._logger.experiment.id
            if (folder / "config.yaml").is_file():
                self._logger.log_hyperparams(read_config(folder))

    def _open(self, folder: Path) -> Any:
        import wandb
        from pytorch_lightning.loggers import WandbLogger

        def logger(mode: str) -> Any:
            made = WandbLogger(
                name=f"{folder.parent.name}/{folder.name}",
                save_dir=str(folder),
                id=self._id,
                project=self.project,
                entity=self.entity,
                mode=mode,
                settings=wandb.Settings(init_timeout=self.timeout, silent=True),
            )
            _ = made.experiment  # Opens the run, on the first process.
            return made

        mode = os.environ.get("WANDB_MODE") or self._mode()
        try:
            made = logger(mode)
        except (
            wandb.errors.CommError,
            wandb.errors.AuthenticationError,
            wandb.errors.UsageError,
        ) as error:
            rank_zero_info(f"W&B is not reachable, so this run is offline: {error}")
            mode, made = "offline", logger("offline")
        if mode == "offline":
            rank_zero_info(f"W&B is offline. Later: wandb sync {folder}/wandb/offline-run-*")
        return made

    def _mode(self) -> str:
        if self.mode != "auto":
            return self.mode
        server = os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")
        known = os.environ.get("WANDB_API_KEY") or get_netrc_auth(server)
        return "online" if known else "offline"


def _text(value: Any) -> Any:
    """A cell of a table: lists of values as one text."""
    return " · ".join(map(str, value)) if isinstance(value, list) else value
