"""Finding the mask of a graph-parameterised policy by intervention (algorithms 1 and 2).

Imitation cannot tell a cause from a correlate. Acting can, and so can asking the expert about
states in which the policies of different masks disagree.

Legend: N state, G mask, I input.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn.functional import nll_loss

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

    The mixture of the policies of all masks plays; the expert names its action in the states in
    which these policies disagree most. A trial's value is the negative imitation loss there, which
    costs no further query.

    Args:
        queries: states that the expert is asked about; 10 to 100.
        episodes: episodes from which the states are taken.
        trials: masks to try; 20 to 200.
        temperature: τ; about a tenth of the differences of losses.
        ridge: penalty of the regression.
    """

    @bounded
    def __init__(
        self,
        queries: Count = 50,
        episodes: Count = 20,
        trials: Count = 100,
        temperature: PositiveAmount = 0.1,
        ridge: Amount = 1.0,
    ) -> None:
        self.queries = queries
        self.episodes = episodes
        self.trials = trials
        self.temperature = temperature
        self.ridge = ridge

    def choose(
        self, policy: GraphPolicy, data: MountainCarDemonstrations, generator: torch.Generator
    ) -> MaskTrials:
        asked_NI = self.states(policy, data, generator)
        action_N = data.expert(asked_NI)

        @torch.no_grad()
        def negative_loss(mask_I: Tensor) -> float:
            return -float(nll_loss(policy(asked_NI, mask_I), action_N))

        law = (self.temperature, self.ridge, generator)
        return try_masks(negative_loss, policy.inputs, self.trials, *law)

    def states(
        self, policy: GraphPolicy, data: MountainCarDemonstrations, generator: torch.Generator
    ) -> Tensor:
        """Plays with the mixture, and takes the states of the greatest disagreement; [N, I]."""
        mask_GI = all_masks(policy.inputs)

        def mixture(observation_NI: Tensor) -> Tensor:
            of_N = torch.randint(len(mask_GI), (len(observation_NI),), generator=generator)
            return policy.act(mask_GI[of_N])(observation_NI)

        observation_NI, _ = data.play(mixture, self.episodes, generator).steps
        score_N = disagreement(policy.of_all(observation_NI, mask_GI))
        return observation_NI[score_N.topk(min(self.queries, len(score_N))).indices]
