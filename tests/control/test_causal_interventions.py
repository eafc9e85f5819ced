"""Interventions find the mask of a policy whose best mask is known; clones refuse what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from sparse_rl.cli import main
from sparse_rl.control import ExpertQueries, MountainCarDemonstrations, PolicyExecution
from sparse_rl.control.causal.graph_policy import GraphPolicy
from sparse_rl.control.causal.interventions import Intervention
from sparse_rl.control.causal.masks import all_masks, disagreement
from sparse_rl.control.causal.trials import try_masks


class Confused(GraphPolicy):
    """Repeats its action if it sees it; else pushes with the velocity, if that, or to the right."""

    def __init__(self) -> None:
        super().__init__(3, 4, 3)

    def forward(self, observation_NI: Tensor, mask_I: Tensor) -> Tensor:
        mask_NI = mask_I.expand_as(observation_NI)
        pushes_N = 1 + observation_NI[:, 1].sign()
        seen_N = torch.where(mask_NI[:, 1] > 0, pushes_N, 2.0)
        chosen_N = torch.where(mask_NI[:, 2] > 0, observation_NI[:, 2], seen_N).long()
        return (5.0 * torch.nn.functional.one_hot(chosen_N, 3)).log_softmax(-1)


class Counting(MountainCarDemonstrations):
    """Counts the states that the expert is asked about."""

    queries = 0

    def expert(self, observation_NI: Tensor) -> Tensor:
        self.queries += len(observation_NI)
        return super().expert(observation_NI)


@pytest.mark.parametrize("intervention", [PolicyExecution(), ExpertQueries(episodes=5)])
def test_an_intervention_sees_the_velocity_and_not_the_previous_action(
    intervention: Intervention,
) -> None:
    generator = torch.Generator().manual_seed(0)
    found = intervention.choose(Confused(), MountainCarDemonstrations(), generator)
    assert found.best()[1:].tolist() == [1, 0]


def test_queries_are_counted_and_go_where_the_masks_disagree() -> None:
    data, policy = Counting(), Confused()
    mask_GI, scores = all_masks(3), {}
    for states in ("greatest", "drawn"):
        intervention = ExpertQueries(queries=7, episodes=3, states=states)
        intervention.choose(policy, data, torch.Generator().manual_seed(0))
        generator = torch.Generator().manual_seed(0)
        asked_NI = intervention.ask_about(policy, data, generator)
        scores[states] = disagreement(policy.of_all(asked_NI, mask_GI))
    assert data.queries == 14
    assert scores["drawn"].min() > 0
    assert scores["greatest"].min() >= scores["drawn"].max()


def test_trials_learn_a_linear_value_whatever_the_temperature() -> None:
    weight = torch.tensor([3.0, -2.0, 1.0, -1.0], dtype=torch.float64)

    def value(mask: Tensor) -> float:
        return float(mask @ weight)

    for temperature in (0.1, 1.0, 100.0):
        generator = torch.Generator().manual_seed(0)
        found = try_masks(value, 4, 40, temperature, 1.0, generator)
        assert found.best().tolist() == [1, 0, 1, 0]
        assert torch.equal(found.best(40), found.best())
        torch.testing.assert_close(found.value_T, found.mask_TI @ weight)


def test_wrong_data_end_in_one_line(tmp_path: Path) -> None:
    config = ["fit", "--config=cloning_mountaincar.yaml"]
    place = f"--trainer.logger.save_dir={tmp_path}"
    with pytest.raises(SystemExit, match="error: set data to MountainCarDemonstrations"):
        main([*config, "--data=GymDataModule", place])
    with pytest.raises(SystemExit, match=r"error: set data\.expert_steps to 10300 or more"):
        main([*config, "--data.expert_steps=400", place])
