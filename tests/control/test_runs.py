"""Control runs through the command line: training, resuming, bad input."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from sparse_rl.analysis.report import read_page, render
from sparse_rl.cli import main
from sparse_rl.commands.control import instantiate
from sparse_rl.config_files import family, find_config, shipped_configs

TRAINER = [
    "--trainer.max_epochs=2",
    "--trainer.log_every_n_steps=1",
    "--trainer.enable_progress_bar=false",
]
SMALL = [
    "--data.environments=3",
    "--data.unroll=5",
    "--data.unrolls_per_epoch=4",
    "--data.episodes=2",
    "--data.max_episode_steps=12",
    "--model.hidden=8",
    *TRAINER,
]
REPLAY = ["--model.replay_start=10", "--model.replay_batch=2"]
SMALL_OF = {"acer_cartpole": REPLAY, "acer_pendulum": REPLAY}
SMALL_OF |= {"ddpg_pendulum": REPLAY, "steve_pendulum": REPLAY}
SMALL_OF |= {"dqn_cartpole": [*REPLAY, "--model.updates=2"]}
SMALL_OF |= {"svrl_cartpole": SMALL_OF["dqn_cartpole"]}
# Of models that do not learn in environments of Gymnasium: all of their options.
OTHERS = {"steve_chain": ["--data.batches_per_epoch=4", "--data.updates=3", *TRAINER]}
GRID = ["--data.positions=6", "--data.speeds=5", "--data.actions=4", "--data.sweeps_per_epoch=4"]
OTHERS |= {name: [*GRID, *TRAINER] for name in ("svp_pendulum", "svp_double_integrator")}
CLONE = ["--data.passes_per_epoch=4", "--data.samples=20", "--data.held_out=30"]
CLONE += ["--data.expert_steps=50", "--data.episodes=2", "--model.hidden=8", *TRAINER]
OTHERS |= {f"{name}_mountaincar": CLONE for name in ("cloning", "dagger")}
OTHERS["causal_mountaincar"] = ["--model.intervention.episodes=2", *CLONE]
CONFIGS = [
    Path(name).stem
    for name in shipped_configs()
    if family(["--config", find_config(name)]) == "control"
]


def running(root: Path) -> Callable[..., Path]:
    """What runs a small training and returns its folder."""

    def start(name: str, *options: str) -> Path:
        found = root / name
        before = set(found.glob("*"))
        places = [f"--trainer.logger.save_dir={root}"]
        small = OTHERS.get(name, [*SMALL, *SMALL_OF.get(name, [])])
        main(["fit", f"--config={name}.yaml", *small, *places, *options])
        (folder,) = set(found.glob("*")) - before
        return folder

    return start


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    return running(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run to which nothing is added."""
    return running(tmp_path_factory.mktemp("runs"))("acer_cartpole")


def last(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    return state


def leaves(value: Any, name: str = "") -> dict[str, Any]:
    """Tensors and numbers of nested containers, by their place."""
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, (list, tuple)):
        pairs = enumerate(value)
    else:
        return {name: value}
    return {k: v for key, part in pairs for k, v in leaves(part, f"{name}/{key}").items()}


# Actors that run while the learner learns come to other episodes each time.
ASYNCHRONOUS = ["impala_cartpole", "seed_cartpole", "seed_cartpole_gru"]


# `.ci/run` has the others.
QUICK = ["acer_cartpole"]
# Another environment of a learner that is tested, or a class of which the tested one is made.
AGAIN = ["ppo_acrobot", "gail_acrobot", "cloning_acrobot", "ddpg_pendulum", "dqn_cartpole"]
AGAIN += ["cloning_mountaincar", "svp_double_integrator", "steve_pendulum"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.slow(ci=True))
        for name in CONFIGS
        if name not in ASYNCHRONOUS
    ],
)
def test_a_run_in_two_parts_is_the_run_in_one(
    run: Callable[..., Path], finished: Path, name: str
) -> None:
    """Weights, optimiser, replay, environments and random states, bit for bit."""
    whole = last(finished if name == finished.parent.name else run(name))
    first = run(name, "--trainer.max_epochs=1")
    second = last(run(name, f"--ckpt_path={first / 'checkpoints' / 'last.ckpt'}"))
    assert second["global_step"] == 8
    for part in ("state_dict", "optimizer_states", "control"):
        expected, found = leaves(whole.get(part, {})), leaves(second.get(part, {}))
        assert expected.keys() == found.keys()
        for place, value in expected.items():
            same = (
                torch.equal(value, found[place])
                if torch.is_tensor(value)
                else (value == found[place])
            )
            assert same, place
    expected = whole["callbacks"]["RandomState"]["ranks"][0]["torch"]
    assert torch.equal(expected, second["callbacks"]["RandomState"]["ranks"][0]["torch"])


@pytest.mark.slow(ci=True)
@pytest.mark.parametrize("name", AGAIN)
def test_every_other_config_takes_a_step(run: Callable[..., Path], name: str) -> None:
    folder = run(name, "--trainer.max_epochs=1", "--trainer.limit_train_batches=1")
    assert last(folder)["global_step"] == 1


