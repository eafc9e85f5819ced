"""Drawing programs from the policy, and finding its best ones, in many worlds at once.

Legend: B example, N trajectory or beam entry, M memory slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sparse_rl.interpreters.world import Trajectory, World
from sparse_rl.modules.policy import Encoded, TablePolicy


@dataclass(frozen=True)
class Walk:
    """A walk under way: where it is and what it has passed."""

    world: World
    state: Any
    actions: tuple[int, ...] = ()
    valid: tuple[tuple[int, ...], ...] = ()

    @property
    def options(self) -> tuple[int, ...]:
        """Valid actions; none at the end."""
        if self.world.is_terminal(self.state):
            return ()
        return tuple(self.world.valid_actions(self.state))

    def take(self, action: int) -> Walk:
        """The walk that is one action further."""
        state = self.world.step(self.state, action)
        return Walk(self.world, state, (*self.actions, action), (*self.valid, self.options))

    def trajectory(self) -> Trajectory:
        return Trajectory(self.actions, self.valid, self.world.reward(self.state))


class Restriction(Protocol):
    """Which of the valid actions walk number `walk` may take now; never none of them."""

    def __call__(
        self, walk: int, actions: tuple[int, ...], valid: tuple[int, ...], /
    ) -> Sequence[int]: ...


def unrestricted(walk: int, actions: tuple[int, ...], valid: tuple[int, ...]) -> Sequence[int]:
    """The plain policy."""
    return valid


@torch.no_grad()
def sample(
    policy: TablePolicy,
    encoded: Encoded,
    worlds: Sequence[World],
    examples: Sequence[int],
    uniforms_NT: npt.NDArray[np.float64],
    allowed: Restriction = unrestricted,
) -> list[Trajectory]:
    """Draws one program per entry of `examples`.

    Args:
        policy: what to draw from.
        encoded: the batch.
        worlds: one per example of the batch.
        examples: the batch index of each draw; an index may occur several times.
        uniforms_NT: uniform numbers in [0, 1), one row per draw, a column per step.
        allowed: narrows the valid actions, as systematic exploration does; the policy is
            renormalised on what is left.
    """
    roots = {example: worlds[example].start() for example in examples}
    walks = [Walk(worlds[example], roots[example]) for example in examples]
    decoder = _Stepper(policy, encoded, examples)
    for step in range(uniforms_NT.shape[1] + 1):
        options = [walk.options for walk in walks]
        if not any(options):
            break
        narrowed = [
            allowed(row, walk.actions, valid) if len(valid) > 1 else valid
            for row, (walk, valid) in enumerate(zip(walks, options, strict=True))
        ]
        log_p_NM = decoder.log_probs(narrowed)
        cumulated_NM = log_p_NM.double().exp().cumsum(-1)
        u_N1 = torch.from_numpy(uniforms_NT[:, step : step + 1]).to(policy.device)
        # Scaled by the total, which is 1 up to rounding, so that u never lies beyond it.
        slots = (cumulated_NM <= u_N1 * cumulated_NM[:, -1:]).sum(-1).tolist()
        actions = decoder.take(slots, options)
        walks = [w if a is None else w.take(a) for w, a in zip(walks, actions, strict=True)]
    return [walk.trajectory() for walk in walks]


@dataclass(frozen=True)
class Found:
    """A program found by beam search and its log-probability under the policy."""

    trajectory: Trajectory
    log_prob: float


@torch.no_grad()
def beam(
    policy: TablePolicy, encoded: Encoded, worlds: Sequence[World], width: int
) -> list[list[Found]]:
    """The `width` best programs of every example, best first. Width 1 is greedy decoding."""
    examples = [b for b in range(len(worlds)) for _ in range(width)]
    walks = [Walk(worlds[b], worlds[b].start()) for b in examples]
    decoder = _Stepper(policy, encoded, examples)
    # One entry per example at first; the others are copies of it and must not count.
    score_BW = torch.full((len(worlds), width), -torch.inf, device=policy.device)
    score_BW[:, 0] = 0.0
    while any(options := [walk.options for walk in walks]):
        log_p_NM = decoder.log_probs(options)
        num_slots = log_p_NM.shape[1]
        total_BWM = score_BW.unsqueeze(-1) + log_p_NM.view(len(worlds), width, num_slots)
        score_BW, flat_BW = total_BWM.flatten(1).topk(width)
        parent_N = (
            flat_BW // num_slots + torch.arange(len(worlds), device=policy.device)[:, None] * width
        ).flatten()
        parents = parent_N.tolist()
        decoder.select(parent_N)
        actions = decoder.take(
            (flat_BW % num_slots).flatten().tolist(), [options[p] for p in parents]
        )
        # An entry without score stands where an example has fewer programs than the beam is wide.
        alive = torch.isfinite(score_BW).flatten().tolist()
        walks = [
            walks[p].take(a) if a is not None and living else walks[p]
            for p, a, living in zip(parents, actions, alive, strict=True)
        ]
        walks = _retire(walks, alive, width)
    return [
        [
            Found(walks[b * width + w].trajectory(), score)
            for w, score in enumerate(scores)
            if score > -torch.inf
        ]
        for b, scores in enumerate(score_BW.tolist())
    ]


def _retire(walks: list[Walk], alive: list[bool], width: int) -> list[Walk]:
    """Points entries without score at their example's best, so that they end when it ends."""
    return [
        w if ok else walks[n - n % width]
        for n, (w, ok) in enumerate(zip(walks, alive, strict=True))
    ]


