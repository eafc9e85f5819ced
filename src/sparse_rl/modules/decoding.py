"""Sampling and beam search, in many worlds at once.

Legend: B example, N trajectory or beam entry, M memory slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sparse_rl.errors import SparseRLError
from sparse_rl.interpreters.world import Trajectory, Walk, World
from sparse_rl.modules.policy import Encoded, Policy, Stepper

BLOCK = 32
"""Uniform numbers drawn for a walk at a time; most walks need no more."""


class Noise:
    """Uniform numbers in [0, 1) for N walks of any length, one column per step.

    Args:
        generators: one per walk, so that no walk's numbers depend on another walk.
    """

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        self._generators = generators
        self._block_NT = np.empty((len(generators), 0))
        self._next = 0

    def column(self) -> npt.NDArray[np.float64]:
        """Returns the numbers of the next step, (N, 1)."""
        place = self._next % BLOCK
        if place == 0:
            self._block_NT = np.stack([g.random(BLOCK) for g in self._generators])
        self._next += 1
        return self._block_NT[:, place : place + 1]


class Restriction(Protocol):
    """Returns the valid actions that walk number `walk` may take now: at least one."""

    def __call__(
        self, walk: int, actions: tuple[int, ...], valid: tuple[int, ...], /
    ) -> Sequence[int]: ...


def unrestricted(walk: int, actions: tuple[int, ...], valid: tuple[int, ...]) -> Sequence[int]:
    """Allows every valid action."""
    return valid


@torch.no_grad()
def sample(
    policy: Policy,
    encoded: Encoded,
    worlds: Sequence[World],
    examples: Sequence[int],
    generators: Sequence[np.random.Generator],
    allowed: Restriction = unrestricted,
) -> list[Trajectory]:
    """Draws one program per entry of `examples`.

    Args:
        policy: the policy to draw from.
        encoded: the batch.
        worlds: one per example of the batch.
        examples: the batch index of each draw; an index may occur several times.
        generators: random generator of each draw.
        allowed: narrows the valid actions, as systematic exploration does; the policy is
            renormalised on the rest.
    """
    starts = {example: Walk.begin(worlds[example]) for example in set(examples)}
    walks = [starts[example] for example in examples]
    decoder = policy.stepper(encoded, examples)
    noise = Noise(generators)
    places = list(range(len(walks)))
    while places := _going_on(places, walks, decoder):
        options = [walks[place].options for place in places]
        narrowed = [
            allowed(place, walks[place].actions, valid) if len(valid) > 1 else valid
            for place, valid in zip(places, options, strict=True)
        ]
        slots = draw_slots(decoder.log_probs(narrowed), noise.column()[places])
        for place, action in zip(places, decoder.take(slots), strict=True):
            walks[place] = walks[place].take(action)
    return [walk.trajectory() for walk in walks]


def _going_on(places: list[int], walks: Sequence[Walk], decoder: Stepper) -> list[int]:
    """Returns the places of the walks that have not ended; the decoder keeps only these."""
    rows = [row for row, place in enumerate(places) if walks[place].options]
    if 0 < len(rows) < len(places):
        decoder.keep(rows)
    return [places[row] for row in rows]


def draw_slots(log_p_NM: Tensor, uniforms_N1: npt.NDArray[np.float64]) -> list[int]:
    """Draws one slot per row by its log-probabilities, from uniform numbers in [0, 1)."""
    cumulated_NM = log_p_NM.double().exp().cumsum(-1)
    if not bool((cumulated_NM[:, -1] > 0).all()):
        raise not_finite()
    u_N1 = torch.from_numpy(uniforms_N1).to(log_p_NM.device)
    # Scaled by the total, which is 1 up to rounding, so that u never exceeds it.
    slots: list[int] = (cumulated_NM <= u_N1 * cumulated_NM[:, -1:]).sum(-1).tolist()
    return slots


def not_finite() -> SparseRLError:
    """Returns the error of a policy without any possible action."""
    return SparseRLError(
        "lower the learning rate, or look at the policy's scores: the probabilities of the valid "
        "actions are not finite"
    )


@dataclass(frozen=True)
class Hypothesis:
    """A program found by beam search and its log-probability under the policy."""

    trajectory: Trajectory
    log_prob: float


@torch.no_grad()
def beam(
    policy: Policy, encoded: Encoded, worlds: Sequence[World], width: int
) -> list[list[Hypothesis]]:
    """Finds the `width` best programs of every example, best first; width 1 is greedy decoding."""
    examples = [b for b in range(len(worlds)) for _ in range(width)]
    starts = [Walk.begin(world) for world in worlds]
    walks = [starts[b] for b in examples]
    decoder = policy.stepper(encoded, examples)
    # The beam starts with one entry per example; the others are copies and must not count.
    score_BW = torch.full((len(worlds), width), -torch.inf, device=policy.device)
    score_BW[:, 0] = 0.0
    while any(options := [walk.options for walk in walks]):
        log_p_NM = decoder.log_probs(options)
        num_slots = log_p_NM.shape[1]
        total_BWM = score_BW.unsqueeze(-1) + log_p_NM.view(len(worlds), width, num_slots)
        score_BW, flat_BW = total_BWM.flatten(1).topk(width)
        if not bool(torch.isfinite(score_BW[:, 0]).all()):
            raise not_finite()
        parent_N = (
            flat_BW // num_slots + torch.arange(len(worlds), device=policy.device)[:, None] * width
        ).flatten()
        parents = parent_N.tolist()
        decoder.select(parent_N)
        actions = decoder.take((flat_BW % num_slots).flatten().tolist())
        # An entry of score -inf fills the beam of an example with fewer programs than its width.
        alive = torch.isfinite(score_BW).flatten().tolist()
        walks = [
            walks[p].take(a) if living and options[p] else walks[p]
            for p, a, living in zip(parents, actions, alive, strict=True)
        ]
        walks = _retire(walks, alive, width)
    return [
        [
            Hypothesis(walks[b * width + w].trajectory(), score)
            for w, score in enumerate(scores)
            if score > -torch.inf
        ]
        for b, scores in enumerate(score_BW.tolist())
    ]


def _retire(walks: list[Walk], alive: list[bool], width: int) -> list[Walk]:
    """Points entries of score -inf at their example's best, so that they end when it ends."""
    return [
        w if ok else walks[n - n % width]
        for n, (w, ok) in enumerate(zip(walks, alive, strict=True))
    ]
