"""Ensembles of policies: probabilities averaged by answer."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any


def vote(beams: Sequence[Sequence[dict[str, Any]]]) -> dict[str, Any]:
    """Returns the answer with the greatest mean probability over the policies' beams.

    Different programs with the same denotation vote for the same answer.

    Args:
        beams: every policy's predictions for one example; see `Task.prediction`.

    Returns:
        The most probable program of that answer; its `log_prob` is the answer's log-probability
        under the mean of the policies.

    Raises:
        ValueError: no policy has a prediction.
    """
    mass: dict[str, float] = defaultdict(float)
    best: dict[str, dict[str, Any]] = {}
    for line in (line for beam in beams for line in beam):
        answer = json.dumps(line["denotation"])
        mass[answer] += math.exp(line["log_prob"]) / len(beams)
        if answer not in best or line["log_prob"] > best[answer]["log_prob"]:
            best[answer] = line
    if not mass:
        raise ValueError("give at least one prediction: all beams are empty")
    winner = max(mass, key=mass.__getitem__)
    # All probabilities may underflow; the winner is then any answer.
    return {**best[winner], "log_prob": math.log(mass[winner]) if mass[winner] else -math.inf}
