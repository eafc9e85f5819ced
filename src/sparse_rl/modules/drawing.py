"""Draws a step's trajectories: the strata of replay, and fresh samples.

Legend: B example, N trajectory in the flat batch, T step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from sparse_rl.estimators.batch import Plan, Stratum
from sparse_rl.exploration.direct import DirectPair, DirectSearch, direct_search
from sparse_rl.exploration.gumbel import GumbelTree, run_together
from sparse_rl.exploration.outlook import ExploredOutlook
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.exploring import sample_and_explore
from sparse_rl.modules.visit import Stream, Visit


@dataclass
class Drawn:
    """The flat sampled batch of a step.

    Attributes:
        trajectories: N trajectories.
        examples: batch index of each trajectory's example.
        strata: `Stratum` of each trajectory.
        log_mass_b: log mass of B, for each example whose B was not drawn in full.
        log_mass_c: log mass of C, for each example with a non-empty C.
        fresh: number of programs sampled or met by a search, including programs of B.
        new: number of these that are new to B.
        walks: number of walks of systematic exploration.
        found: number of these whose program is new to B.
    """

    trajectories: list[Trajectory] = field(default_factory=list)
    examples: list[int] = field(default_factory=list)
    strata: list[int] = field(default_factory=list)
    log_mass_b: dict[int, float] = field(default_factory=dict)
    log_mass_c: dict[int, float] = field(default_factory=dict)
    fresh: int = 0
    new: int = 0
    walks: int = 0
    found: int = 0

    def extend(self, trajectories: Iterable[Trajectory], example: int, stratum: Stratum) -> None:
        for trajectory in trajectories:
            self.trajectories.append(trajectory)
            self.examples.append(example)
            self.strata.append(stratum)


def draw(plan: Plan, visit: Visit, walks: int = 0) -> Drawn:
    """Draws the plan's strata, and files all new programs in the memory.

    Args:
        plan: the draws for every example.
        visit: the examples.
        walks: walks of systematic exploration in every example. Their programs are filed before
            the strata are drawn.
    """
    fresh = [(b, number) for b in range(len(visit.ids)) for number in range(plan.fresh)]
    sampled = sample_and_explore(visit, fresh, walks)
    drawn = Drawn(walks=sampled.walks, found=sampled.found)
    _draw_replay(drawn, plan, visit)
    if plan.fresh:
        _file_fresh(drawn, plan, visit, [b for b, _ in fresh], sampled.fresh)
    if plan.direct is not None:
        _draw_direct(drawn, plan.direct, visit)
    return drawn


def _draw_replay(drawn: Drawn, plan: Plan, visit: Visit) -> None:
    """Takes B, or its most probable programs where B is large, and draws from C.

    One policy call scores the large B and the C of all examples.
    """
    large = []
    for example in range(len(visit.ids)):
        programs = visit.rewarded(example)
        if len(programs) > plan.enumerate_up_to:
            large.append((example, programs))
        else:
            drawn.extend(programs, example, Stratum.B)
    scored = _score(visit, [*large, *_all_c(plan, visit)])
    for example, programs, log_prob_K in islice(scored, len(large)):
        top = log_prob_K.topk(plan.enumerate_up_to).indices.tolist()
        drawn.extend([programs[k] for k in top], example, Stratum.B)
        drawn.log_mass_b[example] = float(log_prob_K.logsumexp(0))
    for example, programs, log_prob_K in scored:
        drawn.log_mass_c[example] = float(log_prob_K.logsumexp(0))
        uniforms = visit.generator(example, Stream.C).random(plan.replay_c)
        cumulated = log_prob_K.double().softmax(0).cumsum(0).cpu().numpy()
        places = np.searchsorted(cumulated, uniforms * cumulated[-1], side="right")
        drawn.extend([programs[k] for k in places], example, Stratum.C)


def _all_c(plan: Plan, visit: Visit) -> list[tuple[int, list[Trajectory]]]:
    """Returns the C of every example that has one, where the plan draws from C."""
    if not plan.replay_c:
        return []
    pairs = [(b, visit.unrewarded(b)) for b in range(len(visit.ids))]
    return [pair for pair in pairs if pair[1]]


def _file_fresh(
    drawn: Drawn,
    plan: Plan,
    visit: Visit,
    examples: Sequence[int],
    trajectories: Sequence[Trajectory],
) -> None:
    """Takes the draws of the policy; programs of B are rejected by default (MAPO section 4)."""
    pairs = list(zip(examples, trajectories, strict=True))
    # Looked up before filing: a program drawn twice in a step is fresh both times.
    known = [visit.replay.is_rewarded(visit.ids[b], t.actions) for b, t in pairs]
    for (example, trajectory), in_b in zip(pairs, known, strict=True):
        drawn.fresh += 1
        drawn.new += visit.memory.file(visit.ids[example], trajectory)
        if not (in_b and plan.reject_known):
            drawn.extend([trajectory], example, Stratum.FRESH)


def search(visit: Visit, options: DirectSearch) -> list[DirectPair]:
    """Runs one direct search per example; one policy call scores the frontiers of all searches.

    The reward bounds come from the programs in B and the explored set.

    Raises:
        ValueError: epsilon is below 0, where upper bounds on the reward are of no use.
    """
    if options.epsilon < 0:
        raise ValueError(f"set epsilon above 0 to search programs: got {options.epsilon}")
    searches = []
    for b, (id_, world) in enumerate(zip(visit.ids, visit.worlds, strict=True)):
        rewarded = [program.actions for program in visit.rewarded(b)]
        outlook = ExploredOutlook(id_, world, visit.memory.explored, rewarded)
        tree = GumbelTree(world, visit.generator(b, Stream.DIRECT).random)
        searches.append(direct_search(tree, options, outlook))
    scorer = visit.policy.prefix_scorer(visit.encoded, range(len(searches)))
    return run_together(searches, scorer)


def _draw_direct(drawn: Drawn, options: DirectSearch, visit: Visit) -> None:
    """Draws from the policy, and adds the better programs that the direct searches find.

    All programs that the searches meet are filed in the memory and marked as explored.
    """
    for b, pair in enumerate(search(visit, options)):
        id_, world = visit.ids[b], visit.worlds[b]
        explorer = visit.memory.explorer(id_, world)
        drawn.fresh += len(pair.met)
        for leaf in pair.met:
            trajectory = leaf.trajectory(world)
            drawn.new += visit.memory.file_walk(explorer, trajectory)
        drawn.extend([pair.opt.trajectory(world)], b, Stratum.FRESH)
        if pair.improved:
            drawn.extend([pair.best.trajectory(world)], b, Stratum.DIRECT)


@torch.no_grad()
def _score(
    visit: Visit, pairs: Sequence[tuple[int, list[Trajectory]]]
) -> Iterator[tuple[int, list[Trajectory], Tensor]]:
    """Yields current log-probabilities of the programs of some examples."""
    if not pairs:
        return
    flat = [trajectory for _, programs in pairs for trajectory in programs]
    owners = [example for example, programs in pairs for _ in programs]
    log_prob_N, _ = visit.policy.score(visit.encoded.detach(), flat, owners)
    start = 0
    for example, programs in pairs:
        yield example, programs, log_prob_N[start : start + len(programs)]
        start += len(programs)
