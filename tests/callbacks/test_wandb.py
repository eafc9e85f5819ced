"""W&B beside a run's own files, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.callbacks.wandb import Wandb
from sparse_rl.cli import main

TINY = [
    "--model.task.hidden=8",
    "--model.task.embedding=8",
    "--data.limit=8",
    "--trainer.accelerator=cpu",
    "--trainer.log_every_n_steps=1",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
    "--warm_start.workers=1",
    "--wandb.project=sparse_rl",
]


@pytest.fixture(autouse=True)
def no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a key nor a setting of the machine's user."""
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_mode_depends_on_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Wandb()._mode() == "offline"
    assert Wandb(mode="online")._mode() == "online"
    (tmp_path / ".netrc").write_text("machine api.wandb.ai login user password key\n")
    assert Wandb()._mode() == "online"
    monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.example.com")
    assert Wandb()._mode() == "offline"
    monkeypatch.setenv("WANDB_API_KEY", "key")
    assert Wandb()._mode() == "online"
    assert Wandb(mode="offline")._mode() == "offline"


@pytest.mark.slow
def test_a_run_and_its_continuation_are_one_run(
    small_wikisql: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import wandb

    logged: list[dict[str, Any]] = []
    artifacts: list[Any] = []
    run_class = wandb.sdk.wandb_run.Run
    log, log_artifact = run_class.log, run_class.log_artifact

    def spy(self: Any, data: dict[str, Any], *args: Any, **more: Any) -> None:
        logged.append({"id": self.id, "config": dict(self.config), **data})
        log(self, data, *args, **more)

    def spy_artifact(self: Any, artifact: Any, *args: Any, **more: Any) -> Any:
        artifacts.append(artifact)
        return log_artifact(self, artifact, *args, **more)

    monkeypatch.setattr(run_class, "log", spy)
    monkeypatch.setattr(run_class, "log_artifact", spy_artifact)
    options = ["--config=mml_wikisql.yaml", f"--data.root={small_wikisql}", f"--data.cache={cache}"]
    options += [*TINY, f"--trainer.logger.save_dir={tmp_path}"]
    main(["fit", *options, "--trainer.max_epochs=1"])
    first = tmp_path / "mml_wikisql" / "version_0"
    names = {name for line in logged for name in line}
    assert {"train/loss", "val/greedy_accuracy", "memory/b", "test/beam_accuracy"} <= names
    assert logged[0]["config"]["model"]["task"]["init_args"]["hidden"] == 8
    (table,) = (line["test/programs"] for line in logged if "test/programs" in line)
    assert len(table.data) == 8 and table.data[0][2].endswith("<END>")
    (model,) = (artifact for artifact in artifacts if artifact.type == "model")
    assert list(model.manifest.entries) == ["best.ckpt"]
    assert wandb.run is None
    (folder,) = (first / "wandb").glob("offline-run-*")

    main(["fit", *options, "--trainer.max_epochs=2", "--ckpt_path=last"])
    (again,) = (tmp_path / "mml_wikisql" / "version_1" / "wandb").glob("offline-run-*")
    (id_,) = {line["id"] for line in logged}
    assert folder.name.endswith(id_) and again.name.endswith(id_)
    last = torch.load(first / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["callbacks"]["Wandb"] == {"id": id_}
    # The run's own files are where they always are.
    assert (first / "metrics.csv").is_file() and (first / "test_metrics.json").is_file()


@pytest.mark.slow
def test_a_server_that_does_not_answer_is_not_waited_for(
    small_wikisql: Path,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    main(
        ["fit", "--config=mml_wikisql.yaml", f"--data.root={small_wikisql}"]
        + [f"--data.cache={cache}", *TINY, "--trainer.max_epochs=1", "--wandb.timeout=5"]
        + [f"--trainer.logger.save_dir={tmp_path}"]
    )
    assert list(tmp_path.glob("mml_wikisql/version_0/wandb/offline-run-*"))
