"""An actor-critic whose targets are V-trace's, for actors in any layout (IMPALA, SEED RL).

Legend: E environment, T step, A action, H number of the recurrent state, X of an observation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from tensordict import TensorDictBase
from torch import Tensor

from sparse_rl.bounds import Count, Fraction, PositiveAmount, bounded
from sparse_rl.control.core_policy import CorePolicy
from sparse_rl.control.environments import Spaces
from sparse_rl.control.errors import ControlError
from sparse_rl.control.layouts import Actors, Engine, Forks, ImpalaActors, RayWorkers, SeedActors
from sparse_rl.control.learner import ControlLearner
from sparse_rl.control.returns import time_first, v_trace
from sparse_rl.control.rollouts import Unroller
from sparse_rl.ray_cluster import find_ray


class VTraceLearner(ControlLearner):
    """Learns from unrolls of policies that may be some versions old.

    Args:
        layout: who has the network: "local" has no actors, and environments in the learner's
            process; "impala" has actors with a copy of the weights, "seed" actors without.
        actors: processes of the environments; they divide data.environments.
        engine: where actors live: in forks of the learner's process ("fork"), or as actors of Ray
            ("ray"), on several machines if need be.
        address: the cluster of engine "ray", as Ray has it: "auto" for the one that this machine
            belongs to; null for a Ray of this machine's own.
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
        engine: Literal["fork", "ray"] = "fork",
        address: str | None = None,
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
        self.engine = engine
        self.address = address
        self.recurrent = recurrent
        self.entropy_weight = entropy_weight
        self.critic_weight = critic_weight
        self.rho_clip = rho_clip
        self.trace_clip = trace_clip
        self.actor_clip = actor_clip

    def build(self, spaces: Spaces) -> None:
        if self.layout != "local" and self.environments.environments % self.actors:
            raise ControlError(
                f"set data.environments to a multiple of model.actors: "
                f"{self.environments.environments} do not divide among {self.actors}"
            )
        self.network = CorePolicy(spaces.observation, spaces.action, self.hidden, self.recurrent)

    def setup(self, stage: str) -> None:
        super().setup(stage)
        if stage == "fit" and self.layout != "local" and self.engine == "ray":
            find_ray()

    def start(self) -> Unroller:
        if self.layout == "local":
            return super().start()
        data, policy = self.environments, self.network
        engine: Engine = RayWorkers(self.actors, self.address) if self.engine == "ray" else Forks()
        if self.layout == "impala":
            return ImpalaActors(engine, data, self.actors, policy, self.seed)
        size = data.spaces().observation
        return SeedActors(engine, data, self.actors, size, policy.size, self.seed)

    def act(self, now: TensorDictBase) -> TensorDictBase:
        return self.network.act(now)

    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        return self.network.act_best(now)

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
        lag_ET = (self.network.version - unroll["version"]).float()
        found: dict[str, Tensor | float] = {
            "critic_loss": critic_loss.detach(),
            "entropy": entropy.detach(),
            "gradient_norm": self.step_optimizer(counted=True),
            "policy_lag": lag_ET.mean(),
            "policy_lag_max": lag_ET.max(),
        }
        self.network.version += 1
        if isinstance(self.rollouts, Actors):
            found |= self.rollouts.measured()
        return found
