"""LSTMs over sequences of different lengths and over tries, with little work on padding.

Legend: N sequence, T step, H hidden; of tries, P node, G trie, L node of one level.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

# Sequences per padded batch on a CPU: more waste steps on padding, fewer make the matrix products
# small.
GROUP = 16


class Lstm(nn.LSTM):
    """An LSTM that stays in float32 on a CPU: few processors have its kernel in bfloat16."""

    def forward(  # type: ignore[override]
        self, x_NTH: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        if x_NTH.is_cuda or not torch.is_autocast_enabled("cpu"):
            return super().forward(x_NTH, state)
        part = None if state is None else (state[0].float(), state[1].float())
        with torch.autocast("cpu", enabled=False):
            return super().forward(x_NTH.float(), part)


def run_lstm(lstm: nn.LSTM, x_NTH: Tensor, length_N: Tensor) -> Tensor:
    """Returns outputs of an LSTM at every real step; zeros after the end of a sequence.

    On a GPU it runs a packed sequence. On a CPU the packed kernel's backward pass costs several
    times the padded kernel's, so sequences of similar length share a padded batch.

    Args:
        lstm: one layer, batch first, in one or both directions.
        x_NTH: padded inputs.
        length_N: lengths, at least 1, on the CPU.
    """
    if x_NTH.is_cuda:
        packed = nn.utils.rnn.pack_padded_sequence(
            x_NTH, length_N, batch_first=True, enforce_sorted=False
        )
        output, _ = lstm(packed)
        return nn.utils.rnn.pad_packed_sequence(
            output, batch_first=True, total_length=x_NTH.shape[1]
        )[0]
    dtype = torch.float32 if torch.is_autocast_enabled("cpu") else x_NTH.dtype
    order_N = length_N.argsort()
    with torch.autocast("cpu", enabled=False):
        outputs = [
            _run_padded(lstm, x_NTH[row_G].to(dtype), length_N[row_G])
            for row_G in torch.split(order_N, GROUP)
        ]
    return torch.cat(outputs)[order_N.argsort()]


def _run_padded(lstm: nn.LSTM, x_GTH: Tensor, length_G: Tensor) -> Tensor:
    """Runs a group to the end of its longest sequence; see `run_lstm`."""
    step_T = torch.arange(int(length_G.max()), device=x_GTH.device)
    length_G = length_G.to(x_GTH.device)
    real_GT = step_T < length_G[:, None]
    # Reverses every sequence within its own length, and back.
    turn_GT1 = (length_G[:, None] - 1 - step_T).where(real_GT, step_T)[..., None]
    run_GTH = x_GTH[:, : len(step_T)]
    zeros_1GH = run_GTH.new_zeros(1, len(length_G), lstm.hidden_size)
    outputs = []
    for backward, weights in enumerate(lstm.all_weights):
        if backward:
            run_GTH = run_GTH.gather(1, turn_GT1.expand_as(run_GTH))
        output_GTH, _, _ = torch.lstm(
            run_GTH, (zeros_1GH, zeros_1GH), list(weights), True, 1, 0.0, lstm.training, False, True
        )
        if backward:
            output_GTH = output_GTH.gather(1, turn_GT1.expand_as(output_GTH))
        outputs.append(output_GTH)
    total_GTH = torch.cat(outputs, -1) * real_GT[..., None]
    return nn.functional.pad(total_GTH, (0, 0, 0, x_GTH.shape[1] - len(step_T)))


def run_tries(
    lstm: nn.LSTM, x_PH: Tensor, parents: Sequence[Tensor], state: tuple[Tensor, Tensor]
) -> Tensor:
    """Returns outputs of an LSTM at every node of tries, (P, H).

    Args:
        lstm: one layer in one direction.
        x_PH: inputs, level by level from the roots.
        parents: by level, the places of the nodes' parents in the level above.
        state: hidden and cell state above the roots, each (1, G, H).
    """
    h_GH, c_GH = (part[0].float() for part in state)
    sizes = [len(parent_L) for parent_L in parents]
    levels = []
    with torch.autocast(x_PH.device.type, enabled=False):
        for x_LH, parent_L in zip(torch.split(x_PH.float(), sizes), parents, strict=True):
            above = (h_GH.index_select(0, parent_L), c_GH.index_select(0, parent_L))
            h_GH, c_GH = torch.lstm_cell(x_LH, above, *lstm.all_weights[0])
            levels.append(h_GH)
    return torch.cat(levels)
