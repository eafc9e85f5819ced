"""Completions of prompts with verifiable rewards, by a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from sparse_rl.bounds import Count, Dropout, bounded
from sparse_rl.datamodules.prompts import PromptsDataModule
from sparse_rl.exploration.budget import Budget
from sparse_rl.interpreters.prompts import Alphabet, Prompt, TokenWorld
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.language_models.adapters import Adapters
from sparse_rl.modules.language_models.new_model import NewModel
from sparse_rl.modules.language_models.task import Dtype, LanguageModelTask, Relative
from sparse_rl.modules.language_models.token_policy import TokenPolicy
from sparse_rl.modules.language_models.tokenizing import PromptTokenizer
from sparse_rl.modules.task import TaskError, check_examples


class CompletionTask(LanguageModelTask[Prompt, TokenPolicy]):
    """Completions of prompts, for data modules of `Prompt`s: a program is a list of tokens.

    A completion ends with the tokenizer's end token, or at `max_tokens` without one, and the
    prompt's function verifies its text.

    Args:
        model: see `LanguageModelTask`.
        prompts: training prompts; None where a data module has them.
        dev: prompts that choose the checkpoint; by default those of training.
        test: test prompts; by default those of dev.
        max_tokens: greatest number of tokens of a completion, the end token included.
        dropout: see `LanguageModelTask`.
        dtype: see `LanguageModelTask`.
        recompute: see `LanguageModelTask`.
        relative_to: see `LanguageModelTask`.
        adapters: see `LanguageModelTask`.

    Attributes:
        data: the prompts as a data module; None without `prompts`.
    """

    @bounded
    def __init__(
        self,
        model: str | NewModel,
        prompts: Sequence[Prompt] | None = None,
        dev: Sequence[Prompt] = (),
        test: Sequence[Prompt] = (),
        max_tokens: Count = 64,
        dropout: Dropout = 0.0,
        dtype: Dtype = "float32",
        recompute: bool = False,
        relative_to: Relative = "uniform",
        adapters: Adapters | None = None,
    ) -> None:
        super().__init__(model, dropout, dtype, recompute, relative_to, adapters)
        self.data = None if prompts is None else PromptsDataModule(prompts, dev, test)
        self.max_tokens = max_tokens

    def attach(self, data: Any) -> None:
        """Checks the kind of the examples.

        Raises:
            TaskError: the data have other examples.
        """
        check_examples(self, data, Prompt)
        super().attach(data)

    def corpus(self, data: Any) -> Iterator[str]:
        return (example.text for example in data.examples("train"))

    @cached_property
    def alphabet(self) -> Alphabet:
        """The model's tokens."""
        return Alphabet(self.config.vocab_size, self.tokenizer.eos_token_id, self._decode)

    def _decode(self, tokens: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True)
        return text

    def world(self, example: Prompt) -> TokenWorld:
        return TokenWorld(example, self.alphabet, self.max_tokens)

    def answerable(self, example: Prompt, budget: Budget) -> None:
        """Returns None, undecided, without a search: there are too many completions."""

    def policy_of(self, model: Any, reference: Any) -> TokenPolicy:
        limit = self.context - self.max_tokens
        if limit < 1:
            raise TaskError(
                f"lower model.task.max_tokens below {self.context}, the context of {self.model}: "
                f"it is {self.max_tokens}"
            )
        tokenize = PromptTokenizer(self.tokenizer, limit)
        return TokenPolicy(model, tokenize, self.context, reference, self.recompute)

    def prediction(
        self, example: Prompt, trajectory: Trajectory, log_prob: float
    ) -> dict[str, Any]:
        """Returns a line of `predictions.jsonl`: program and denotation are the completion."""
        text = self.world(example).text(trajectory.actions)
        line = super().prediction(example, trajectory, log_prob)
        return {**line, "question": example.text, "program": text, "denotation": [text]}
