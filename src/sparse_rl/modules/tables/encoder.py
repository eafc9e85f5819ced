"""Question encoder and the key-variable memory (NSM; MAPO section 5 and appendix).

Legend: B example, L question token, C column, W header word, K constant, S column or constant,
A action of the language, M memory slot, H hidden.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from sparse_rl.modules.tables.inputs import (
    COLUMN_FEATURES,
    COLUMN_TYPES,
    CONSTANT_FEATURES,
    CONSTANT_TYPES,
    PLACE_FEATURES,
    TOKEN_FEATURES,
    Inputs,
)
from sparse_rl.modules.tables.recurrent import run_lstm


@dataclass(frozen=True)
class KeyVariableMemory:
    """The key-variable memory of encoded examples.

    Slot order is the order of action ids, with columns padded to the widest table of the batch:
    language, columns, constants.

    Attributes:
        question_BLH: encoder states.
        question_mask_BL: True at real tokens.
        slots_BMH: memory vectors, keys and values in one.
        bias_BM: the part of an action's score that depends on its features only.
        summary_BH: mean encoder state.
        links_BML: how much a token names a slot, within [0, 1]; (B, M, 0) without links.
    """

    question_BLH: Tensor
    question_mask_BL: Tensor
    slots_BMH: Tensor
    bias_BM: Tensor
    summary_BH: Tensor
    links_BML: Tensor

    def detach(self) -> KeyVariableMemory:
        """Returns the memory without gradients, for sampling."""
        return KeyVariableMemory(*(value.detach() for value in vars(self).values()))

    def select(self, example_N: Tensor) -> KeyVariableMemory:
        """Returns one row per trajectory: the memory of its example."""
        return KeyVariableMemory(
            *(value.index_select(0, example_N) for value in vars(self).values())
        )


class BiLSTM(nn.Module):
    """Two bidirectional layers with a skip connection, projected to `hidden`."""

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.first = nn.LSTM(hidden, hidden, batch_first=True, bidirectional=True)
        self.second = nn.LSTM(2 * hidden, hidden, batch_first=True, bidirectional=True)
        self.project = nn.Linear(2 * hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_BLH: Tensor, lengths_B: Tensor) -> Tensor:
        below_BLH = run_lstm(self.first, x_BLH, lengths_B)
        above_BLH = run_lstm(self.second, self.dropout(below_BLH), lengths_B)
        projected: Tensor = self.project(self.dropout(below_BLH + above_BLH))
        return projected


class Links(nn.Module):
    """How much every token names every column and constant.

    A token names a column by equal or similar words, or by what training has shown; it names the
    constants that it is part of. This is schema linking, as in RAT-SQL (Wang et al., 2020, arXiv
    1911.04942), read by the decoder's attention.

    Args:
        hidden: width of headers and encoder states.
        clues: whether similarities are given.
    """

    def __init__(self, hidden: int, clues: bool) -> None:
        super().__init__()
        self.query = nn.Linear(hidden, hidden)
        self.match_weight = nn.Parameter(torch.tensor(4.0))
        if clues:
            self.similar_weight = nn.Parameter(torch.tensor(4.0))
        # Most tokens name no column.
        self.threshold = nn.Parameter(torch.tensor(2.0))

    def forward(
        self,
        inputs: Inputs,
        similar_BCL: Tensor | None,
        question_BLH: Tensor,
        header_BCH: Tensor,
    ) -> Tensor:
        """Returns links within [0, 1] of columns, then of constants, (B, C + K, L)."""
        score_BCL = _scores(self, inputs, similar_BCL, question_BLH, header_BCH)
        place_L = torch.arange(question_BLH.shape[1], device=question_BLH.device)
        first_BK1, last_BK1 = (inputs.spans_BK2[..., side, None] for side in (0, 1))
        inside_BKL = (first_BK1 <= place_L) & (place_L < last_BK1)
        links_BCL = torch.sigmoid(score_BCL - self.threshold)
        return torch.cat((links_BCL, inside_BKL.to(links_BCL.dtype)), 1)


class MemoryEncoder(nn.Module):
    """Encodes question, columns and constants into the memory's slots.

    Each header attends to the question's tokens, initially to equal words most, so that a column's
    vector contains the question's mention of it.

    Args:
        num_words: size of the vocabulary.
        num_tokens: actions of the language itself.
        embedding: width of the word vectors.
        context: width of the contextual vectors, 0 for none.
        hidden: width of everything else.
        dropout: dropout on inputs and encoder states.
        clues: whether columns know their place and the words that are similar to their headers.
        word_dropout: share of the words of an example that training takes for unknown ones, whose
            vectors are the last `unknown` of the vocabulary.
        unknown: number of these vectors.
        links: whether slots know the tokens that name them.
        compared: with `clues`, width of the first part of the contextual vectors, by which headers
            find similar words; 0 for equal words only.
    """

    def __init__(
        self,
        num_words: int,
        num_tokens: int,
        embedding: int,
        context: int,
        hidden: int,
        dropout: float,
        clues: bool = False,
        links: bool = False,
        compared: int = 0,
        word_dropout: float = 0.0,
        unknown: int = 0,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(num_words, embedding, padding_idx=0)
        nn.init.normal_(self.words.weight, std=0.1)
        self.dropout = nn.Dropout(dropout)
        self.word_dropout, self.unknown = word_dropout, unknown
        self.clues = clues
        self.compared = compared
        # The greatest similarity, and the place.
        of_token, of_column = (1, 1 + PLACE_FEATURES) if clues else (0, 0)
        self.read = nn.Linear(embedding + context + TOKEN_FEATURES + of_token, hidden)
        self.lstm = BiLSTM(hidden, dropout)
        self.language = nn.Parameter(torch.randn(num_tokens, hidden) * 0.1)
        self.header = nn.Linear(embedding + context, hidden)
        self.query = nn.Linear(hidden, hidden)
        # Rare words have poor vectors, so equal words must get attention from the start.
        self.match_weight = nn.Parameter(torch.tensor(4.0))
        if clues:
            self.similar_weight = nn.Parameter(torch.tensor(4.0))
        self.links = Links(hidden, clues) if links else None
        self.column = nn.Linear(3 * hidden + COLUMN_FEATURES + of_column, hidden)
        self.column_type = nn.Embedding(len(COLUMN_TYPES), hidden)
        self.constant = nn.Linear(hidden + CONSTANT_FEATURES, hidden)
        self.constant_type = nn.Embedding(len(CONSTANT_TYPES), hidden)
        self.column_bias = nn.Linear(COLUMN_FEATURES + of_column, 1, bias=False)
        self.constant_bias = nn.Linear(CONSTANT_FEATURES, 1, bias=False)

    def forward(
        self, inputs: Inputs, context_BLE: Tensor, context_BCE: Tensor
    ) -> KeyVariableMemory:
        """Encodes a batch; `context_*` are contextual vectors of its tokens and columns."""
        if self.training and self.word_dropout:
            inputs = self._with_unknown(inputs)
        mask_BL = inputs.token_mask_BL
        similar_BCL: Tensor | None = None
        if self.clues:
            similar_BCL = self._similar(inputs, context_BLE, context_BCE)
            inputs = _with_clues(inputs, similar_BCL)
        words_BLE = self.dropout(torch.cat((self.words(inputs.tokens_BL), context_BLE), -1))
        x_BLH = self.read(torch.cat((words_BLE, inputs.token_features_BLF), -1))
        question_BLH = self.lstm(x_BLH, mask_BL.sum(1).cpu())
        weight_BL1 = mask_BL.unsqueeze(-1) / mask_BL.sum(1).view(-1, 1, 1)
        header_BCH = self._headers(inputs, context_BCE)
        language_BAH = self.language.expand(len(mask_BL), -1, -1)
        slots_BMH = torch.cat(
            (
                language_BAH,
                self._columns(inputs, similar_BCL, question_BLH, header_BCH),
                self._constants(inputs, question_BLH),
            ),
            1,
        )
        if self.links is None:
            links_BML = slots_BMH.new_zeros(*slots_BMH.shape[:2], 0)
        else:
            links_BSL = self.links(inputs, similar_BCL, question_BLH, header_BCH)
            links_BML = nn.functional.pad(links_BSL, (0, 0, len(self.language), 0))
        bias_BM = torch.cat(
            (
                question_BLH.new_zeros(len(mask_BL), len(self.language)),
                self.column_bias(inputs.column_features_BCF).squeeze(-1),
                self.constant_bias(inputs.constant_features_BKF).squeeze(-1),
            ),
            1,
        )
        summary_BH = (question_BLH * weight_BL1).sum(1)
        return KeyVariableMemory(question_BLH, mask_BL, slots_BMH, bias_BM, summary_BH, links_BML)

    def _with_unknown(self, inputs: Inputs) -> Inputs:
        """Takes random words of every example for unknown ones, in question and headers alike."""
        words = self.words.num_embeddings
        batch, width = len(inputs.tokens_BL), inputs.headers_BCW.flatten(1).shape[1]
        taken_BW = torch.rand(batch, words, device=inputs.tokens_BL.device) < self.word_dropout
        taken_BW[:, 0] = False  # Padding.
        ids_BI = torch.cat((inputs.headers_BCW.flatten(1), inputs.tokens_BL), 1)
        other_BI = words - self.unknown + ids_BI % self.unknown
        ids_BI = torch.where(taken_BW.gather(1, ids_BI), other_BI, ids_BI)
        headers_BCW = ids_BI[:, :width].view_as(inputs.headers_BCW)
        return replace(inputs, tokens_BL=ids_BI[:, width:], headers_BCW=headers_BCW)

    def _similar(self, inputs: Inputs, context_BLE: Tensor, context_BCE: Tensor) -> Tensor:
        """Returns cosines of columns and tokens above their mean over a column's tokens, (B, C, L).

        The mean is removed since all vectors of a contextual encoder are similar.
        """
        tokens_BLE, columns_BCE = (
            nn.functional.normalize(part[..., : self.compared], dim=-1)
            for part in (context_BLE, context_BCE)
        )
        mask_B1L = inputs.token_mask_BL[:, None]
        cosine_BCL = (columns_BCE @ tokens_BLE.transpose(1, 2)).masked_fill(~mask_B1L, 0.0)
        mean_BC1 = cosine_BCL.sum(-1, keepdim=True) / mask_B1L.sum(-1, keepdim=True)
        real_BC1 = inputs.column_mask_BC.unsqueeze(-1)
        return (cosine_BCL - mean_BC1).masked_fill(~(mask_B1L & real_BC1), 0.0)

    def _headers(self, inputs: Inputs, context_BCE: Tensor) -> Tensor:
        real_BCW1 = (inputs.headers_BCW > 0).unsqueeze(-1)
        words_BCWE = self.dropout(self.words(inputs.headers_BCW)) * real_BCW1
        mean_BCE = words_BCWE.sum(2) / real_BCW1.sum(2).clamp(min=1)
        header_BCH: Tensor = self.header(torch.cat((mean_BCE, self.dropout(context_BCE)), -1))
        return header_BCH

    def _columns(
        self,
        inputs: Inputs,
        similar_BCL: Tensor | None,
        question_BLH: Tensor,
        header_BCH: Tensor,
    ) -> Tensor:
        score_BCL = _scores(self, inputs, similar_BCL, question_BLH, header_BCH)
        score_BCL = score_BCL.masked_fill(~inputs.token_mask_BL[:, None], -torch.inf)
        said_BCH = score_BCL.softmax(-1) @ question_BLH
        parts = (header_BCH, said_BCH, header_BCH * said_BCH, inputs.column_features_BCF)
        type_BCH: Tensor = self.column_type(inputs.column_types_BC)
        return torch.tanh(self.column(torch.cat(parts, -1))) + type_BCH

    def _constants(self, inputs: Inputs, question_BLH: Tensor) -> Tensor:
        # Means over spans as differences of a running sum.
        total_BLH = nn.functional.pad(question_BLH.cumsum(1), (0, 0, 1, 0))
        index_BKH2 = inputs.spans_BK2.unsqueeze(2).expand(-1, -1, question_BLH.shape[-1], -1)
        first_BKH, last_BKH = (total_BLH.gather(1, index_BKH2[..., side]) for side in (0, 1))
        length_BK1 = (
            (inputs.spans_BK2[..., 1] - inputs.spans_BK2[..., 0]).clamp(min=1).unsqueeze(-1)
        )
        mean_BKH = (last_BKH - first_BKH) / length_BK1
        parts = (mean_BKH, inputs.constant_features_BKF)
        type_BKH: Tensor = self.constant_type(inputs.constant_types_BK)
        return torch.tanh(self.constant(torch.cat(parts, -1))) + type_BKH


def _scores(
    part: Links | MemoryEncoder,
    inputs: Inputs,
    similar_BCL: Tensor | None,
    question_BLH: Tensor,
    header_BCH: Tensor,
) -> Tensor:
    """Scores tokens for headers, by a part's own query and weights of equal and similar words."""
    scale = header_BCH.shape[-1] ** -0.5
    score_BCL: Tensor = part.query(header_BCH) @ question_BLH.transpose(1, 2) * scale
    score_BCL = score_BCL + part.match_weight * inputs.matches_BCL
    if similar_BCL is not None:
        score_BCL = score_BCL + part.similar_weight * similar_BCL
    return score_BCL


def _with_clues(inputs: Inputs, similar_BCL: Tensor) -> Inputs:
    """Adds to the features the greatest similarity, and of columns their place."""
    most_BL1, most_BC1 = (similar_BCL.amax(dim).unsqueeze(-1) for dim in (1, 2))
    columns = (inputs.column_features_BCF, most_BC1, inputs.places_BCF)
    return replace(
        inputs,
        token_features_BLF=torch.cat((inputs.token_features_BLF, most_BL1), -1),
        column_features_BCF=torch.cat(columns, -1),
    )
