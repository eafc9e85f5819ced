"""Trajectories as tensors, with their valid sets as one mask.

Legend: N trajectory, T step, M memory slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.transfer import transfer


@dataclass(frozen=True)
class SlotMap:
    """Memory slots of action ids.

    Columns are padded to the widest table of a batch, so the constants of narrower tables shift.

    Attributes:
        first_constant: first constant's action id, per example.
        shift: what to add to the action ids of constants, per example.
        num_slots: slots of the batch.
    """

    first_constant: Sequence[int]
    shift: Sequence[int]
    num_slots: int

    def slots(self, actions: Sequence[int], example: int) -> list[int]:
        """Slots of some actions of one example."""
        first, shift = self.first_constant[example], self.shift[example]
        return [a if a < first else a + shift for a in actions]

    def action(self, slot: int, example: int) -> int:
        """Inverse of `slots` for one slot."""
        return slot if slot < self.first_constant[example] else slot - self.shift[example]


@dataclass(frozen=True)
class PackedTrajectories:
    """N trajectories of a batch.

    Attributes:
        example_N: index of each trajectory's example in the batch.
        slots_NT: memory slots of the actions; 0 after the end.
        step_mask_NT: True at real steps.
        valid_NTM: True at valid slots; slot 0 after the end, so that no row is empty.
    """

    example_N: Tensor
    slots_NT: Tensor
    step_mask_NT: Tensor
    valid_NTM: Tensor

    def to(self, device: torch.device) -> PackedTrajectories:
        """The same trajectories, from the CPU to another device."""
        return PackedTrajectories(*(transfer(value, device) for value in vars(self).values()))


def pack(
    trajectories: Sequence[Trajectory], examples: Sequence[int], slot_map: SlotMap
) -> PackedTrajectories:
    """Packs trajectories; `examples` gives the batch index of each one's example."""
    example_N = np.asarray(examples, np.int64)
    first_N = np.asarray(slot_map.first_constant, np.int64)[example_N]
    shift_N = np.asarray(slot_map.shift, np.int64)[example_N]
    length_N = np.array([len(t.actions) for t in trajectories], np.int64)
    steps = int(length_N.max())

    row_S = np.repeat(np.arange(len(trajectories)), length_N)
    step_mask_NT = np.arange(steps)[None, :] < length_N[:, None]
    action_S = np.concatenate([t.action_array for t in trajectories])
    slots_NT = np.zeros((len(trajectories), steps), np.int64)
    slots_NT[step_mask_NT] = action_S + shift_N[row_S] * (action_S >= first_N[row_S])

    indices = [t.valid_index for t in trajectories]
    step_P, action_P = np.concatenate(indices, 1)
    row_P = np.repeat(np.arange(len(trajectories)), [index.shape[1] for index in indices])
    slot_P = action_P + shift_N[row_P] * (action_P >= first_N[row_P])
    valid_NTM = np.zeros((len(trajectories), steps, slot_map.num_slots), np.bool_)
    valid_NTM[row_P, step_P, slot_P] = True
    valid_NTM[..., 0] |= ~step_mask_NT
    return PackedTrajectories(
        *map(torch.from_numpy, (example_N, slots_NT, step_mask_NT, valid_NTM))
    )
