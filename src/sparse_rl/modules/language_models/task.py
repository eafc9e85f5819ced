"""The task of a causal language model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, TypeVar

import torch

from sparse_rl.bounds import Dropout, bounded
from sparse_rl.exploration.domain import ExampleT
from sparse_rl.modules.language_models import model_files
from sparse_rl.modules.language_models.policy import LanguageModelPolicy
from sparse_rl.modules.task import Task

PolicyOfTextT = TypeVar("PolicyOfTextT", bound=LanguageModelPolicy[Any])
Dtype = Literal["float32", "bfloat16"]
Relative = Literal["uniform", "start"]

# Read from files at first use.
_CACHED = ("alphabet", "config", "tokenizer")


class LanguageModelTask(Task[ExampleT, PolicyOfTextT]):
    """A causal language model of the library `transformers` as the policy.

    `CompletionTask` trains it on completions of prompts. `SpelledWorldTask` on programs of any
    world, and `SpelledTableTask` on programs over tables.

    Checkpoints hold the weights, the configuration and the tokenizer: the model's folder is not
    needed again, except for `relative_to: start`.

    Args:
        model: folder or hub name of a model and its tokenizer.
        dropout: dropout wherever the model has some; 0 to .1. Without dropout the policy that
            draws is the policy that learns.
        dtype: type of the weights. Training in "bfloat16" alone loses small steps: prefer
            "float32" with trainer.precision "bf16-mixed".
        recompute: whether gradients recompute the activations (gradient checkpointing): less
            memory, a third more time.
        relative_to: what `entropy_weight` of the estimators weighs: "uniform" the policy's
            entropy; "start" -KL(policy || start model), so that the weight is the coefficient of a
            KL to the start model.
    """

    @bounded
    def __init__(
        self,
        model: str,
        dropout: Dropout = 0.0,
        dtype: Dtype = "float32",
        recompute: bool = False,
        relative_to: Relative = "uniform",
    ) -> None:
        self.model = model
        self.dtype = dtype
        self.recompute = recompute
        self.relative_to = relative_to
        self.sizes: dict[str, Any] = {"dropout": dropout}
        # Of a checkpoint, once `restore` has read one.
        self._config: str | None = None
        self._tokenizer_files: Mapping[str, str] | None = None

    @abstractmethod
    def policy_of(self, model: Any, reference: Any) -> PolicyOfTextT:
        """Returns the policy of a model.

        Args:
            model: the causal language model.
            reference: the start model, if entropies are relative to it.
        """

    def __getstate__(self) -> dict[str, Any]:
        # Workers load their own: a tokenizer that has been used must not be forked.
        return {name: value for name, value in vars(self).items() if name not in _CACHED}

    @cached_property
    def config(self) -> Any:
        """The model's configuration, with this task's dropout."""
        if self._config is not None:
            found = model_files.config_from(self._config)
        else:
            found = model_files.load_config(self.model)
        return model_files.with_dropout(found, self.sizes["dropout"])

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer of the model."""
        if self._config is not None and self._tokenizer_files is not None:
            return model_files.tokenizer_from(self._tokenizer_files, self._config)
        return model_files.load_tokenizer(self.model)

    @property
    def context(self) -> int:
        """Greatest number of tokens that the model reads."""
        return model_files.context_of(self.config)

    def build(self, data: Any) -> PolicyOfTextT:
        self.attach(data)
        return self._policy(self._loaded())

    def _loaded(self) -> Any:
        return model_files.load_model(self.model, self.config, getattr(torch, self.dtype))

    def _policy(self, model: Any) -> PolicyOfTextT:
        model.train()
        if self.recompute:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        reference = None
        if self.relative_to == "start":
            reference = self._loaded().eval().requires_grad_(False)
        return self.policy_of(model, reference)

    def state_dict(self, policy: PolicyOfTextT) -> dict[str, Any]:
        return {
            "sizes": dict(self.sizes),
            "model": {
                "name": self.model,
                "config": model_files.config_text(policy.model.config),
                "tokenizer": model_files.tokenizer_files(self.tokenizer),
            },
        }

    def restore(self, state: dict[str, Any]) -> PolicyOfTextT:
        self.sizes = state["sizes"]
        known = state["model"]
        self._config, self._tokenizer_files = known["config"], known["tokenizer"]
        for name in _CACHED:
            self.__dict__.pop(name, None)
        return self._policy(model_files.new_weights(self.config, getattr(torch, self.dtype)))
