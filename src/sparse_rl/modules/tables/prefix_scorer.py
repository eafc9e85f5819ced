"""Scores of the next actions of prefixes, for best-first searches.

Legend: N prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from sparse_rl.exploration.gumbel import Region

Prefix = tuple[int, tuple[int, ...]]
"""Number of the search, and the actions."""


class ResumableStepper(Protocol):
    """The network side of N walks that can be resumed."""

    def read(self, slots: list[int], /) -> None:
        """Reads the chosen slots."""
        ...

    def advance(self) -> None:
        """Takes a step without scores."""
        ...

    def log_probs(self, options: Sequence[Sequence[int]], /) -> Tensor:
        """Takes a step; returns log-probabilities (N, M) over the options."""
        ...

    def states(self) -> Sequence[Tensor]:
        """Returns the state from which walks resume, one row per walk."""
        ...


Begin = Callable[[Sequence[int], Sequence[Tensor] | None], ResumableStepper]
"""Begins walks of the searches with these numbers, or resumes them from states."""


class KeptStates:
    """States of prefixes: rows of a few tensors, written and read in batches."""

    def __init__(self) -> None:
        self._rows: dict[Prefix, int] = {}
        self._parts: list[Tensor] = []

    def __contains__(self, prefix: Prefix) -> bool:
        return prefix in self._rows

    def keep(self, prefixes: Sequence[Prefix], parts: Sequence[Tensor]) -> None:
        """Adds the states of new prefixes, one row of each part per prefix."""
        start = len(self._rows)
        stop = start + len(prefixes)
        if not self._parts:
            self._parts = [part.new_empty(0, *part.shape[1:]) for part in parts]
        if stop > len(self._parts[0]):
            # Doubled, so that copies are rare.
            self._parts = [
                torch.cat((old[:start], old.new_empty(2 * stop - start, *old.shape[1:])))
                for old in self._parts
            ]
        for kept, part in zip(self._parts, parts, strict=True):
            kept[start:stop] = part
        self._rows.update(zip(prefixes, range(start, stop), strict=True))

    def take(self, prefixes: Sequence[Prefix]) -> list[Tensor]:
        """Returns the parts' rows of the prefixes."""
        rows = [self._rows[prefix] for prefix in prefixes]
        index_N = torch.tensor(rows, device=self._parts[0].device)
        return [part.index_select(0, index_N) for part in self._parts]


class PrefixScorer:
    """Scores the next actions of a region in one decoding step: it keeps all prefixes' states.

    Args:
        begin: begins or resumes walks.
        slots: memory slots of actions, given the number of their search.
    """

    def __init__(self, begin: Begin, slots: Callable[[Sequence[int], int], list[int]]) -> None:
        self._begin = begin
        self._slots = slots
        self._states = KeptStates()

    @torch.no_grad()
    def __call__(self, requests: Sequence[tuple[int, Region]]) -> list[list[float]]:
        """Returns log-probabilities of the regions' valid actions.

        Searches begin together, so either all regions are roots or none is.
        """
        prefixes = [(number, region.actions) for number, region in requests]
        self._catch_up(prefixes)
        stepper = self._stepper(prefixes)
        log_p_NM = stepper.log_probs([region.valid for _, region in requests]).tolist()
        self._states.keep(prefixes, stepper.states())
        return [
            [row[slot] for slot in self._slots(region.valid, number)]
            for row, (number, region) in zip(log_p_NM, requests, strict=True)
        ]

    def _catch_up(self, prefixes: Sequence[Prefix]) -> None:
        """Steps over the forced actions above prefixes, which need no scores."""
        missing: list[list[Prefix]] = []
        above = list(prefixes)
        while above := [
            parent
            for number, actions in above
            if actions and (parent := (number, actions[:-1])) not in self._states
        ]:
            missing.append(above)
        for above in reversed(missing):
            stepper = self._stepper(above)
            stepper.advance()
            self._states.keep(above, stepper.states())

    def _stepper(self, prefixes: Sequence[Prefix]) -> ResumableStepper:
        """Returns walks that have read the prefixes; the parents' states are known."""
        numbers = [number for number, _ in prefixes]
        if not prefixes[0][1]:
            return self._begin(numbers, None)
        above = self._states.take([(number, actions[:-1]) for number, actions in prefixes])
        stepper = self._begin(numbers, above)
        stepper.read([self._slots(actions[-1:], number)[0] for number, actions in prefixes])
        return stepper
