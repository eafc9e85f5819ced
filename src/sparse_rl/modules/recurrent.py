"""LSTMs over sequences of different lengths, and over tries, without work on padding.

Legend: N sequence, T step, H hidden; of tries, P node, G trie, L node of one level.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


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
    """Outputs of an LSTM at every real step; zeros after the end of a sequence.

    On a GPU this is a packed sequence. On a CPU the packed kernel's backward pass costs several
    times the padded one's, so the sequences are run group by group of equal length.

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
    outputs, rows = [], []
    for length in sorted(set(length_N.tolist())):
        row_G = (length_N == length).nonzero().squeeze(1)
        output_GTH, _ = lstm(x_NTH[row_G, :length])
        outputs.append(nn.functional.pad(output_GTH, (0, 0, 0, x_NTH.shape[1] - length)))
        rows.append(row_G)
    return torch.cat(outputs)[torch.cat(rows).argsort()]


def run_tries(
    lstm: nn.LSTM, x_PH: Tensor, parents: Sequence[Tensor], state: tuple[Tensor, Tensor]
) -> Tensor:
    """Outputs of an LSTM at every node of tries, (P, H).

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
