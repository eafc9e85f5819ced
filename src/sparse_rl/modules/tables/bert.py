"""BERT's encoder, for weights that are read from a file: no library to import, no initial weights.

Modules are named as in the library `transformers`, so that the names of weights are the same.
Legend: P sequence, S word piece, N head, D width of a head, E width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_WANTED = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}


@dataclass(frozen=True)
class BertShape:
    """The entries of BERT's `config.json` that its vectors depend on; the names are the file's."""

    model_type: str
    vocab_size: int
    type_vocab_size: int
    pad_token_id: int
    max_position_embeddings: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    hidden_act: str
    layer_norm_eps: float
    hidden_dropout_prob: float
    attention_probs_dropout_prob: float

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> BertShape:
        """Takes the entries of the file's content.

        Raises:
            ValueError: an entry is missing, or says that it is another kind of encoder.
        """
        names = cls.__dataclass_fields__
        missing = [name for name in names if name not in content]
        if missing:
            raise ValueError(f"it lacks {', '.join(missing)}")
        found = {name: content.get(name, wanted) for name, wanted in _WANTED.items()}
        if found != _WANTED:
            raise ValueError(f"it is of {found}, not of {_WANTED}")
        return cls(**{name: content[name] for name in names})


class Bert(nn.Module):
    """BERT's encoder up to some layer; its weights are undetermined until they are loaded.

    Args:
        shape: sizes.
        layers: number of layers, at most the encoder's.
    """

    def __init__(self, shape: BertShape, layers: int) -> None:
        super().__init__()
        self.config = shape
        self.embeddings = _Embeddings(shape)
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(_Layer(shape) for _ in range(layers))})
        # Without use here; but the encoder's digest and the checkpoints of trained ones have it.
        self.pooler = nn.ModuleDict({"dense": _Linear(shape.hidden_size, shape.hidden_size)})

    def forward(
        self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor
    ) -> tuple[Tensor, ...]:
        """Returns the embeddings and the output of every layer, each (P, S, E).

        Args:
            input_ids: numbers of word pieces (P, S).
            token_type_ids: 0 for the first text of a sequence and 1 for the second (P, S).
            attention_mask: 1 for word pieces and 0 for padding (P, S).
        """
        mask_P11S = None if attention_mask.all() else attention_mask.bool()[:, None, None]
        states = [self.embeddings(input_ids, token_type_ids)]
        for layer in self.encoder["layer"].children():
            states.append(layer(states[-1], mask_P11S))
        return tuple(states)


class _Linear(nn.Linear):
    def reset_parameters(self) -> None:
        """Does nothing: random weights would only take time."""


class _Embedding(nn.Embedding):
    def reset_parameters(self) -> None:
        """Does nothing: random weights would only take time."""


class _Embeddings(nn.Module):
    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        width = shape.hidden_size
        self.word_embeddings = _Embedding(shape.vocab_size, width, padding_idx=shape.pad_token_id)
        self.position_embeddings = _Embedding(shape.max_position_embeddings, width)
        self.token_type_embeddings = _Embedding(shape.type_vocab_size, width)
        self.LayerNorm = nn.LayerNorm(width, shape.layer_norm_eps)
        self.dropout = nn.Dropout(shape.hidden_dropout_prob)

    def forward(self, ids_PS: Tensor, types_PS: Tensor) -> Tensor:
        places_S = torch.arange(ids_PS.shape[1], device=ids_PS.device)
        sum_PSE = self.word_embeddings(ids_PS) + self.token_type_embeddings(types_PS)
        found: Tensor = self.dropout(self.LayerNorm(sum_PSE + self.position_embeddings(places_S)))
        return found


class _Layer(nn.Module):
    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        width, inner = shape.hidden_size, shape.intermediate_size
        self.attention = nn.ModuleDict({"self": _Attention(shape), "output": _Sum(width, shape)})
        self.intermediate = nn.ModuleDict({"dense": _Linear(width, inner)})
        self.output = _Sum(inner, shape)

    def forward(self, states_PSE: Tensor, mask_P11S: Tensor | None) -> Tensor:
        attended_PSE = self.attention["self"](states_PSE, mask_P11S)
        between_PSE = self.attention["output"](attended_PSE, states_PSE)
        found: Tensor = self.output(F.gelu(self.intermediate["dense"](between_PSE)), between_PSE)
        return found


class _Attention(nn.Module):
    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        width = shape.hidden_size
        self.heads, self.dropout = shape.num_attention_heads, shape.attention_probs_dropout_prob
        self.query, self.key, self.value = (_Linear(width, width) for _ in range(3))

    def forward(self, states_PSE: Tensor, mask_P11S: Tensor | None) -> Tensor:
        query_PNSD, key_PNSD, value_PNSD = (
            part(states_PSE).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        attended_PNSD = F.scaled_dot_product_attention(
            query_PNSD, key_PNSD, value_PNSD, mask_P11S, self.dropout if self.training else 0.0
        )
        return attended_PNSD.transpose(1, 2).flatten(2)


class _Sum(nn.Module):
    """The sum of a map of the first argument and of the second, normalised."""

    def __init__(self, width_in: int, shape: BertShape) -> None:
        super().__init__()
        self.dense = _Linear(width_in, shape.hidden_size)
        self.LayerNorm = nn.LayerNorm(shape.hidden_size, shape.layer_norm_eps)
        self.dropout = nn.Dropout(shape.hidden_dropout_prob)

    def forward(self, inner: Tensor, states_PSE: Tensor) -> Tensor:
        found: Tensor = self.LayerNorm(self.dropout(self.dense(inner)) + states_PSE)
        return found
