"""A search for the best mask that explores by the law of the masks itself.

Legend: T trial, I input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from sparse_rl.control.causal.masks import best_mask, draw_mask, fit_values


class MaskTrials(NamedTuple):
    """Masks that were tried, in order.

    Attributes:
        mask_TI: the masks.
        value_T: what each was worth: a return, or an accuracy.
        weight_TI: w after each trial.
    """

    mask_TI: Tensor
    value_T: Tensor
    weight_TI: Tensor

    def best(self, trials: int | None = None) -> Tensor:
        """Most probable mask after so many trials, or after all."""
        return best_mask(self.weight_TI[(trials or len(self.weight_TI)) - 1])


def try_masks(
    value: Callable[[Tensor], float],
    inputs: int,
    trials: int,
    temperature: float,
    ridge: float,
    generator: torch.Generator,
) -> MaskTrials:
    """Draws G ∼ p(G) ∝ exp(⟨w, G⟩ / τ), values it, fits w to all values so far, and repeats.

    Args:
        value: what a mask is worth.
        inputs: number of inputs.
        trials: masks to try.
        temperature: τ; differences of value well above it decide, those below do not.
        ridge: penalty of the regression.
        generator: source of the draws.
    """
    weight_I = torch.zeros(inputs, dtype=torch.float64)
    masks: list[Tensor] = []
    values: list[float] = []
    weights: list[Tensor] = []
    for _ in range(trials):
        masks.append(draw_mask(weight_I, temperature, generator))
        values.append(value(masks[-1]))
        value_T = torch.tensor(values, dtype=torch.float64)
        weight_I = fit_values(torch.stack(masks), value_T, ridge).weight_I
        weights.append(weight_I)
    return MaskTrials(torch.stack(masks), value_T, torch.stack(weights))
