"""A small recurrent policy over action ids, for any world.

Legend: B example, N trajectory or walk, T step, L word, A action, H hidden, E embedding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparse_rl.bounds import Dropout, Width, bounded
from sparse_rl.interpreters.world import Trajectory, WorldExample, pad_actions
from sparse_rl.modules.masking import flat_options, log_softmax_over
from sparse_rl.modules.policy import Policy

# Number of the first word: 0 pads, 1 is any word not seen in training, and 2 begins every
# question, so that attention over an empty question is defined.
FIRST_WORD = 3


@dataclass(frozen=True)
class EncodedQuestions:
    """Keys and values of attention, and the decoder's initial state.

    Attributes:
        key_BLH: keys of the words.
        value_BLV: encoder states and vectors of the words.
        bias_BL: 0 at words, -inf at padding.
        initial_BH: the decoder's initial state.
    """

    key_BLH: Tensor
    value_BLV: Tensor
    bias_BL: Tensor
    initial_BH: Tensor

    def detach(self) -> EncodedQuestions:
        return EncodedQuestions(*(value.detach() for value in vars(self).values()))


class SequencePolicy(Policy):
    """GRU sequence-to-sequence with dot-product attention on the question (Luong et al., 2015).

    The decoder reads its last action. An action's score is linear in the decoder's state and the
    attended words' encoder states and vectors: the vectors are a skip connection around the
    encoder. Actions are the same in all worlds.

    Args:
        num_actions: action ids of the worlds.
        words: vocabulary of the questions.
        embedding: width of the vectors of words and actions; 16 to 128.
        hidden: width of the GRUs; 32 to 256.
        dropout: dropout on vectors and states; 0 to .3.
    """

    @bounded
    def __init__(
        self,
        num_actions: int,
        words: Sequence[str],
        embedding: Width = 32,
        hidden: Width = 64,
        dropout: Dropout = 0.0,
    ) -> None:
        super().__init__()
        self.num_actions = num_actions
        self.words = tuple(words)
        self._number = {word: FIRST_WORD + place for place, word in enumerate(self.words)}
        self.word = nn.Embedding(FIRST_WORD + len(self.words), embedding, padding_idx=0)
        # The extra row is the input before the first action.
        self.action = nn.Embedding(num_actions + 1, embedding)
        self.encoder = nn.GRU(embedding, hidden, batch_first=True, bidirectional=True)
        self.initial = nn.Linear(2 * hidden, hidden)
        self.key = nn.Linear(2 * hidden, hidden)
        self.decoder = nn.GRU(embedding, hidden, batch_first=True)
        self.score_of = nn.Linear(hidden + 2 * hidden + embedding, num_actions)
        self.dropout = nn.Dropout(dropout)

    @property
    def device(self) -> torch.device:
        return self.score_of.weight.device

    def encode(self, examples: Sequence[WorldExample]) -> EncodedQuestions:
        rows = [[2, *(self._number.get(word, 1) for word in e.question)] for e in examples]
        length_B = torch.tensor([len(row) for row in rows])
        tokens_BL = nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], True)
        tokens_BL = tokens_BL.to(self.device)
        words_BLE = self.dropout(self.word(tokens_BL))
        packed = nn.utils.rnn.pack_padded_sequence(words_BLE, length_B, True, False)
        states, _ = self.encoder(packed)
        states_BLH, _ = nn.utils.rnn.pad_packed_sequence(states, True)
        states_BLH = self.dropout(states_BLH)
        mean_BH = states_BLH.sum(1) / length_B.to(self.device).unsqueeze(1)
        return EncodedQuestions(
            self.key(states_BLH),
            torch.cat((states_BLH, words_BLE), -1),
            torch.where(tokens_BL > 0, 0.0, -torch.inf),
            torch.tanh(self.initial(mean_BH)),
        )

    def _scores(self, encoded: EncodedQuestions, example_N: Tensor, state_NTH: Tensor) -> Tensor:
        """Returns scores of all actions at T steps, (N, T, A)."""
        match_NTL = state_NTH @ encoded.key_BLH[example_N].transpose(1, 2)
        weight_NTL = (match_NTL + encoded.bias_BL[example_N].unsqueeze(1)).softmax(-1)
        read_NTV = weight_NTL @ encoded.value_BLV[example_N]
        scores_NTA: Tensor = self.score_of(torch.cat((state_NTH, read_NTV), -1))
        return scores_NTA.float()

    def score(
        self,
        encoded: EncodedQuestions,
        trajectories: Sequence[Trajectory],
        examples: Sequence[int],
    ) -> tuple[Tensor, Tensor]:
        padded = pad_actions(trajectories)
        action_NT, mask_NT = (torch.from_numpy(part).to(self.device) for part in padded)
        example_N = torch.tensor(examples, device=self.device)
        before_NT = nn.functional.pad(action_NT[:, :-1], (1, 0), value=self.num_actions)
        read_NTE = self.dropout(self.action(before_NT))
        initial_1NH = encoded.initial_BH[example_N].unsqueeze(0)
        state_NTH, _ = self.decoder(read_NTE, initial_1NH.contiguous())
        scores_NTA = self._scores(encoded, example_N, state_NTH)
        valid_NTA = torch.zeros(scores_NTA.shape, dtype=torch.bool, device=self.device)
        for row, trajectory in enumerate(trajectories):
            step, action = torch.from_numpy(trajectory.valid_index).to(self.device)
            valid_NTA[row, step, action] = True
        # After a trajectory's end all actions are valid: the softmax of none is NaN.
        log_p_NTA = scores_NTA.masked_fill(~(valid_NTA | ~mask_NT.unsqueeze(-1)), -torch.inf)
        log_p_NTA = log_p_NTA.log_softmax(-1)
        chosen_NT = log_p_NTA.gather(2, action_NT.unsqueeze(-1)).squeeze(-1)
        finite_NTA = log_p_NTA.masked_fill(log_p_NTA == -torch.inf, 0.0)
        entropy_NT = -(finite_NTA.exp() * finite_NTA).sum(-1)
        zero = torch.zeros((), device=self.device)
        return (
            torch.where(mask_NT, chosen_NT, zero).sum(1),
            torch.where(mask_NT, entropy_NT, zero).sum(1),
        )

    def stepper(self, encoded: EncodedQuestions, examples: Sequence[int]) -> SequenceStepper:
        return SequenceStepper(self, encoded.detach(), torch.tensor(examples, device=self.device))


class SequenceStepper:
    """Decoder states of walks. An action's slot is its id."""

    def __init__(
        self, policy: SequencePolicy, encoded: EncodedQuestions, example_N: Tensor
    ) -> None:
        self._policy = policy
        self._encoded = encoded
        self._example_N = example_N
        self._state_NH = encoded.initial_BH[example_N]
        self._action_N = torch.full_like(example_N, policy.num_actions)

    @torch.no_grad()
    def log_probs(self, options: Sequence[Sequence[int]]) -> Tensor:
        policy = self._policy
        read_N1E = policy.action(self._action_N).unsqueeze(1)
        state_N1H, last_1NH = policy.decoder(read_N1E, self._state_NH.unsqueeze(0).contiguous())
        self._state_NH = last_1NH.squeeze(0)
        scores_NA = policy._scores(self._encoded, self._example_N, state_N1H).squeeze(1)
        return log_softmax_over(scores_NA, *flat_options(options))

    def take(self, slots: list[int]) -> list[int]:
        self._action_N = torch.tensor(slots, device=self._example_N.device)
        return slots

    def select(self, index_N: Tensor) -> None:
        self._example_N = self._example_N[index_N]
        self._state_NH = self._state_NH[index_N]
        self._action_N = self._action_N[index_N]

    def keep(self, rows: Sequence[int]) -> None:
        """Keeps these walks only."""
        self.select(torch.tensor(rows, device=self._example_N.device))
