"""Central inference: one process draws the actions of many workers' walks, as in SEED RL.

Espeholt et al. (2020). The network's states stay in this process, the worlds' states in the
workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch

from sparse_rl.modules.decoding import draw_slots
from sparse_rl.modules.policy import Encoded, Policy


@torch.no_grad()
def draw_for(
    workers: Sequence[tuple[Connection, Sequence[Any]]],
    policy: Policy,
    walks: int,
    seed: int,
) -> None:
    """Draws actions for workers (`actors.workers.Worker`) until all have finished.

    The policy's weights may change at any moment, even within a step: an answer holds the actual
    behaviour probabilities.

    Args:
        workers: each worker's connection and examples.
        policy: the policy to draw from.
        walks: rounds per turn.
        seed: seed of the draws, which also depend on when the weights change.
    """
    rng = np.random.default_rng(seed)
    while True:
        turns = [(link, [all_[place] for place in link.recv()]) for link, all_ in workers]
        workers = [worker for worker, (_, turn) in zip(workers, turns, strict=True) if turn]
        if not workers:
            return
        turns = [(link, turn) for link, turn in turns if turn]
        encoded = policy.encode([example for _, turn in turns for example in turn])
        sizes = [(link, len(turn)) for link, turn in turns]
        for _ in range(walks):
            _draw_round(sizes, policy, encoded, rng)


def _draw_round(
    sizes: Sequence[tuple[Connection, int]],
    policy: Policy,
    encoded: Encoded,
    rng: np.random.Generator,
) -> None:
    """Draws one walk in each example, in lockstep; the batch shrinks as walks end."""
    stepper = policy.stepper(encoded, range(sum(size for _, size in sizes)))
    while sizes:
        asked = [(link, link.recv()) for link, _ in sizes]
        options = [actions for _, part in asked for actions in part]
        sizes = [(link, sum(map(bool, part))) for link, part in asked]
        sizes = [(link, size) for link, size in sizes if size]
        rows = [row for row, actions in enumerate(options) if actions]
        if not rows:
            return
        if len(rows) < len(options):
            stepper.keep(rows)
            options = [options[row] for row in rows]
        log_p_NM = stepper.log_probs(options)
        slots = draw_slots(log_p_NM, rng.random((len(rows), 1)))
        log_p_N = log_p_NM[range(len(rows)), slots].tolist()
        actions = stepper.take(slots)
        start = 0
        for link, size in sizes:
            link.send((actions[start : start + size], log_p_N[start : start + size]))
            start += size
