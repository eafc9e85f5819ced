"""Demonstrations: an expert's trajectories in a file, and the steps of them to learn from.

Legend: T step of a trajectory, M step that is learned from, X number of an observation.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import safetensors
import torch
from safetensors.torch import save_file
from torch import Tensor

from sparse_rl.control.errors import ControlError

SHIPPED = Path(__file__).with_name("demonstrations")
"""Folder of the files that come with the package."""


class Demonstration(NamedTuple):
    """An episode of the expert, from its first step to its last.

    Attributes:
        observation_TX: observations.
        action_T: discrete actions.
        terminated: whether it ended by itself, and not by a time limit.
    """

    observation_TX: Tensor
    action_T: Tensor
    terminated: bool


class Pairs(NamedTuple):
    """The expert's steps that are learned from.

    Attributes:
        observation_MX: observations.
        action_M: actions.
        every: steps of the expert that each of them stands for.
        ends: trajectories, of those that they are from, that ended by themselves.
    """

    observation_MX: Tensor
    action_M: Tensor
    every: int
    ends: int


@dataclass(frozen=True)
class Demonstrations:
    """Trajectories of an expert.

    Attributes:
        environment: name of the environment.
        trajectories: the trajectories.
        expert_return: mean return of the expert, over more episodes than these.
        random_return: mean return of uniformly drawn actions.
    """

    environment: str
    trajectories: tuple[Demonstration, ...]
    expert_return: float
    random_return: float

    def score(self, mean_return: float) -> float:
        """A return between that of random actions, 0, and the expert's, 1."""
        return (mean_return - self.random_return) / (self.expert_return - self.random_return)

    def draw(self, count: int, every: int, generator: torch.Generator) -> Pairs:
        """Draws trajectories, and keeps every n-th step of each from a drawn one on.

        Args:
            count: trajectories.
            every: n.
            generator: source of the draws.

        Raises:
            ControlError: there are not so many trajectories.
        """
        if count > len(self.trajectories):
            raise ControlError(
                f"set data.trajectories to {len(self.trajectories)} or less: so many trajectories "
                f"of {self.environment} are there, not {count}"
            )
        order = torch.randperm(len(self.trajectories), generator=generator)[:count].tolist()
        drawn = [self.trajectories[index] for index in order]
        observations, actions = [], []
        for trajectory in drawn:
            most = min(every, len(trajectory.action_T))
            offset = int(torch.randint(most, (), generator=generator))
            observations.append(trajectory.observation_TX[offset::every])
            actions.append(trajectory.action_T[offset::every])
        ends = sum(trajectory.terminated for trajectory in drawn)
        return Pairs(torch.cat(observations), torch.cat(actions), every, ends)


def write_demonstrations(demonstrations: Demonstrations, path: Path) -> None:
    """Writes a file of tensors (safetensors); observations in half precision, for its size."""
    trajectories = demonstrations.trajectories
    tensors = {
        "observation": torch.cat([t.observation_TX for t in trajectories]).half(),
        "action": torch.cat([t.action_T for t in trajectories]).to(torch.uint8),
        "length": torch.tensor([len(t.action_T) for t in trajectories], dtype=torch.int32),
        "terminated": torch.tensor([t.terminated for t in trajectories]),
    }
    about = {
        "environment": demonstrations.environment,
        "expert_return": repr(demonstrations.expert_return),
        "random_return": repr(demonstrations.random_return),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, about)


def read_demonstrations(path: str | Path) -> Demonstrations:
    """Reads what `write_demonstrations` wrote.

    Raises:
        ControlError: there is no such file, or it has something else.
    """
    try:
        with safetensors.safe_open(path, "pt") as file:
            about = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        lengths = tensors["length"].tolist()
        parts = zip(
            tensors["observation"].float().split(lengths),
            tensors["action"].long().split(lengths),
            tensors["terminated"].tolist(),
            strict=True,
        )
        return Demonstrations(
            about["environment"],
            tuple(Demonstration(*part) for part in parts),
            float(about["expert_return"]),
            float(about["random_return"]),
        )
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        what = " ".join(str(error).split())[:120]
        raise ControlError(
            f"give data.demonstrations a file of experiments/demonstrations.py: {path} is none "
            f"({what})"
        ) from error
    except RuntimeError as error:  # Lengths that are not those of the steps.
        raise ControlError(f"make {path} anew: its trajectories do not add up") from error


def find_demonstrations(environment: str, path: str | None) -> Demonstrations:
    """Reads a file, or the shipped demonstrations of an environment.

    Raises:
        ControlError: there are none, or they are of another environment.
    """
    if path is None:
        file = SHIPPED / f"{environment}.safetensors"
        if not file.is_file():
            names = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.safetensors")))
            raise ControlError(
                f"give data.demonstrations a file: none of {environment} comes with the package, "
                f"only of {names}"
            )
        path = str(file)
    found = read_demonstrations(path)
    if found.environment != environment:
        raise ControlError(
            f"set data.name to {found.environment}: the demonstrations in {path} are of it, not of "
            f"{environment}"
        )
    return found
