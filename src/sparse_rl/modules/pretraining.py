"""Pre-training: maximum likelihood of programs that a search has found, token by token.

The gradient of a policy that renormalises over the valid actions says nothing of what it may not
choose anyway. A language model learns from every token: to spell names, and to copy them from the
prompt.

Legend: N program.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.visit import Stream, Visit


def likelihood_loss(visit: Visit) -> Tensor | None:
    """Returns the mean over the examples of -log p of one of their best programs.

    An example without a rewarded program contributes zero; None if no example has one.
    """
    chosen = {}
    for example in range(len(visit.ids)):
        if best := best_programs(visit.rewarded(example)):
            place = visit.generator(example, Stream.PRETRAINING).integers(len(best))
            chosen[example] = best[place]
    if not chosen:
        return None
    programs, examples = list(chosen.values()), list(chosen)
    log_p_N = visit.policy.log_likelihood(visit.encoded, programs, examples)
    return -log_p_N.sum() / len(visit.ids)


def best_programs(programs: Sequence[Trajectory]) -> list[Trajectory]:
    """Returns the shortest programs of the highest reward: longer ones are more often spurious."""
    rank = [(-program.reward, len(program.actions)) for program in programs]
    least = min(rank, default=None)
    return [program for program, own in zip(programs, rank, strict=True) if own == least]
