"""The policy over table programs: teacher-forced scores and stepwise decoding.

Legend: B example, N trajectory, T step, V variable, M memory slot, H hidden; of packed
trajectories, P node, G example, Q choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from sparse_rl.bounds import Dropout, Width, bounded
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table_world import ActionTokens
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.masking import flat_options, log_softmax_over
from sparse_rl.modules.policy import Policy
from sparse_rl.modules.tables.context import Context, NoContext
from sparse_rl.modules.tables.decoder import DecoderState, MemoryDecoder
from sparse_rl.modules.tables.encoder import KeyVariableMemory, MemoryEncoder
from sparse_rl.modules.tables.inputs import ExampleArrays, collate, example_arrays
from sparse_rl.modules.tables.packing import PackedTrajectories, SlotMap, pack
from sparse_rl.modules.tables.prefix_scorer import PrefixScorer
from sparse_rl.modules.tables.vocabulary import Vocabulary
from sparse_rl.modules.transfer import transfer


@dataclass(frozen=True)
class EncodedTables:
    """An encoded batch: its key-variable memory, and the map from action ids to slots."""

    memory: KeyVariableMemory
    slot_map: SlotMap

    def detach(self) -> EncodedTables:
        return EncodedTables(self.memory.detach(), self.slot_map)


class _FirstSizes(TypedDict):
    embedding: int
    hidden: int
    dropout: float
    frozen_words: bool


class PolicySizes(_FirstSizes, total=False):
    """Sizes of a `TablePolicy`, as checkpoints store them; older ones lack some."""

    column_clues: bool
    word_dropout: float
    schema_links: bool


class TablePolicy(Policy):
    """LSTM policy with key-variable memory (NSM, MAPO).

    Args:
        vocabulary: words with learned vectors.
        language: functions and limits of the programs.
        embedding: width of the word vectors.
        hidden: width of encoder, decoder and memory.
        dropout: .2 is usual on WikiTableQuestions, 0 on WikiSQL.
        frozen_words: whether word vectors are frozen, as is usual for pretrained vectors.
        word_dropout: share of the words that training takes for unknown ones.
        column_clues: whether columns know their place, and the words of the question that are
            similar to their headers by `context`.
        schema_links: whether the words of the question that a step attends to speak for the columns
            and constants that they name.
        context: source of additional contextual vectors; None for none.
    """

    @bounded
    def __init__(
        self,
        vocabulary: Vocabulary,
        language: Language,
        embedding: Width = 200,
        hidden: Width = 200,
        dropout: Dropout = 0.0,
        frozen_words: bool = False,
        column_clues: bool = False,
        word_dropout: Dropout = 0.0,
        schema_links: bool = False,
        context: Context | None = None,
    ) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        tokens = ActionTokens(language)
        self.num_tokens = len(tokens)
        self.functions = range(tokens.first_function, tokens.all_rows)
        num_variables = len(tokens) - tokens.first_variable
        self.context = context or NoContext()
        self.encoder = MemoryEncoder(
            len(vocabulary),
            len(tokens),
            embedding,
            self.context.width,
            hidden,
            dropout,
            clues=column_clues,
            links=schema_links,
            compared=self.context.own_width,
            word_dropout=word_dropout,
            unknown=vocabulary.shared_ids,
        )
        self.encoder.words.weight.requires_grad_(not frozen_words)
        self.decoder = MemoryDecoder(
            hidden, dropout, tokens.first_variable, num_variables, links=schema_links
        )
        self._arrays: WeakKeyDictionary[Example, ExampleArrays] = WeakKeyDictionary()

    def set_word_vectors(self, vectors_WE: Tensor) -> None:
        """Sets pretrained vectors of the vocabulary's words."""
        with torch.no_grad():
            self.encoder.words.weight[1 : 1 + len(vectors_WE)] = vectors_WE

    @property
    def device(self) -> torch.device:
        return self.decoder.begin.device

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        of_encoder = list(self.context.parameters())
        own = [*self.encoder.parameters(), *self.decoder.parameters()]
        groups = [{"params": own, "lr": lr}]
        return [*groups, {"params": of_encoder, "lr": self.context.lr}] if of_encoder else groups

    def encode(self, examples: Sequence[Example]) -> EncodedTables:
        """Encodes B examples; their features are computed once and cached."""
        arrays = [self._features(example) for example in examples]
        inputs = collate(arrays)
        width, constants = inputs.column_mask_BC.shape[1], inputs.spans_BK2.shape[1]
        columns = [len(a.column_types) for a in arrays]
        slot_map = SlotMap(
            [self.num_tokens + c for c in columns],
            [width - c for c in columns],
            self.num_tokens + width + constants,
        )
        context = (transfer(vectors, self.device) for vectors in self.context(examples))
        return EncodedTables(self.encoder(inputs.to(self.device), *context), slot_map)

    def _features(self, example: Example) -> ExampleArrays:
        arrays = self._arrays.get(example)
        if arrays is None:
            arrays = self._arrays[example] = example_arrays(example, self.vocabulary)
        return arrays

    def score(
        self, encoded: EncodedTables, trajectories: Sequence[Trajectory], examples: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        packed = pack(trajectories, examples, encoded.slot_map).to(self.device)
        return self.log_prob(encoded, packed)

    def stepper(self, encoded: EncodedTables, examples: Sequence[int]) -> TableStepper:
        return TableStepper(self, encoded, examples)

    def prefix_scorer(self, encoded: EncodedTables, examples: Sequence[int]) -> PrefixScorer:
        encoded = encoded.detach()

        def begin(numbers: Sequence[int], kept: Sequence[Tensor] | None) -> TableStepper:
            return TableStepper(self, encoded, [examples[number] for number in numbers], kept)

        def slots(actions: Sequence[int], number: int) -> list[int]:
            return encoded.slot_map.slots(actions, examples[number])

        return PrefixScorer(begin, slots)

    def log_prob(self, encoded: EncodedTables, packed: PackedTrajectories) -> tuple[Tensor, Tensor]:
        """Returns log-probabilities of given trajectories in one teacher-forced pass.

        Returns:
            log pi(z|s) and the sum of the step entropies, both (N,).
        """
        memory = encoded.memory.select(packed.example_G)
        state = self.decoder.initial_state(memory)
        # Roots read the start vector; all other nodes read the action that leads to them.
        begin_GH = self.decoder.begin.expand(len(packed.parents[0]), -1)
        read_PH = memory.slots_BMH.flatten(0, 1).index_select(0, packed.read_P)
        states_PH = self.decoder.read_all(torch.cat((begin_GH, read_PH)), packed.parents, state)
        score_GQM = self.decoder.scores(
            _rows(states_PH, packed.node_GQ),
            self._variables(states_PH, packed),
            self._read_before(packed.passed_GQT, memory.bias_BM.shape[1]),
            memory,
        ).float()
        log_p_GQM = score_GQM.masked_fill(~packed.valid_GQM, -torch.inf).log_softmax(-1)
        place_NT = packed.place_NT * log_p_GQM.shape[-1] + packed.slots_NT
        chosen_NT = _rows(log_p_GQM.flatten(), place_NT)
        p_GQM, log_p_GQM = log_p_GQM.exp(), log_p_GQM.masked_fill(~packed.valid_GQM, 0.0)
        entropy_NT = _rows(-(p_GQM * log_p_GQM).sum(-1).flatten(), packed.place_NT)
        mask_NT = packed.choice_NT
        return chosen_NT.masked_fill(~mask_NT, 0).sum(1), (entropy_NT * mask_NT).sum(1)

    def _read_before(self, passed_GQT: Tensor, num_slots: int) -> Tensor:
        """Returns 1 where a slot has been read before a choice, (G, Q, M)."""
        read_GQM = torch.zeros(*passed_GQT.shape[:2], num_slots, device=passed_GQT.device)
        return read_GQM.scatter_(2, passed_GQT, 1.0)

    def _variables(self, states_PH: Tensor, packed: PackedTrajectories) -> Tensor:
        """Returns states at the ends of finished expressions, (G, Q, V, H).

        An expression ends where the next begins. The states of unfinished expressions are
        arbitrary: their variables are not valid.
        """
        passed_GQT = packed.passed_GQT
        begins_GQT = (passed_GQT >= self.functions.start) & (passed_GQT < self.functions.stop)
        # Expression 0 ends where function number 1 is chosen, and so on.
        number_GQT = (begins_GQT.cumsum(-1) - 1).masked_fill(~begins_GQT, -1)
        variable_V1 = torch.arange(self.decoder.num_variables, device=passed_GQT.device)[:, None]
        step_GQV = (number_GQT.unsqueeze(2) == variable_V1 + 1).long().argmax(-1)
        return _rows(states_PH, packed.path_GQT.gather(-1, step_GQV))

    def step(
        self, memory: KeyVariableMemory, state: DecoderState, read_slot_N: Tensor | None
    ) -> tuple[Tensor, Tensor, DecoderState]:
        """Takes one decoding step after reading an action (None at the first).

        Returns:
            Scores of all slots (N, M), the LSTM's output (N, H), and the new state.
        """
        output_NH, state = self.read(memory, state, read_slot_N)
        read_N1M, variables_N1VH = state.read_NM.unsqueeze(1), state.variables_NVH.unsqueeze(1)
        score_N1M = self.decoder.scores(output_NH.unsqueeze(1), variables_N1VH, read_N1M, memory)
        return score_N1M[:, 0].float(), output_NH, state

    def read(
        self, memory: KeyVariableMemory, state: DecoderState, read_slot_N: Tensor | None
    ) -> tuple[Tensor, DecoderState]:
        """Takes a `step` without scores."""
        if read_slot_N is None:
            read_N1H = self.decoder.begin.expand(len(memory.slots_BMH), 1, -1)
        else:
            index_N1H = read_slot_N.view(-1, 1, 1).expand(-1, 1, memory.slots_BMH.shape[-1])
            read_N1H = memory.slots_BMH.gather(1, index_N1H)
            state = replace(state, read_NM=state.read_NM.scatter(1, read_slot_N[:, None], 1.0))
        output_N1H, state = self.decoder.read(read_N1H, state)
        return output_N1H[:, 0], state

    def finish_expression(
        self, state: DecoderState, output_NH: Tensor, variable_N: Tensor
    ) -> DecoderState:
        """Stores the output as the value of variable `variable_N`; -1 stores nothing."""
        at_NV = variable_N[:, None] == torch.arange(
            self.decoder.num_variables, device=variable_N.device
        )
        variables_NVH = torch.where(
            at_NV.unsqueeze(-1), output_NH.unsqueeze(1), state.variables_NVH
        )
        return replace(state, variables_NVH=variables_NVH)


def _rows(values: Tensor, index: Tensor) -> Tensor:
    """Returns `values[index]` for an index of several dimensions, with a cheaper gradient."""
    return values.index_select(0, index.flatten()).view(*index.shape, *values.shape[1:])


class TableStepper:
    """The network side of N walks: their states, and masks from action ids to slots.

    Args:
        policy: the policy.
        encoded: the batch.
        examples: batch index of each walk's example.
        kept: `states` of walks in the same examples, to resume from; None to begin.
    """

    def __init__(
        self,
        policy: TablePolicy,
        encoded: EncodedTables,
        examples: Sequence[int],
        kept: Sequence[Tensor] | None = None,
    ) -> None:
        self._policy = policy
        self._slot_map = encoded.slot_map
        self._examples = list(examples)
        index_N = torch.tensor(self._examples, device=policy.device)
        self._memory = encoded.detach().memory.select(index_N)
        self._read_N: Tensor | None = None
        if kept is None:
            self._state = policy.decoder.initial_state(self._memory)
            self._output_NH = self._memory.summary_BH
            self._begun_N = torch.zeros_like(index_N)
        else:
            h1, c1, h2, c2 = (part[None] for part in kept[:4])
            self._state = DecoderState(((h1, c1), (h2, c2)), kept[4], kept[5])
            self._output_NH, self._begun_N = kept[6:]

    def log_probs(self, options: Sequence[Sequence[int]]) -> Tensor:
        """Returns log-probabilities (N, M) over the options; slot 0 for walks that have ended."""
        score_NM, self._output_NH, self._state = self._policy.step(
            self._memory, self._state, self._read_N
        )
        row_V, action_V = flat_options(options)
        example_V = np.asarray(self._examples)[row_V]
        return log_softmax_over(score_NM, row_V, self._slot_map.shifted(action_V, example_V))

    def take(self, slots: list[int]) -> list[int]:
        """Reads the chosen slots; returns their action ids."""
        self.read(slots)
        pairs = zip(slots, self._examples, strict=True)
        return [self._slot_map.action(slot, example) for slot, example in pairs]

    def read(self, slots: list[int]) -> None:
        """Reads the chosen slots."""
        functions = self._policy.functions
        self._read_N = torch.tensor(slots, device=self._policy.device)
        begins_N = (self._read_N >= functions.start) & (self._read_N < functions.stop)
        # The state that chooses a function is the value of the previous expression.
        finished_N = torch.where(begins_N, self._begun_N - 1, -1)
        self._begun_N = self._begun_N + begins_N
        self._state = self._policy.finish_expression(self._state, self._output_NH, finished_N)

    def advance(self) -> None:
        """Takes a step without scores, instead of `log_probs`."""
        self._output_NH, self._state = self._policy.read(self._memory, self._state, self._read_N)

    def select(self, index_N: Tensor) -> None:
        """Reorders the walks' states, within their examples."""
        self._state = self._state.select(index_N)
        self._output_NH = self._output_NH[index_N]
        self._begun_N = self._begun_N[index_N]

    def keep(self, rows: Sequence[int]) -> None:
        """Keeps these walks only."""
        index_N = torch.tensor(rows, device=self._policy.device)
        self._examples = [self._examples[row] for row in rows]
        self._memory = self._memory.select(index_N)
        self._read_N = None if self._read_N is None else self._read_N[index_N]
        self.select(index_N)

    def states(self) -> tuple[Tensor, ...]:
        """Returns the state from which walks resume, one row per walk; see `kept`."""
        first, second = self._state.lstm
        parts = (part[0] for part in (*first, *second))
        return (
            *parts,
            self._state.variables_NVH,
            self._state.read_NM,
            self._output_NH,
            self._begun_N,
        )
