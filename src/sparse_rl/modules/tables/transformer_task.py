"""The task of questions over tables with a pretrained encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from sparse_rl import processes
from sparse_rl.bounds import Amount, Count, Dropout, NonNegative, Width, bounded
from sparse_rl.modules.tables.context import (
    Context,
    FrozenContext,
    JoinedContext,
    TrainedContext,
)
from sparse_rl.modules.tables.features import Features
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.table_task import TableTask
from sparse_rl.modules.tables.transformer import TransformerEncoder
from sparse_rl.modules.task import TaskError, check_same


class TransformerTableTask(TableTask):
    """A `TableTask` with learned word vectors and contextual vectors of a pretrained encoder.

    The encoder reads a question and the headers of its table in one sequence.

    Args:
        transformer: "minilm", whose weights come with the `minilm` extra; or a directory or hub
            name that the library `transformers` can load.
        layers: layers of the encoder whose vectors are concatenated; 0 is the embeddings, -1 the
            last. One to three; more make the cache of vectors larger. MiniLM has six.
        cells: cells of every column with texts that the encoder reads after its header, those that
            the question names first; 0 to 5.
        encoder_lr: learning rate of the encoder, 1e-5 to 5e-5; its vectors are then computed in
            every step. 0 freezes the encoder, and its vectors are computed once.
        embedding: width of the learned word vectors; 50 to 300.
        hidden: width of the LSTMs and of the memory; 100 to 300.
        dropout: dropout on all vectors and on the LSTMs' states; 0 to .3.
        min_word_count: minimal count of a word in the training data for a learned vector.
        word_vectors, glove_words: see `TableTask`; beside the encoder's vectors.
        word_dropout: see `TableTask`.
        column_clues: see `TableTask`; similar by `word_vectors`, or without them by the encoder's.
        schema_links: see `TableTask`.
        search_triggers: see `TableTask`.
    """

    @bounded
    def __init__(
        self,
        transformer: str = "minilm",
        layers: Sequence[int] = (3,),
        cells: NonNegative = 0,
        encoder_lr: Amount = 0.0,
        embedding: Width = 200,
        hidden: Width = 200,
        dropout: Dropout = 0.0,
        min_word_count: Count = 2,
        glove_words: NonNegative = 50_000,
        word_vectors: str | None = None,
        column_clues: bool = False,
        word_dropout: Dropout = 0.0,
        schema_links: bool = False,
        search_triggers: str | None = None,
    ) -> None:
        super().__init__(
            embedding,
            hidden,
            dropout,
            min_word_count,
            glove_words=glove_words,
            word_vectors=word_vectors,
            column_clues=column_clues,
            word_dropout=word_dropout,
            schema_links=schema_links,
            search_triggers=search_triggers,
        )
        self.transformer = transformer
        self.layers = tuple(layers)
        self.cells = cells
        self.encoder_lr = encoder_lr
        self._encoded: Features | None = None

    def dev_figures(self, data: Any) -> dict[str, float]:
        """Returns none: the encoder knows words that training has not."""
        return {}

    def prepare(self, data: Any, splits: Sequence[str]) -> None:
        if self.encoder_lr:
            return
        with processes.first_one_first():
            for split in splits:
                self._frozen().prepare(data.examples(split), data.cache)

    def context(self) -> Context:
        context: Context
        if self.encoder_lr:
            encoder = TransformerEncoder(self.transformer, self.layers, self.cells)
            context = TrainedContext(encoder, self.encoder_lr)
        else:
            context = FrozenContext(self._frozen())
        return context if self._words is None else JoinedContext(super().context(), context)

    def _frozen(self) -> Features:
        if self._encoded is None:
            encoder = TransformerEncoder(self.transformer, self.layers, self.cells)
            self._encoded = Features(encoder)
        return self._encoded

    def state_dict(self, policy: TablePolicy) -> dict[str, Any]:
        return {
            **super().state_dict(policy),
            "transformer": {
                "name": self.transformer,
                "digest": policy.context.digest,
                "layers": list(self.layers),
                "cells": self.cells,
                "encoder_lr": self.encoder_lr,
            },
        }

    def initial_state(self, state: Mapping[str, Any], data: Any) -> dict[str, Any]:
        """Returns the state of a checkpoint with this task's learning rate of the encoder.

        Raises:
            TaskError: the encoder, its layers, the functions or the sizes differ.
        """
        known = {**state["transformer"], "encoder_lr": self.encoder_lr}
        wanted: dict[str, Any] = {
            "transformer": known["name"],
            "layers": known["layers"],
            "cells": known.get("cells", 0),
        }
        mine: dict[str, Any] = {
            "transformer": self.transformer,
            "layers": list(self.layers),
            "cells": self.cells,
        }
        if state["transformer"]["encoder_lr"] and not self.encoder_lr:
            # The policy's encoder is a trained one, and a frozen one's weights are its files'.
            wanted["encoder_lr"], mine["encoder_lr"] = state["transformer"]["encoder_lr"], 0.0
        check_same(wanted, mine, "model.task")
        return {**super().initial_state(state, data), "transformer": known}

    def initial_weights(
        self, state: Mapping[str, Any], weights: dict[str, Tensor], policy: TablePolicy
    ) -> dict[str, Tensor]:
        """Returns the checkpoint's weights; an encoder that was frozen there begins as it was."""
        weights = super().initial_weights(state, weights, policy)
        if not state["transformer"]["encoder_lr"]:
            context = policy.context.state_dict(prefix="context.")
            weights = {**context, **weights}
        return weights

    def restore(self, state: dict[str, Any]) -> TablePolicy:
        """Builds the policy of a checkpoint, before its weights are loaded.

        Raises:
            TaskError: the policy's encoder cannot be loaded, or it has changed.
        """
        known = state["transformer"]
        wanted = (known["name"], tuple(known["layers"]), known.get("cells", 0))
        if wanted != (self.transformer, self.layers, self.cells):
            self._encoded = None
        self.transformer, self.layers, self.cells = wanted
        self.encoder_lr = known["encoder_lr"]
        policy = super().restore(state)
        if not policy.context.has_digest(known["digest"]):
            raise TaskError(
                f"restore the encoder that this policy was trained with to {self.transformer}: "
                f"its digest was {known['digest']} and is {policy.context.digest}"
            )
        return policy
