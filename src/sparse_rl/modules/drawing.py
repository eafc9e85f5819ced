"""Drawing a step's trajectories: the strata of replay and fresh samples.

Legend: B example, N trajectory in the flat batch, T step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sparse_rl.estimators.batch import Plan, Stratum
from sparse_rl.interpreters.world import Trajectory, World
from sparse_rl.modules.decoding import sample
from sparse_rl.modules.packing import pack
from sparse_rl.modules.policy import Encoded, TablePolicy
from sparse_rl.replay.strata import Strata

# No program is longer: four expressions of at most four actions, and the end.
MAX_STEPS = 32


@dataclass
class Drawn:
    """The flat batch of a step.

    Attributes:
        trajectories: N of them.
        examples: batch index of each one's example.
        strata: `Stratum` of each.
        log_mass_b: per example the log mass of its whole B where not all of it was drawn.
        log_mass_c: the same for C; -inf where there is no C.
        fresh: number of fresh draws, those in B included.
        fresh_rewarded: how many of them were rewarded.
        new: programs that are new to B.
    """

    trajectories: list[Trajectory] = field(default_factory=list)
    examples: list[int] = field(default_factory=list)
    strata: list[int] = field(default_factory=list)
    log_mass_b: dict[int, float] = field(default_factory=dict)
    log_mass_c: dict[int, float] = field(default_factory=dict)
    fresh: int = 0
    fresh_rewarded: int = 0
    new: int = 0

    def extend(self, trajectories: Iterable[Trajectory], example: int, stratum: Stratum) -> None:
        for trajectory in trajectories:
            self.trajectories.append(trajectory)
            self.examples.append(example)
            self.strata.append(stratum)


def keyed_uniforms(seed: int, example_id: str, visit: int, draw: int) -> npt.NDArray[np.float64]:
    """MAX_STEPS uniform numbers that depend on nothing but the arguments.

    Keyed by the example and its visit, so results do not depend on how examples are spread over
    batches or processes.
    """
    key = crc32(example_id.encode()) << 32 | draw
    generator = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, visit, seed]))
    return generator.random(MAX_STEPS)


def draw(
    plan: Plan,
    policy: TablePolicy,
    encoded: Encoded,
    ids: Sequence[str],
    worlds: Sequence[World],
    replay: Strata,
    visits: Sequence[int],
    seed: int,
) -> Drawn:
    """Draws what the plan asks for, and files the fresh programs in the strata.

    Args:
        plan: what the estimator wants.
        policy: what fresh programs are drawn from.
        encoded: the batch.
        ids: the examples' ids.
        worlds: the examples' worlds.
        replay: B and C.
        visits: how often training has been at each example before.
        seed: of the draws.
    """
    drawn = Drawn()
    _draw_b(drawn, plan, policy, encoded, ids, worlds, replay)
    if plan.replay_c:
        _draw_c(drawn, plan, policy, encoded, ids, worlds, replay, visits, seed)
    if plan.fresh:
        _draw_fresh(drawn, plan, policy, encoded, ids, worlds, replay, visits, seed)
    return drawn


def _draw_b(
    drawn: Drawn,
    plan: Plan,
    policy: TablePolicy,
    encoded: Encoded,
    ids: Sequence[str],
    worlds: Sequence[World],
    replay: Strata,
) -> None:
    """All of B, or its most probable programs where it is large."""
    large = []
    for example, (id_, world) in enumerate(zip(ids, worlds, strict=True)):
        programs = replay.rewarded(id_, world)
        if len(programs) > plan.enumerate_up_to:
            large.append((example, programs))
        else:
            drawn.extend(programs, example, Stratum.B)
    for example, programs, log_prob_K in _score(policy, encoded, large):
        top = log_prob_K.topk(plan.enumerate_up_to).indices.tolist()
        drawn.extend([programs[k] for k in top], example, Stratum.B)
        drawn.log_mass_b[example] = float(log_prob_K.logsumexp(0))


def _draw_c(
    drawn: Drawn,
    plan: Plan,
    policy: TablePolicy,
    encoded: Encoded,
    ids: Sequence[str],
    worlds: Sequence[World],
    replay: Strata,
    visits: Sequence[int],
    seed: int,
) -> None:
    """Draws from the policy restricted to C, with replacement."""
    pairs = [(b, replay.unrewarded(id_, w)) for b, (id_, w) in enumerate(zip(ids, worlds, strict=True))]
    for example, programs, log_prob_K in _score(policy, encoded, [p for p in pairs if p[1]]):
        drawn.log_mass_c[example] = float(log_prob_K.logsumexp(0))
        uniforms = keyed_uniforms(seed + 1, ids[example], visits[example], 0)[: plan.replay_c]
        cumulated = log_prob_K.double().softmax(0).cumsum(0).cpu().numpy()
        places = np.searchsorted(cumulated, uniforms * cumulated[-1], side="right")
        drawn.extend([programs[k] for k in places], example, Stratum.C)


def _draw_fresh(
    drawn: Drawn,
    plan: Plan,
    policy: TablePolicy,
    encoded: Encoded,
    ids: Sequence[str],
    worlds: Sequence[World],
    replay: Strata,
    visits: Sequence[int],
    seed: int,
) -> None:
    """Draws from the policy; those that were in B already are rejected (MAPO section 4)."""
    examples = [b for b in range(len(ids)) for _ in range(plan.fresh)]
    uniforms_NT = np.stack(
        [
            keyed_uniforms(seed, id_, visit, number)
            for id_, visit in zip(ids, visits, strict=True)
            for number in range(plan.fresh)
        ]
    )
    trajectories = sample(policy, encoded, worlds, examples, uniforms_NT)
    known = [replay.is_rewarded(ids[b], t.actions) for b, t in zip(examples, trajectories, strict=True)]
    for example, trajectory, in_b in zip(examples, trajectories, known, strict=True):
        drawn.fresh += 1
        drawn.fresh_rewarded += trajectory.reward > 0
        added = replay.add(ids[example], trajectory)
        drawn.new += added and trajectory.reward > 0
        if not in_b:
            drawn.extend([trajectory], example, Stratum.FRESH)


@torch.no_grad()
def _score(
    policy: TablePolicy, encoded: Encoded, pairs: Sequence[tuple[int, list[Trajectory]]]
) -> Iterable[tuple[int, list[Trajectory], Tensor]]:
    """Current log-probabilities of the programs of some examples."""
    if not pairs:
        return
    flat = [trajectory for _, programs in pairs for trajectory in programs]
    owners = [example for example, programs in pairs for _ in programs]
    packed = pack(flat, owners, encoded.slot_map).to(policy.device)
    log_prob_N, _ = policy.log_prob(encoded.detach(), packed)
    sizes = [len(programs) for _, programs in pairs]
    for (example, programs), log_prob_K in zip(pairs, log_prob_N.split(sizes), strict=True):
        yield example, programs, log_prob_K