@pytest.mark.slow(ci=True)
@pytest.mark.parametrize("name", ASYNCHRONOUS)
def test_a_run_with_actors_goes_on_with_its_counts(run: Callable[..., Path], name: str) -> None:
    actors = ["--model.actors=2", "--data.environments=2"]
    first = run(name, *actors, "--trainer.max_epochs=1")
    folder = run(name, *actors, f"--ckpt_path={first / 'checkpoints' / 'last.ckpt'}")
    with (folder / "metrics.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["train/policy_lag"]]
    assert [float(row["env_steps"]) for row in rows] == [50, 60, 70, 80]
    assert all(float(row["train/policy_lag_max"]) >= 0 for row in rows)
    assert float(rows[-1]["train/actors/bytes_per_step"]) > 0
    assert last(folder)["state_dict"]["network.version"] == 8


def test_a_run_leaves_what_every_run_leaves(finished: Path) -> None:
    test = json.loads((finished / "test_metrics.json").read_text())
    assert test["test"].keys() == {"test/return"} and "val/return" in test["dev"]
    with (finished / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    # The axis is environment steps: 3 environments, 5 steps.
    steps = [float(row["step"]) for row in rows if row["train/critic_loss"]]
    assert steps == [15.0 * (n + 1) for n in range(8)]
    assert all(float(row["env_steps"]) == float(row["step"]) for row in rows if row["env_steps"])
    assert [float(r["step"]) for r in rows if r["val/return"] and r["seconds/training"]] == [
        60,
        120,
    ]
    assert "val/return" in render(read_page([finished]))


def refusal(*options: str) -> str:
    with pytest.raises(SystemExit) as error:
        main(["fit", *options])
    text = str(error.value)
    assert text.startswith("error: ") and "\n" not in text
    return text


def test_bad_options_end_in_one_line_before_training(tmp_path: Path) -> None:
    acer = ["--config=acer_cartpole.yaml", *SMALL, f"--trainer.logger.save_dir={tmp_path}"]
    assert "set data.name to an environment of Gymnasium" in refusal(*acer, "--data.name=CartPol")
    assert "needs discrete actions, and those of Pendulum-v1 are continuous" in refusal(
        *acer, "--data.name=Pendulum-v1"
    )
    pendulum = ["--config=acer_pendulum.yaml", *acer[1:]]
    assert "needs continuous actions" in refusal(*pendulum, "--data.name=CartPole-v1")
    assert "whose observations are vectors" in refusal(*acer, "--data.name=FrozenLake-v1")
    assert "set delta to 0 or more: got -1.0" in refusal(*acer, "--model.delta=-1")
    assert "set data.observed to numbers from 0 to 3" in refusal(*acer, "--data.observed=[0,4]")
    assert "GymDataModule" in refusal(*acer, "--data=QuickstartDataModule")


def test_a_checkpoint_of_another_environment_is_refused(finished: Path, tmp_path: Path) -> None:
    path = finished / "checkpoints" / "last.ckpt"
    text = refusal(
        "--config=acer_cartpole.yaml",
        *SMALL,
        f"--ckpt_path={path}",
        "--data.name=Acrobot-v1",
        f"--trainer.logger.save_dir={tmp_path}",
    )
    assert "set data.name to CartPole-v1" in text


def test_replayed_updates_are_no_steps_of_the_trainer(tmp_path: Path) -> None:
    """The replay changes the weights, and max_steps counts unrolls."""

    def weights(ratio: int) -> torch.Tensor:
        config = f"--config={find_config('acer_cartpole.yaml')}"
        more = [f"--model.replay_ratio={ratio}", "--trainer.max_steps=3", "--model.replay_start=0"]
        cli = instantiate([config, *SMALL, *more, f"--trainer.logger.save_dir={tmp_path}"])
        cli.trainer.limit_val_batches = 0
        cli.trainer.callbacks = [c for c in cli.trainer.callbacks if "Best" not in type(c).__name__]
        cli.trainer.fit(cli.model, cli.datamodule)
        assert cli.trainer.global_step == 3 and cli.model.rollouts.steps == 45
        return torch.nn.utils.parameters_to_vector(cli.model.policy.parameters())

    assert not torch.equal(weights(0), weights(2))


def test_without_the_extra_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ("sparse_rl.control", "sparse_rl.commands.control")
    for name in [name for name in sys.modules if name.startswith(ours)]:
        monkeypatch.delitem(sys.modules, name)
    for name in [n for n in sys.modules if n.partition(".")[0] == "torchrl"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert "pip install 'sparse_rl[control]'" in refusal("--config=acer_cartpole.yaml")


def test_check_lists_all_problems_of_a_control_config(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = yaml.safe_load(Path(find_config("acer_cartpole.yaml")).read_text())
    config["model"]["init_args"] |= {"delta": -1.0, "replay": 4}
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(SystemExit):
        main(["check", f"--config={path}"])
    shown = capsys.readouterr().out
    assert "set delta to 0 or more: got -1.0" in shown and "no replay" in shown
    main(["check", "--config=acer_pendulum.yaml"])
    assert "0 problems" in capsys.readouterr().out
