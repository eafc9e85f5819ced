"""The task of a causal language model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, TypeVar

import torch

from sparse_rl.bounds import Dropout, bounded
from sparse_rl.exploration.domain import ExampleT
from sparse_rl.modules.language_models import model_files
from sparse_rl.modules.language_models.adapters import (
    Adapters,
    WithoutAdapters,
    with_adapters,
)
from sparse_rl.modules.language_models.new_model import NewModel, new_config, new_tokenizer
from sparse_rl.modules.language_models.policy import LanguageModelPolicy
from sparse_rl.modules.task import Task, TaskError

PolicyOfTextT = TypeVar("PolicyOfTextT", bound=LanguageModelPolicy[Any])
Dtype = Literal["float32", "bfloat16"]
Relative = Literal["uniform", "start"]

# Read from files at first use.
_CACHED = ("alphabet", "config", "tokenizer")


class LanguageModelTask(Task[ExampleT, PolicyOfTextT]):
    """A causal language model of the library `transformers` as the policy.

    `CompletionTask` trains it on completions of prompts, `SpelledWorldTask` on the programs of any
    world, and `SpelledTableTask` on programs over tables.

    Checkpoints hold the trained weights, the configuration and the tokenizer. The model's folder is
    needed again only with adapters, whose checkpoints hold nothing but these, and with
    `relative_to: start`; it must then be as it was.

    Args:
        model: folder or hub name of a model and its tokenizer; or the sizes of a `NewModel`.
        dropout: dropout wherever the model has some; 0 to .1. Without dropout the policy that
            draws is the policy that learns.
        dtype: type of the weights. Training in "bfloat16" alone loses small steps: prefer
            "float32" with trainer.precision "bf16-mixed".
        recompute: whether gradients recompute the activations (gradient checkpointing): less
            memory, a third more time.
        relative_to: what `entropy_weight` of the estimators weighs: "uniform" the policy's
            entropy; "start" -KL(policy || start model), so that the weight is the coefficient of a
            KL to the start model.
        adapters: low-rank adapters to train instead of the model's own weights; None for none.

    Raises:
        TaskError: a new model has adapters, or is to stay close to its random start.
    """

    @bounded
    def __init__(
        self,
        model: str | NewModel,
        dropout: Dropout = 0.0,
        dtype: Dtype = "float32",
        recompute: bool = False,
        relative_to: Relative = "uniform",
        adapters: Adapters | None = None,
    ) -> None:
        if isinstance(model, NewModel) and (relative_to == "start" or adapters is not None):
            raise TaskError(
                'set model.task.relative_to to "uniform" and leave out model.task.adapters: a new '
                "model starts at random"
            )
        self.model = model
        self.dtype = dtype
        self.recompute = recompute
        self.relative_to = relative_to
        self.adapters = adapters
        self.sizes: dict[str, Any] = {
            "dropout": dropout,
            "adapters": None if adapters is None else adapters.state(),
        }
        # Of the start model's weights, where they are needed again.
        self._digest: str | None = None
        # Configuration and files of the tokenizer; None as long as they are in the model's folder.
        self._known: tuple[str, Mapping[str, str]] | None = None

    @abstractmethod
    def policy_of(self, model: Any, reference: Any) -> PolicyOfTextT:
        """Returns the policy of a model.

        Args:
            model: the causal language model.
            reference: the start model, if entropies are relative to it.
        """

    @abstractmethod
    def corpus(self, data: Any) -> Iterable[str]:
        """Yields the texts of the training examples, for the tokenizer of a new model."""

    def __getstate__(self) -> dict[str, Any]:
        # Workers read the files themselves: a tokenizer that has been used must not be forked.
        return {name: value for name, value in vars(self).items() if name not in _CACHED}

    def attach(self, data: Any) -> None:
        """Makes the tokenizer and the configuration of a new model."""
        if isinstance(self.model, NewModel) and self._known is None:
            tokenizer = new_tokenizer(self.corpus(data), self.model.vocabulary)
            config = new_config(self.model, tokenizer)
            self._know(model_files.config_text(config), model_files.tokenizer_files(tokenizer))

    def _know(self, config: str, tokenizer: Mapping[str, str]) -> None:
        self._known = (config, tokenizer)
        for name in _CACHED:
            self.__dict__.pop(name, None)

    @cached_property
    def config(self) -> Any:
        """The model's configuration, with this task's dropout."""
        if self._known is not None:
            found = model_files.config_from(self._known[0])
        else:
            found = model_files.load_config(self._folder)
        return model_files.with_dropout(found, self.sizes["dropout"])

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer of the model."""
        if self._known is not None:
            return model_files.tokenizer_from(self._known[1], self._known[0])
        return model_files.load_tokenizer(self._folder)

    @property
    def context(self) -> int:
        """Greatest number of tokens that the model reads."""
        return model_files.context_of(self.config)

    @property
    def _folder(self) -> str:
        if isinstance(self.model, NewModel):
            raise TaskError("attach the task to its data first: a new model's tokens are from them")
        return self.model

    def build(self, data: Any) -> PolicyOfTextT:
        self.attach(data)
        if isinstance(self.model, NewModel):
            return self._policy(self._random())
        return self._policy(self._loaded())

    def _random(self) -> Any:
        return model_files.new_weights(self.config, getattr(torch, self.dtype))

    def _loaded(self) -> Any:
        model = model_files.load_model(self._folder, self.config, getattr(torch, self.dtype))
        if self._needs_start:
            self._digest = model_files.digest_of(model)
        return model

    @property
    def _needs_start(self) -> bool:
        """Whether a checkpoint goes with the start model's weights."""
        return self.adapters is not None or self.relative_to == "start"

    def _policy(self, model: Any) -> PolicyOfTextT:
        if self.recompute:
            model_files.recompute(model)
        reference = None
        if self.adapters is not None:
            model = with_adapters(model, self.adapters)
            reference = WithoutAdapters(model) if self.relative_to == "start" else None
        elif self.relative_to == "start":
            reference = self._loaded().eval().requires_grad_(False)
        model.train()
        return self.policy_of(model, reference)

    def state_dict(self, policy: PolicyOfTextT) -> dict[str, Any]:
        return {
            "sizes": dict(self.sizes),
            "model": {
                "name": None if isinstance(self.model, NewModel) else self.model,
                "config": model_files.config_text(policy.model.config),
                "tokenizer": model_files.tokenizer_files(self.tokenizer),
                "digest": self._digest,
            },
        }

    def restore(self, state: dict[str, Any]) -> PolicyOfTextT:
        """Builds the policy of a checkpoint, before its weights are loaded.

        Raises:
            TaskError: the model that adapters or a KL belong to has changed, or cannot be loaded.
        """
        self.sizes = dict(state["sizes"])
        adapters = self.sizes["adapters"]
        self.adapters = None if adapters is None else Adapters(**adapters)
        known = state["model"]
        self._know(known["config"], known["tokenizer"])
        if not self._needs_start:
            return self._policy(self._random())
        policy = self._policy(self._loaded())
        if self._digest != known["digest"]:
            raise TaskError(
                f"restore {self.model} to the model that this policy was trained with: its digest "
                f"was {known['digest']} and is {self._digest}"
            )
        return policy
