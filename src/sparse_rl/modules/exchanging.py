"""What processes tell each other in every training step, in one collective during backward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from statistics import fmean

import torch

from sparse_rl import processes

Observed = dict[tuple[int, ...], float]
"""A process's observations of a step, for its prior: weights of templates (`Prior.observe`)."""


class StepExchange:
    """Exchanges the step's loss, the prior's observations and the wish to stop.

    Attributes:
        stop: whether this process wants to stop; sent with the next step.
        stopping: whether a process has sent such a wish with the last step.
        loss: mean of the last step's loss over the processes.
    """

    def __init__(self) -> None:
        self.stop = False
        self.stopping = False
        self.loss = 0.0
        self._mailbox = processes.Mailbox()

    def send(self, loss: float, observed: Observed, device: torch.device) -> None:
        """Sends this process's part, without waiting; all processes must, in every step."""
        self._mailbox.send([float(self.stop), loss, *_flat(observed)], device)

    def receive(self) -> list[Observed]:
        """Waits for the parts of all processes; returns their observations, in rank order."""
        parts = self._mailbox.receive()
        self.stopping = any(stop for stop, *_ in parts)
        self.loss = fmean(loss for _, loss, *_ in parts)
        return [_observed(flat) for _, _, *flat in parts]


def _flat(observed: Mapping[tuple[int, ...], float]) -> Iterator[float]:
    """Writes every template as its length, its symbols and its weight."""
    return chain.from_iterable((len(key), *key, weight) for key, weight in observed.items())


def _observed(flat: Sequence[float]) -> Observed:
    """Reads what `_flat` wrote."""
    observed: Observed = {}
    start = 0
    while start < len(flat):
        weight = start + 1 + int(flat[start])
        observed[tuple(map(int, flat[start + 1 : weight]))] = flat[weight]
        start = weight + 1
    return observed
