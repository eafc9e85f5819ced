"""Finding the mask of a graph-parameterised policy by intervention (algorithms 1 and 2).

Imitation cannot tell a cause from a correlate. Acting can, and so can asking the expert about
states in which the policies of different masks disagree.

Legend: N state, G mask, I input.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor

from sparse_rl.bounds import Amount, Count, PositiveAmount, bounded
from sparse_rl.control.causal.demonstrations import MountainCarDemonstrations
from sparse_rl.control.causal.graph_policy import GraphPolicy
from sparse_rl.control.causal.masks import all_masks, disagreement
from sparse_rl.control.causal.trials import MaskTrials, try_masks


class Intervention(ABC):
    """A way to find out which inputs are causes."""

    @abstractmethod
    def choose(
        self, policy: GraphPolicy, data: MountainCarDemonstrations, generator: torch.Generator
    ) -> MaskTrials:
        """Tries masks; the most probable one at the end is the choice."""


class PolicyExecution(Intervention):
    """Tries masks by acting: a trial is an episode, and its value the return (algorithm 2).

    Args:
        episodes: episodes to play; 10 to 50.
        temperature: τ; about a tenth of the differences of returns.
        ridge: penalty of the regression.
    """

    @bounded
    def __init__(
        self, episodes: Count = 20, temperature: PositiveAmount = 10.0, ridge: Amount = 1.0
    ) -> None:
        self.episodes = episodes
        self.temperature = temperature
        self.ridge = ridge

    def choose(
        self, policy: GraphPolicy, data: MountainCarDemonstrations, generator: torch.Generator
    ) -> MaskTrials:
        def episode_return(mask_I: Tensor) -> float:
            return float(data.play(policy.act(mask_I), 1, generator).returns)

        law = (self.temperature, self.ridge, generator)
        return try_masks(episode_return, policy.inputs, self.episodes, *law)


class ExpertQueries(Intervention):
    """Tries masks on states that the expert is asked about (algorithm 1).

    The mixture of the policies of all masks plays; the expert names its action in states in which
    these policies disagree. A trial's value is the share of answers that the mask's
    policy gives too, which costs no further query. (Log-likelihoods are dominated by masks that are
    wrong and sure of it, and a model that is linear in the mask then fits the others badly.)

    Args:
        queries: states that the expert is asked about; 10 to 100.
        states: `drawn` in proportion to the disagreement, or those of the `greatest`, as in the
            paper: often all of one kind.
        episodes: episodes from which the states are taken.
        trials: masks to try; 20 to 200.
        temperature: τ; about a tenth of the differences of shares.
        ridge: penalty of the regression.
    """

    @bounded
    def __init__(
        self,
        queries: Count = 50,
        states: Literal["drawn", "greatest"] = "drawn",
        episodes: Count = 20,
        trials: Count = 100,
        temperature: PositiveAmount = 0.1,
        ridge: Amount = 1.0,
    ) -> None:
        self.queries = queries
        self.states = states
        self.episodes = episodes
        self.trials = trials
        self.temperature = temperature
        self.ridge = ridge

    def choose(
        self, policy: GraphPolicy, data: MountainCarDemonstrations, generator: torch.Generator
    ) -> MaskTrials:
        asked_NI = self.ask_about(policy, data, generator)
        action_N = data.expert(asked_NI)

        def accuracy(mask_I: Tensor) -> float:
            return float((policy.act(mask_I)(asked_NI) == action_N).double().mean())

        law = (self.temperature, self.ridge, generator)
        return try_masks(accuracy, policy.inputs, self.trials, *law)

    def ask_about(
        self, policy: GraphPolicy, data: MountainCarDemonstrations, generator: torch.Generator
    ) -> Tensor:
        """Plays with the mixture, and chooses states by their disagreement; [N, I]."""
        mask_GI = all_masks(policy.inputs)

        def mixture(observation_NI: Tensor) -> Tensor:
            of_N = torch.randint(len(mask_GI), (len(observation_NI),), generator=generator)
            return policy.act(mask_GI[of_N])(observation_NI)

        observation_NI, _ = data.play(mixture, self.episodes, generator).steps
        score_N = disagreement(policy.of_all(observation_NI, mask_GI))
        count = min(self.queries, len(score_N))
        if self.states == "greatest":
            return observation_NI[score_N.topk(count).indices]
        return observation_NI[torch.multinomial(score_N, count, generator=generator)]
