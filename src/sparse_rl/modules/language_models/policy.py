"""A causal language model as a policy.

Legend: B example, N trajectory or walk, T token of a program, V token of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from sparse_rl.modules.language_models.frozen import leave_out_frozen
from sparse_rl.modules.language_models.reading import (
    ReadRows,
    Tokens,
    begin,
    padded_right,
    read,
    read_whole,
)
from sparse_rl.modules.policy import Policy
from sparse_rl.modules.task import TaskError

ReadT = TypeVar("ReadT")


@dataclass(frozen=True)
class EncodedPrompts(Generic[ReadT]):
    """The prompts of a batch as tokens: nothing is computed before it is needed.

    Attributes:
        prompts: token ids of B prompts.
        spellings: what the policy needs to know of the actions of B examples.
    """

    prompts: Sequence[Tokens]
    spellings: Sequence[ReadT]

    def detach(self) -> EncodedPrompts[ReadT]:
        return self


class LanguageModelPolicy(Policy, Generic[ReadT]):
    """Programs as the continuation of a prompt.

    Without dropout while programs are drawn, as the other policies do it.

    Args:
        model: a causal language model of the library `transformers`.
        context: greatest number of tokens that the model reads.
        reference: the start model, if entropies are relative to it: the step entropies of `score`
            are then -KL(policy || start model) of every step. None for ordinary entropies.
        recompute: whether gradients recompute the activations.
    """

    def __init__(
        self, model: Any, context: int, reference: Any = None, recompute: bool = False
    ) -> None:
        super().__init__()
        self.model = model
        self.context = context
        self.recompute = recompute
        # In a list, so that it is neither saved nor trained.
        self._reference = [reference] if reference is not None else []
        leave_out_frozen(self)

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        return [{"params": [w for w in self.parameters() if w.requires_grad], "lr": lr}]

    @property
    def device(self) -> torch.device:
        device: torch.device = next(self.model.parameters()).device
        return device

    def scores(
        self,
        encoded: EncodedPrompts[ReadT],
        rows: Sequence[Tokens],
        examples: Sequence[int],
    ) -> tuple[Tensor, Tensor | None]:
        """Returns scores of the next token after N prompts and after each token that follows.

        Args:
            encoded: the batch.
            rows: N lists of up to T tokens to read after the prompt.
            examples: batch index of each row's example.

        Returns:
            Scores (N, 1 + T, V), with gradient; and those of the start model, without, if entropies
            are relative to it.
        """
        pairs = zip(examples, rows, strict=True)
        self.check_length(max(len(encoded.prompts[e]) + len(row) for e, row in pairs))
        scores_NTV = self._scores(self.model, encoded, rows, examples)
        for reference in self._reference:
            with torch.no_grad():
                return scores_NTV, self._scores(reference.to(self.device), encoded, rows, examples)
        return scores_NTV, None

    def _scores(
        self,
        model: Any,
        encoded: EncodedPrompts[ReadT],
        rows: Sequence[Tokens],
        examples: Sequence[int],
    ) -> Tensor:
        token_NT, mask_NT = padded_right(rows, self.device)
        # A model that recomputes silently does without its cache, with or without a gradient.
        if self.recompute and model.training:
            prompts = [encoded.prompts[example] for example in examples]
            return read_whole(model, prompts, token_NT, mask_NT)
        reading = self._begin(model, encoded, examples)
        first_N1V = reading.next_NV.unsqueeze(1)
        if not token_NT.shape[1]:
            return first_N1V
        scores_NTV, _ = read(model, reading, token_NT, mask_NT)
        return torch.cat((first_N1V, scores_NTV), 1)

    def _begin(
        self, model: Any, encoded: EncodedPrompts[ReadT], examples: Sequence[int]
    ) -> ReadRows:
        """Reads the prompts: once for all rows of an example."""
        places = {example: place for place, example in enumerate(dict.fromkeys(examples))}
        prompts = [encoded.prompts[example] for example in places]
        index_N = torch.tensor([places[example] for example in examples], device=self.device)
        return begin(model, prompts, self.device).select(index_N)

    @torch.no_grad()
    def begin(self, encoded: EncodedPrompts[ReadT], examples: Sequence[int]) -> ReadRows:
        """Reads the prompts of walks, without dropout and gradient."""
        with self.drawing() as model:
            return self._begin(model, encoded, examples)

    def check_length(self, tokens: int) -> None:
        """Checks that the model can read so many tokens.

        Raises:
            TaskError: it has another context.
        """
        if tokens > self.context:
            raise TaskError(
                "shorten the prompts, lower model.task.max_tokens, or choose a model with a longer "
                f"context: a prompt and its program have {tokens} tokens, and the model reads "
                f"{self.context}"
            )

    @contextmanager
    def drawing(self) -> Iterator[Any]:
        """Yields the model without dropout."""
        training = self.model.training
        self.model.eval()
        try:
            yield self.model
        finally:
            self.model.train(training)
