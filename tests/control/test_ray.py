"""The layouts on Ray: the same messages, deaths, and a run by the command line."""

from __future__ import annotations

import builtins
import csv
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.cli import main
from sparse_rl.control import GymDataModule, VTraceLearner
from sparse_rl.control.layouts import Actors, RayWorkers

STEPS = 6
EXTRA = "the extra: pip install 'sparse_rl[ray]'"


def refusal(*options: str) -> str:
    with pytest.raises(SystemExit) as error:
        main(["fit", "--config=seed_cartpole.yaml", "--model.engine=ray", *options])
    text = str(error.value)
    assert text.startswith("error: ") and "\n" not in text
    return text


@pytest.mark.slow
def test_an_address_without_a_cluster_ends_in_one_line(tmp_path: Path) -> None:
    """Before the fixture below: a Ray that runs already is used whatever the address."""
    pytest.importorskip("ray", reason=EXTRA)
    text = refusal("--model.address=127.0.0.1:6", f"--trainer.logger.save_dir={tmp_path}")
    assert "set address to a cluster that runs" in text
    assert not list(tmp_path.rglob("version_*"))


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """One Ray for the module, started by the package; runs leave it running."""
    found = pytest.importorskip("ray", reason=EXTRA)
    engine = RayWorkers(2)
    yield found
    engine.close()
    assert not found.is_initialized()


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["impala", "seed"])
def test_two_workers_train_and_a_dead_one_is_replaced(ray: Any, layout: Any) -> None:
    torch.manual_seed(0)
    learner = VTraceLearner(layout=layout, actors=2, engine="ray", recurrent=True, hidden=8)
    data = GymDataModule(environments=4, unroll=STEPS, max_episode_steps=8)
    learner._trainer = type("Trainer", (), {"datamodule": data})()  # type: ignore[assignment]
    learner.build(data.spaces())
    actors = learner.start()
    assert isinstance(actors, Actors) and isinstance(actors.engine, RayWorkers)
    for number in range(1, 4):
        assert actors.unroll(learner.act, STEPS).batch_size == (4, STEPS)
        assert actors.steps == 4 * STEPS * number
    for index in (0, 1):
        ray.kill(actors.engine.handles[index])
        while actors.restarts == index:
            actors.unroll(learner.act, STEPS)
    # Both are new by now.
    learner.network.version += 1
    seen = [actors.unroll(learner.act, STEPS)["version"].max() for _ in range(4)]
    assert max(seen) == 1 and actors.restarts == 2
    actors.close()
    assert ray.is_initialized()


@pytest.mark.slow
def test_a_run_on_ray_keeps_to_this_machine(ray: Any, tmp_path: Path) -> None:
    assert [node["NodeManagerAddress"] for node in ray.nodes()] == ["127.0.0.1"]
    options = [
        "--model.engine=ray",
        "--model.actors=2",
        "--model.hidden=8",
        "--data.environments=4",
        "--data.unroll=5",
        "--data.unrolls_per_epoch=4",
        "--data.episodes=2",
        "--data.max_episode_steps=12",
        "--trainer.max_epochs=2",
        "--trainer.log_every_n_steps=1",
        "--trainer.enable_progress_bar=false",
        f"--trainer.logger.save_dir={tmp_path}",
    ]
    handler = signal.getsignal(signal.SIGTERM)
    main(["fit", "--config=seed_cartpole.yaml", *options])
    assert signal.getsignal(signal.SIGTERM) is handler
    (folder,) = tmp_path.glob("seed_cartpole/*")
    with (folder / "metrics.csv").open() as file:
        steps = [float(row["env_steps"]) for row in csv.DictReader(file) if row["train/entropy"]]
    assert steps == [20.0 * number for number in range(1, 9)]


def test_without_the_extra_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name == "ray":
            raise ModuleNotFoundError("No module named 'ray'", name="ray")
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    text = refusal(f"--trainer.logger.save_dir={tmp_path}")
    assert "pip install 'sparse_rl[ray]'" in text
    assert not list(tmp_path.rglob("version_*"))
