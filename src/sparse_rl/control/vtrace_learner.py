"""An actor-critic whose targets are V-trace's, for actors in any layout (IMPALA, SEED RL).

Legend: E environment, T step, A action, H number of the recurrent state, X of an observation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from tensordict import TensorDictBase
from torch import Tensor, nn

from sparse_rl.bounds import Count, Fraction, PositiveAmount, bounded
from sparse_rl.control.environments import Spaces
from sparse_rl.control.errors import ControlError
from sparse_rl.control.layouts import Actors, ImpalaActors, SeedActors
from sparse_rl.control.learner import ControlLearner
from sparse_rl.control.networks import mlp
from sparse_rl.control.returns import time_first, v_trace
from sparse_rl.control.rollouts import Unroller


class CoreNetwork(nn.Module):
    """Policy and value on a common body, with or without a recurrent core.

    Args:
        observation: numbers of an observation.
        action: discrete actions.
        hidden: width of the body's layers, and of the recurrent state.
        recurrent: whether there is a recurrent core, a GRU.
    """

    def __init__(self, observation: int, action: int, hidden: int, recurrent: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(mlp(observation, hidden, hidden, gain=2**0.5), nn.Tanh())
        self.core = nn.GRUCell(hidden, hidden) if recurrent else None
        self.action = action
        self.size = hidden if recurrent else 0
        self.heads = nn.Linear(hidden, action + 1)
        nn.init.orthogonal_(self.heads.weight, 0.01)
        nn.init.zeros_(self.heads.bias)

    def forward(self, observation: Tensor, core: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns logits, values and the next recurrent state of single steps."""
        features = self.body(observation)
        if self.core is not None:
            core = features = self.core(features, core)
        logits, value = self.heads(features).split([self.action, 1], -1)
        return logits, value.squeeze(-1), core

    def unroll(
        self, observation_TEX: Tensor, core_EH: Tensor, ended_TE: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Returns logits, values and the state after every step, before a reset."""
        if self.core is None:
            core_TEH = core_EH.expand(*observation_TEX.shape[:2], self.size)
            return self.forward(observation_TEX, core_TEH)
        found = []
        for observation_EX, ended_E in zip(observation_TEX, ended_TE, strict=True):
            found.append(self(observation_EX, core_EH))
            core_EH = torch.where(ended_E.unsqueeze(-1), 0.0, found[-1][2])
        logits_TEA, value_TE, core_TEH = map(torch.stack, zip(*found, strict=True))
        return logits_TEA, value_TE, core_TEH


class VTraceLearner(ControlLearner):
    """Learns from unrolls of policies that may be some versions old.

    Args:
        layout: who has the network: "local" has no actors, and environments in the learner's
            process; "impala" has actors with a copy of the weights, "seed" actors without.
        actors: processes of the environments; they divide data.environments.
        recurrent: whether the policy has a recurrent core, a GRU.
        entropy_weight: weight of the policy's entropy; 0 to .02.
        critic_weight: weight of the critic's squared error; .25 to 1.
        rho_clip: ρ̄, upper bound of the weights in the critic's targets; 1 in the paper.
        trace_clip: c̄, upper bound of the traces; 1 in the paper.
        actor_clip: ρ̄_pg, upper bound of the weights of the actor's gradient; 1 in the paper.
        options: options of `ControlLearner`.
    """

    @bounded
    def __init__(
        self,
        layout: Literal["local", "impala", "seed"] = "local",
        actors: Count = 2,
        recurrent: bool = False,
        entropy_weight: Fraction = 0.0,
        critic_weight: PositiveAmount = 0.5,
        rho_clip: PositiveAmount = 1.0,
        trace_clip: PositiveAmount = 1.0,
        actor_clip: PositiveAmount = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.layout = layout
        self.actors = actors
        self.recurrent = recurrent
        self.entropy_weight = entropy_weight
        self.critic_weight = critic_weight
        self.rho_clip = rho_clip
        self.trace_clip = trace_clip
        self.actor_clip = actor_clip
        self.version = 0

    def build(self, spaces: Spaces) -> None:
        if self.layout != "local" and self.environments.environments % self.actors:
            raise ControlError(
                f"set data.environments to a multiple of model.actors: "
                f"{self.environments.environments} do not divide among {self.actors}"
            )
        self.network = CoreNetwork(spaces.observation, spaces.action, self.hidden, self.recurrent)

    def start(self) -> Unroller:
        data = self.environments
        if self.layout == "impala":
            return ImpalaActors(
                data,
                self.actors,
                self.network,
                self.act,
                lambda version: setattr(self, "version", version),
                lambda: self.version,
                self.seed,
            )
        if self.layout == "seed":
            return SeedActors(
                data, self.actors, data.spaces().observation, self.network.size, self.seed
            )
        return super().start()

    def _policy(self, now: TensorDictBase) -> Tensor:
        """Returns log-probabilities, and carries the recurrent state on."""
        core = now.get("core")
        if core is None:
            core = now["observation"].new_zeros(*now.batch_size, self.network.size)
        logits, _, now["core_next"] = self.network(now["observation"], core)
        now["core"] = core
        log_mu: Tensor = logits.log_softmax(-1)
        return log_mu

    def act(self, now: TensorDictBase) -> TensorDictBase:
        now["log_mu"] = self._policy(now)
        now["action"] = torch.distributions.Categorical(logits=now["log_mu"]).sample()  # type: ignore[no-untyped-call]
        now["version"] = torch.full(now.batch_size, self.version)
        return now

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        now["action"] = self._policy(now).argmax(-1)
        return now

    def memory_state(self) -> dict[str, Any]:
        return {"version": self.version}

    def load_memory_state(self, state: Mapping[str, Any]) -> None:
        self.version = state["version"]

    def update(self, unroll: TensorDictBase) -> Mapping[str, Tensor | float]:
        end = time_first(unroll)
        ended_TE = end.terminated_TE | end.truncated_TE
        logits_TEA, value_TE, core_TEH = self.network.unroll(
            unroll["observation"].transpose(0, 1), unroll["core"][:, 0], ended_TE
        )
        log_pi_TEA = logits_TEA.log_softmax(-1)
        action_TE1 = unroll["action"].T.unsqueeze(-1)
        log_pi_TE = log_pi_TEA.gather(-1, action_TE1).squeeze(-1)
        log_mu_TE = unroll["log_mu"].transpose(0, 1).gather(-1, action_TE1).squeeze(-1)
        with torch.no_grad():
            after_TEX = unroll["next", "observation"].transpose(0, 1)
            _, next_value_TE, _ = self.network(after_TEX, core_TEH)
        target = v_trace(
            end.reward_TE,
            value_TE.detach(),
            next_value_TE,
            (log_pi_TE.detach() - log_mu_TE).exp(),
            end.terminated_TE,
            end.truncated_TE,
            self.gamma,
            self.rho_clip,
            self.trace_clip,
            self.actor_clip,
        )
        critic_loss = (target.value_TE - value_TE).square().mean()
        entropy = -(log_pi_TEA.exp() * log_pi_TEA).sum(-1).mean()
        actor_loss = -(target.advantage_TE * log_pi_TE).mean()
        loss = actor_loss + self.critic_weight * critic_loss - self.entropy_weight * entropy
        loss.backward()  # type: ignore[no-untyped-call]
        lag_ET = (self.version - unroll["version"]).float()
        found: dict[str, Tensor | float] = {
            "critic_loss": critic_loss.detach(),
            "entropy": entropy.detach(),
            "gradient_norm": self.step_optimizer(counted=True),
            "policy_lag": lag_ET.mean(),
            "policy_lag_max": lag_ET.max(),
        }
        self.version += 1
        if isinstance(self.rollouts, Actors):
            found |= self.rollouts.measured()
        return found