class _Stepper:
    """The network side of N walks: their states, and masks from action ids to slots."""

    def __init__(self, policy: TablePolicy, encoded: Encoded, examples: Sequence[int]) -> None:
        self._policy = policy
        self._slot_map = encoded.slot_map
        self._examples = list(examples)
        index_N = torch.tensor(self._examples, device=policy.device)
        self._memory = encoded.detach().memory.select(index_N)
        self._state = policy.decoder.initial_state(self._memory)
        self._output_NH = self._memory.summary_BH
        self._read_N: Tensor | None = None
        self._begun_N = torch.zeros(len(self._examples), dtype=torch.long, device=policy.device)

    def log_probs(self, options: Sequence[Sequence[int]]) -> Tensor:
        """Log-probabilities (N, M) over the options; slot 0 for walks that have ended."""
        score_NM, self._output_NH, self._state = self._policy.step(
            self._memory, self._state, self._read_N
        )
        rows, slots = [], []
        for row, (valid, example) in enumerate(zip(options, self._examples, strict=True)):
            mapped = self._slot_map.slots(valid, example) if valid else [0]
            rows.extend([row] * len(mapped))
            slots.extend(mapped)
        mask_NM = torch.zeros(score_NM.shape, dtype=torch.bool)
        mask_NM[rows, slots] = True
        return score_NM.masked_fill(~mask_NM.to(score_NM.device), -torch.inf).log_softmax(-1)

    def take(self, slots: list[int], options: Sequence[Sequence[int]]) -> list[int | None]:
        """Reads the chosen slots; returns the action ids, None for walks that have ended."""
        functions = self._policy.functions
        self._read_N = torch.tensor(slots, device=self._policy.device)
        begins_N = (self._read_N >= functions.start) & (self._read_N < functions.stop)
        # The state that chooses a function is the value of the expression before it.
        finished_N = torch.where(begins_N, self._begun_N - 1, -1)
        self._begun_N = self._begun_N + begins_N
        self._state = self._policy.finish_expression(self._state, self._output_NH, finished_N)
        return [
            self._slot_map.action(slot, example) if valid else None
            for slot, example, valid in zip(slots, self._examples, options, strict=True)
        ]

    def select(self, index_N: Tensor) -> None:
        """Reorders the walks' states, within their examples."""
        self._state = self._state.select(index_N)
        self._output_NH = self._output_NH[index_N]
        self._begun_N = self._begun_N[index_N]
