"""Trajectories as tensors, with their valid sets as one mask.

Legend: N trajectory, T step, M memory slot; of their tries, G example, P node, C or Q node that is
a choice, V pair of a step and a valid action.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sparse_rl.interpreters.world import Trajectory, pad_actions
from sparse_rl.modules.masking import Indices
from sparse_rl.modules.tables.tries import tries
from sparse_rl.modules.transfer import transfer


@dataclass(frozen=True)
class SlotMap:
    """Memory slots of action ids.

    Columns are padded to the widest table of a batch, so the constants of narrower tables shift.

    Attributes:
        first_constant: first constant's action id, per example.
        shift: offset of the action ids of constants, per example.
        num_slots: slots of the batch.
    """

    first_constant: Sequence[int]
    shift: Sequence[int]
    num_slots: int

    def shifted(self, action_V: Indices, example_V: Indices) -> Indices:
        """Returns the slots of V actions, given the example of each."""
        first_B, shift_B = np.asarray(self.first_constant), np.asarray(self.shift)
        slot_V: Indices = action_V + shift_B[example_V] * (action_V >= first_B[example_V])
        return slot_V

    def slots(self, actions: Sequence[int], example: int) -> list[int]:
        """Returns slots of some actions of one example."""
        first, shift = self.first_constant[example], self.shift[example]
        return [a if a < first else a + shift for a in actions]

    def action(self, slot: int, example: int) -> int:
        """Returns the action of a slot: the inverse of `slots`."""
        return slot if slot < self.first_constant[example] else slot - self.shift[example]


@dataclass(frozen=True)
class PackedTrajectories:
    """N trajectories of G examples as tries: common prefixes are computed once.

    A node is a prefix; a node with several valid actions is a choice, and only choices are scored.
    Steps after a trajectory's last choice are left out. Nodes are ordered level by level.

    Attributes:
        example_G: the examples' places in the batch.
        parents: by level, the places of the nodes' parents in the level above; in G for roots.
        read_P: by node below the roots, the slot of the action read there, in (G, M) flattened.
        node_GQ: the nodes that are choices, example by example; 0 after the last.
        path_GQT: the nodes from the root to each choice; 0 from the choice on.
        passed_GQT: slots of the actions taken there; 0 from the choice on.
        valid_GQM: True at valid slots; slot 0 after the last choice, so that no row is empty.
        place_NT: each step's choice, in (G, Q) flattened; 0 where there is none.
        slots_NT: memory slots of the actions; 0 after the end.
        choice_NT: True at steps that are choices.
    """

    example_G: Tensor
    parents: tuple[Tensor, ...]
    read_P: Tensor
    node_GQ: Tensor
    path_GQT: Tensor
    passed_GQT: Tensor
    valid_GQM: Tensor
    place_NT: Tensor
    slots_NT: Tensor
    choice_NT: Tensor

    def __len__(self) -> int:
        return len(self.slots_NT)

    def to(self, device: torch.device) -> PackedTrajectories:
        """Moves the trajectories from the CPU to another device."""
        sizes = [len(parent) for parent in self.parents]
        parents = torch.split(transfer(torch.cat(self.parents), device), sizes)
        tensors = {k: v for k, v in vars(self).items() if isinstance(v, Tensor)}
        moved = {name: transfer(value, device) for name, value in tensors.items()}
        return PackedTrajectories(parents=parents, **moved)


def pack(
    trajectories: Sequence[Trajectory], examples: Sequence[int], slot_map: SlotMap
) -> PackedTrajectories:
    """Packs trajectories; `examples` has the batch index of each trajectory's example.

    Valid sets are the world's, so programs of an example share them along common prefixes.
    """
    action_NT, step_mask_NT = pad_actions(trajectories)
    example_N = np.asarray(examples, np.int64)
    example_G, group_N = np.unique(example_N, return_inverse=True)
    slots_NT = slot_map.shifted(action_NT, example_N[:, None])

    # All pairs of a step and a valid action.
    indices = [t.valid_index for t in trajectories]
    step_V, action_V = np.concatenate(indices, 1)
    row_V = np.repeat(np.arange(len(trajectories)), [index.shape[1] for index in indices])
    slot_V = slot_map.shifted(action_V, example_N[row_V])
    count_NT = np.bincount(row_V * action_NT.shape[1] + step_V, minlength=action_NT.size)
    choice_NT = count_NT.reshape(action_NT.shape) > 1
    # The first step always counts as a choice, so that every program has a node.
    choice_NT[:, 0] = True
    before_choice_NT = np.logical_or.accumulate(choice_NT[:, ::-1], 1)[:, ::-1]
    nodes = tries(np.where(step_mask_NT, action_NT, -1), group_N, before_choice_NT)

    group_P, below_P = group_N[nodes.row_P], nodes.step_P > 0
    read_P = group_P * slot_map.num_slots + slots_NT[nodes.row_P, nodes.step_P - 1]
    (node_C,) = choice_NT[nodes.row_P, nodes.step_P].nonzero()
    node_C = node_C[group_P[node_C].argsort(kind="stable")]
    count_G = np.bincount(group_P[node_C])
    choice_mask_GQ = np.arange(count_G.max()) < count_G[:, None]
    place_P = np.zeros_like(read_P)
    place_P[node_C] = choice_mask_GQ.ravel().nonzero()[0]
    place_NT = place_P[nodes.node_NT] * choice_NT
    node_GQ = np.zeros(choice_mask_GQ.shape, np.int64)
    node_GQ[choice_mask_GQ] = node_C

    row_GQ, step_GQ = nodes.row_P[node_GQ], nodes.step_P[node_GQ]
    passed_mask_GQT = np.arange(action_NT.shape[1]) < step_GQ[..., None]
    valid_GQM = np.zeros((*node_GQ.shape, slot_map.num_slots), np.bool_)
    seen_V = choice_NT[row_V, step_V]
    place_V = place_NT[row_V[seen_V], step_V[seen_V]]
    valid_GQM.reshape(-1, slot_map.num_slots)[place_V, slot_V[seen_V]] = True
    valid_GQM[..., 0] |= ~choice_mask_GQ
    tensors = (
        read_P[below_P],
        node_GQ,
        nodes.node_NT[row_GQ] * passed_mask_GQT,
        slots_NT[row_GQ] * passed_mask_GQT,
        valid_GQM,
        place_NT,
        slots_NT,
        choice_NT,
    )
    return PackedTrajectories(
        torch.from_numpy(example_G),
        torch.split(torch.from_numpy(nodes.above_P), nodes.sizes_T.tolist()),
        *map(torch.from_numpy, tensors),
    )
