"""The policy's draws of a step, and its walks of systematic exploration, decoded together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sparse_rl.exploration.systematic import SystematicExplorer
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.decoding import Restriction, sample
from sparse_rl.modules.visit import Stream, Visit


@dataclass
class Sampled:
    """Programs sampled in a step.

    Attributes:
        fresh: programs drawn from the policy, in the order asked for.
        walks: number of walks of systematic exploration; their programs are in the memory.
        found: number of walks that found a program new to B.
    """

    fresh: list[Trajectory] = field(default_factory=list)
    walks: int = 0
    found: int = 0


def sample_and_explore(visit: Visit, fresh: Sequence[tuple[int, int]], walks: int) -> Sampled:
    """Draws programs, and walks in every example that is not exhausted (MAPO Algorithm 1).

    A walk follows the policy renormalised on the unexplored actions, and its program is filed in
    the memory. The first walks and all fresh draws are decoded together. Where there are walks,
    the fresh programs and those of B count as explored too.

    Args:
        visit: the examples.
        fresh: the fresh draws, each with its example's place in the batch and its number there.
        walks: walks in every example, one after the other.
    """
    sampled = Sampled()
    explorers = _explorers(visit) if walks else {}
    for number in range(max(walks, 1)):
        walking = [b for b, explorer in explorers.items() if not explorer.exhausted]
        drawing = fresh if number == 0 else ()
        places = [*walking, *(b for b, _ in drawing)]
        if not places:
            break
        generators = [
            *(visit.generator(b, Stream.WALK, number) for b in walking),
            *(visit.generator(b, Stream.FRESH, draw) for b, draw in drawing),
        ]
        allowed = _unexplored([explorers[b] for b in walking])
        programs = sample(visit.policy, visit.encoded, visit.worlds, places, generators, allowed)
        for b, program in zip(walking, programs, strict=False):
            sampled.found += visit.memory.file_walk(explorers[b], program)
        sampled.walks += len(walking)
        sampled.fresh += programs[len(walking) :]
    for (b, _), program in zip(fresh, sampled.fresh, strict=True):
        if b in explorers:
            visit.memory.mark_explored(explorers[b], [program])
    return sampled


def _explorers(visit: Visit) -> dict[int, SystematicExplorer]:
    """Returns the examples' explorers; at the first visit B holds the programs of a warm start."""
    explorers = {}
    for b, (id_, world) in enumerate(zip(visit.ids, visit.worlds, strict=True)):
        explorers[b] = visit.memory.explorer(id_, world)
        if visit.visits[b] == 0:
            visit.memory.mark_explored(explorers[b], visit.rewarded(b))
    return explorers


def _unexplored(explorers: Sequence[SystematicExplorer]) -> Restriction:
    """Returns the restriction of the first walks to unexplored actions; others are not bound."""

    def allowed(walk: int, actions: tuple[int, ...], valid: tuple[int, ...], /) -> Sequence[int]:
        if walk >= len(explorers):
            return valid
        explorer = explorers[walk]
        key = explorer.root_key + "".join(map(chr, actions))
        # Empty only by false positives of a Bloom filter: the walk may then repeat a program.
        return explorer.allowed(key, valid) or valid

    return allowed
