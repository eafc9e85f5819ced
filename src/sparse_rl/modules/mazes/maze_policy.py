"""The policy over moves in a maze: reads the instruction, and nothing of the maze.

It does not read its own moves either, so one table of probabilities, step by move, defines its
distribution in an example; everything else is a look-up.

Legend: B example, N trajectory or walk, T step, L symbol of the instruction, V move, H hidden,
E embedding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

import torch
from torch import Tensor, nn

from sparse_rl.bounds import Dropout, Width, bounded
from sparse_rl.interpreters.mazes.maze import ENERGY, MOVES, Maze, Moves
from sparse_rl.interpreters.world import Trajectory, pad_actions
from sparse_rl.modules.masking import flat_options, log_softmax_over
from sparse_rl.modules.policy import Policy

Values = Literal["symbols", "states"]


class MazeSizes(TypedDict):
    """Options of a `MazePolicy`, as checkpoints store them."""

    embedding: int
    hidden: int
    dropout: float
    values: Values


@dataclass(frozen=True)
class MazeEncoded:
    """Log-probabilities of all moves at all steps, (B, T, V)."""

    log_p_BTV: Tensor

    def detach(self) -> MazeEncoded:
        return MazeEncoded(self.log_p_BTV.detach())


class MazePolicy(Policy):
    """GRU sequence-to-sequence; the attended value is the decoder's only input.

    Args:
        embedding: width of a symbol's vector.
        hidden: width of the GRUs and of the attention.
        dropout: dropout on the symbols' vectors and the encoder states.
        values: values of the attention: "symbols", the symbols' vectors, and the move's scores
            are linear in the attended value; or "states", the encoder states, as in MeRL's own
            network, and the scores are linear in the decoder's state.
    """

    @bounded
    def __init__(
        self,
        embedding: Width = 8,
        hidden: Width = 32,
        dropout: Dropout = 0.1,
        values: Values = "symbols",
    ) -> None:
        super().__init__()
        self.values = values
        width = embedding if values == "symbols" else 2 * hidden
        self.symbols = nn.Embedding(1 + len(MOVES), embedding, padding_idx=0)
        self.ahead = nn.GRU(embedding, hidden, batch_first=True)
        self.behind = nn.GRU(embedding, hidden, batch_first=True)
        self.initial = nn.Linear(2 * hidden, hidden)
        self.key = nn.Linear(2 * hidden, hidden)
        self.query = nn.Linear(hidden, hidden)
        self.match = nn.Linear(hidden, 1, bias=False)
        self.decoder = nn.GRUCell(width, hidden)
        self.move = nn.Linear(width if values == "symbols" else hidden, len(MOVES))
        self.dropout = nn.Dropout(dropout)

    @property
    def device(self) -> torch.device:
        return self.move.weight.device

    def encode(self, examples: Sequence[Maze]) -> MazeEncoded:
        """Encodes B instructions into the log-probabilities of all steps at once."""
        # Many mazes have the same instruction, and the policy reads nothing else.
        distinct = {maze.instruction: None for maze in examples}
        places = {instruction: place for place, instruction in enumerate(distinct)}
        rows_B = torch.tensor([places[maze.instruction] for maze in examples])
        log_p_BTV = self._read(_padded(list(distinct)).to(self.device))
        return MazeEncoded(log_p_BTV.index_select(0, rows_B.to(self.device)))

    def _read(self, symbols_BL: Tensor) -> Tensor:
        """Returns log-probabilities of the moves (B, T, V) for padded instructions."""
        mask_BL = symbols_BL > 0
        length_B = mask_BL.sum(1)
        symbols_BLE = self.dropout(self.symbols(symbols_BL))
        states_BLH = self.dropout(self._states(symbols_BLE, length_B))
        key_BLH = self.key(states_BLH)
        value_BLE = symbols_BLE if self.values == "symbols" else states_BLH
        # Padding gets no attention.
        bias_BL = torch.where(mask_BL, 0.0, -torch.inf)
        mean_BH = (states_BLH * mask_BL.unsqueeze(-1)).sum(1) / length_B.unsqueeze(1)
        state_BH = torch.tanh(self.initial(mean_BH))
        read = []
        for _ in range(ENERGY):
            match_BLH = torch.tanh(key_BLH + self.query(state_BH).unsqueeze(1))
            weight_BL = (self.match(match_BLH).squeeze(-1) + bias_BL).softmax(-1)
            # Not a matrix product: for so many and so small matrices it is slow.
            value_BE = (weight_BL.unsqueeze(-1) * value_BLE).sum(1)
            state_BH = self.decoder(value_BE, state_BH)
            read.append(value_BE if self.values == "symbols" else state_BH)
        score_BTV: Tensor = self.move(torch.stack(read, 1))
        return score_BTV.float().log_softmax(-1)

    def _states(self, symbols_BLE: Tensor, length_B: Tensor) -> Tensor:
        """Returns encoder states of both directions at every symbol, (B, L, 2 H).

        The second GRU reads each instruction reversed, so that neither GRU meets padding before
        the instruction's end.
        """
        places_L = torch.arange(symbols_BLE.shape[1], device=symbols_BLE.device)
        turn_BL1 = ((length_B.unsqueeze(1) - 1 - places_L) % len(places_L)).unsqueeze(-1)
        ahead_BLH, _ = self.ahead(symbols_BLE)
        behind_BLH, _ = self.behind(symbols_BLE.gather(1, turn_BL1.expand_as(symbols_BLE)))
        behind_BLH = behind_BLH.gather(1, turn_BL1.expand_as(behind_BLH))
        return torch.cat((ahead_BLH, behind_BLH), -1)

    def score(
        self, encoded: MazeEncoded, trajectories: Sequence[Trajectory], examples: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        padded = pad_actions(trajectories)
        moves_NT, mask_NT = (torch.from_numpy(part).to(self.device) for part in padded)
        example_N = torch.tensor(examples, device=self.device)
        steps = moves_NT.shape[1]
        log_p_BTV = encoded.log_p_BTV[:, :steps]
        entropy_BT = -(log_p_BTV.exp() * log_p_BTV).sum(-1)
        # One flat index: a gather from a copy of the table per walk would cost far more.
        cell_NT = (example_N.unsqueeze(1) * steps + torch.arange(steps, device=self.device)) * len(
            MOVES
        ) + moves_NT
        chosen_NT = log_p_BTV.flatten().index_select(0, cell_NT.flatten()).view_as(cell_NT)
        entropy_NT = entropy_BT.index_select(0, example_N)
        return (chosen_NT * mask_NT).sum(1), (entropy_NT * mask_NT).sum(1)

    def stepper(self, encoded: MazeEncoded, examples: Sequence[int]) -> MazeStepper:
        return MazeStepper(encoded.log_p_BTV.detach(), torch.tensor(examples, device=self.device))


class MazeStepper:
    """Rows of the table, one per walk, and the walks' current step."""

    def __init__(self, log_p_BTV: Tensor, example_N: Tensor) -> None:
        self._log_p_BTV = log_p_BTV
        self._example_N = example_N
        self._step = 0

    def log_probs(self, options: Sequence[Sequence[int]]) -> Tensor:
        log_p_NV = self._log_p_BTV[self._example_N, self._step]
        self._step += 1
        return log_softmax_over(log_p_NV, *flat_options(options))

    def take(self, slots: list[int]) -> list[int]:
        return slots

    def select(self, index_N: Tensor) -> None:
        self._example_N = self._example_N[index_N]

    def keep(self, rows: Sequence[int]) -> None:
        """Keeps these walks only."""
        self.select(torch.tensor(rows, device=self._example_N.device))


def _padded(instructions: Sequence[Moves]) -> Tensor:
    """Returns symbols (B, L): 0 pads, a move's symbol is its number plus one."""
    width = max(map(len, instructions))
    rows = [[1 + move for move in row] + [0] * (width - len(row)) for row in instructions]
    return torch.tensor(rows)
