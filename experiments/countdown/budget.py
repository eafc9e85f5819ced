"""The budget that all rivals have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """Completions of a training.

    Attributes:
        prompts: tasks of a step.
        draws: completions drawn for each of them.
        completions: completions of the whole training.
    """

    prompts: int = 8
    draws: int = 8
    completions: int = 4_096

    @property
    def steps(self) -> int:
        """Optimiser steps."""
        return self.completions // (self.prompts * self.draws)
