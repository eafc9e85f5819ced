"""The memory decoder: a two-layer LSTM that reads and scores memory slots.

Legend: B example, N trajectory, T step, V variable, M memory slot, L question token, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from sparse_rl.modules.tables.encoder import KeyVariableMemory
from sparse_rl.modules.tables.recurrent import Lstm, run_tries


@dataclass(frozen=True)
class DecoderState:
    """State of N partial programs.

    Attributes:
        lstm: hidden and cell states of both layers, each (1, N, H).
        variables_NVH: decoder states at the ends of finished expressions; zeros before.
        read_NM: 1 where a slot has been read, else 0.
    """

    lstm: tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]
    variables_NVH: Tensor
    read_NM: Tensor

    def select(self, index_N: Tensor) -> DecoderState:
        """Returns the state of chosen rows, for beams."""
        first, second = (tuple(part[:, index_N] for part in layer) for layer in self.lstm)
        lstm = ((first[0], first[1]), (second[0], second[1]))
        return DecoderState(lstm, self.variables_NVH[index_N], self.read_NM[index_N])


class MemoryDecoder(nn.Module):
    """Scores the next action of partial programs.

    Args:
        hidden: width of states and slots.
        dropout: between the layers and on the outputs.
        first_variable: memory slot of variable v0.
        num_variables: number of variable slots.
        links: whether the words that a step attends to speak for the slots that they name.
    """

    def __init__(
        self,
        hidden: int,
        dropout: float,
        first_variable: int,
        num_variables: int,
        links: bool = False,
    ) -> None:
        super().__init__()
        self.first_variable = first_variable
        self.num_variables = num_variables
        self.begin = nn.Parameter(torch.randn(hidden) * 0.1)
        self.initial = nn.Linear(hidden, 4 * hidden)
        self.first = Lstm(hidden, hidden, batch_first=True)
        self.second = Lstm(hidden, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * hidden, hidden)
        self.named = nn.Linear(hidden, hidden) if links else None
        if links:
            self.link_weight = nn.Parameter(torch.tensor(4.0))
        # Added to the score of columns and constants already read: programs seldom name one twice.
        self.again = nn.Parameter(torch.tensor(0.0))

    def initial_state(self, memory: KeyVariableMemory) -> DecoderState:
        """Returns the state before the first step, from the mean encoder state; N = B."""
        parts = torch.tanh(self.initial(memory.summary_BH)).unsqueeze(0).chunk(4, -1)
        h1, c1, h2, c2 = (part.contiguous() for part in parts)
        variables = memory.summary_BH.new_zeros(
            memory.summary_BH.shape[0], self.num_variables, memory.summary_BH.shape[1]
        )
        read_NM = torch.zeros_like(memory.bias_BM)
        return DecoderState(((h1, c1), (h2, c2)), variables, read_NM)

    def read(self, input_N1H: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """Takes one step: reads the memory vector of the last action; returns h_N1H."""
        below, first = self.first(input_N1H, state.lstm[0])
        above, second = self.second(self.dropout(below), state.lstm[1])
        return below + above, replace(state, lstm=(first, second))

    def read_all(self, inputs_PH: Tensor, parents: Sequence[Tensor], state: DecoderState) -> Tensor:
        """Takes all steps of given programs at once, as tries; returns h_PH."""
        below_PH = run_tries(self.first, inputs_PH, parents, state.lstm[0])
        above_PH = run_tries(self.second, self.dropout(below_PH), parents, state.lstm[1])
        return below_PH + above_PH

    def scores(
        self,
        states_NTH: Tensor,
        variables_NTVH: Tensor,
        read_NTM: Tensor,
        memory: KeyVariableMemory,
    ) -> Tensor:
        """Returns scores of all memory slots, (N, T, M); `memory` has one row per trajectory.

        A variable's slot is its learned vector plus the state at the end of its expression.
        `read_NTM` is 1 at the slots read before each step.
        """
        context_NTH = _attention(states_NTH, memory) @ memory.question_BLH
        output_NTH = self.output(self.dropout(torch.cat((states_NTH, context_NTH), -1)))
        output_NTH = torch.tanh(output_NTH)
        score_NTM = output_NTH @ memory.slots_BMH.transpose(1, 2) + memory.bias_BM[:, None]
        if self.named is not None:
            named_NTL = _attention(self.named(states_NTH), memory)
            score_NTM = score_NTM + self.link_weight * named_NTL @ memory.links_BML.transpose(1, 2)
        score_NTV = (variables_NTVH @ output_NTH.unsqueeze(-1)).squeeze(-1)
        language = self.first_variable + self.num_variables
        after = score_NTM.shape[-1] - language
        score_NTM = score_NTM + nn.functional.pad(score_NTV, (self.first_variable, after))
        again_NTM = self.again * read_NTM[..., language:]
        return score_NTM + nn.functional.pad(again_NTM, (language, 0))


def _attention(queries_NTH: Tensor, memory: KeyVariableMemory) -> Tensor:
    """Returns attention to the question's tokens, (N, T, L)."""
    score_NTL: Tensor = queries_NTH @ memory.question_BLH.transpose(1, 2)
    score_NTL = score_NTL * queries_NTH.shape[-1] ** -0.5
    return score_NTL.masked_fill(~memory.question_mask_BL[:, None], -torch.inf).softmax(-1)
