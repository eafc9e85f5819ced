"""A language model's own distribution over completions.

Legend: N trajectory or walk, T token, V token of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from sparse_rl.interpreters.prompts import Prompt
from sparse_rl.interpreters.world import Trajectory, pad_actions
from sparse_rl.modules.language_models.policy import EncodedPrompts, LanguageModelPolicy
from sparse_rl.modules.language_models.reading import ReadRows, read
from sparse_rl.modules.language_models.tokenizing import PromptTokenizer
from sparse_rl.modules.masking import flat_options, log_softmax_over


class TokenPolicy(LanguageModelPolicy[None]):
    """Completions of prompts: an action is a token, and every token is valid.

    Args:
        model: a causal language model of the library `transformers`.
        tokenize: token ids of a prompt.
        context: greatest number of tokens that the model reads.
        reference: the start model, if entropies are relative to it.
        recompute: whether gradients recompute the activations.
    """

    def __init__(
        self,
        model: Any,
        tokenize: PromptTokenizer,
        context: int,
        reference: Any = None,
        recompute: bool = False,
    ) -> None:
        super().__init__(model, context, reference, recompute)
        self._tokenize = tokenize

    def encode(self, examples: Sequence[Prompt]) -> EncodedPrompts[None]:
        prompts = [self._tokenize(example.text, example.id) for example in examples]
        return EncodedPrompts(prompts, [None] * len(examples))

    def score(
        self,
        encoded: EncodedPrompts[None],
        trajectories: Sequence[Trajectory],
        examples: Sequence[int],
    ) -> tuple[Tensor, Tensor]:
        # What follows the last token of a program has no part in it.
        rows = [trajectory.actions[:-1] for trajectory in trajectories]
        scores_NTV, reference_NTV = self.scores(encoded, rows, examples)
        padded = pad_actions(trajectories)
        token_NT, mask_NT = (torch.from_numpy(part).to(self.device) for part in padded)
        log_p_NTV = scores_NTV.log_softmax(-1)
        chosen_NT = log_p_NTV.gather(2, token_NT.unsqueeze(-1)).squeeze(-1)
        relative_NTV = log_p_NTV
        if reference_NTV is not None:
            relative_NTV = log_p_NTV - reference_NTV.log_softmax(-1)
        entropy_NT = -(log_p_NTV.exp() * relative_NTV).sum(-1)
        return chosen_NT.where(mask_NT, 0.0).sum(1), entropy_NT.where(mask_NT, 0.0).sum(1)

    def stepper(self, encoded: EncodedPrompts[None], examples: Sequence[int]) -> TokenStepper:
        return TokenStepper(self, encoded, examples)


class TokenStepper:
    """Completions that are decoded together. An action's slot is its token id."""

    def __init__(
        self, policy: TokenPolicy, encoded: EncodedPrompts[None], examples: Sequence[int]
    ) -> None:
        self._policy = policy
        self._reading = policy.begin(encoded, examples)
        # Chosen, and not read yet: the last one of a walk need not be.
        self._chosen_N: Tensor | None = None

    @torch.no_grad()
    def log_probs(self, options: Sequence[Sequence[int]]) -> Tensor:
        self._read()
        score_NV = self._reading.next_NV
        width = score_NV.shape[1]
        narrowed = [row for row, tokens in enumerate(options) if len(tokens) < width]
        log_p_NV = score_NV.log_softmax(-1)
        if narrowed:
            row_V, token_V = flat_options([options[row] for row in narrowed])
            log_p_NV[narrowed] = log_softmax_over(score_NV[narrowed], row_V, token_V)
        return log_p_NV

    def take(self, slots: list[int]) -> list[int]:
        self._chosen_N = torch.tensor(slots, device=self._policy.device)
        return slots

    def select(self, index_N: Tensor) -> None:
        self._reading = self._reading.select(index_N)
        if self._chosen_N is not None:
            self._chosen_N = self._chosen_N[index_N]

    def keep(self, rows: Sequence[int]) -> None:
        """Keeps these walks only."""
        self.select(torch.tensor(rows, device=self._policy.device))

    def _read(self) -> None:
        if self._chosen_N is None:
            return
        token_N1 = self._chosen_N.unsqueeze(1)
        with self._policy.drawing() as model:
            scores_N1V, mask_NL = read(model, self._reading, token_N1, torch.ones_like(token_N1))
        self._reading = ReadRows(self._reading.cache, mask_NL, scores_N1V[:, -1])
        self._chosen_N = None
