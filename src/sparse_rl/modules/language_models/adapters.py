"""Low-rank adapters of a language model whose own weights stay as they are (LoRA)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sparse_rl.bounds import Count, Dropout, check_fields
from sparse_rl.modules.task import TaskError


@dataclass(frozen=True)
class Adapters:
    """Sizes of low-rank adapters (Hu et al., 2022), by the library `peft`.

    Attributes:
        rank: rank; 4 to 64.
        alpha: the adapters' share is alpha / rank; once or twice the rank.
        targets: names of the layers that get adapters, separated by commas; "all-linear" for all
            but the last.
        dropout: dropout on the adapters' inputs.
    """

    rank: Count = 16
    alpha: Count = 32
    targets: str = "all-linear"
    dropout: Dropout = 0.0

    def __post_init__(self) -> None:
        check_fields(self)

    def state(self) -> dict[str, Any]:
        """Returns the fields."""
        return asdict(self)


def with_adapters(model: Any, adapters: Adapters) -> Any:
    """Returns a model that trains adapters only.

    Raises:
        TaskError: `peft` is not installed, or the model has no such layers.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise TaskError("pip install 'sparse_rl[lm]' for model.task.adapters") from error
    names = adapters.targets.split(",")
    try:
        config = LoraConfig(
            r=adapters.rank,
            lora_alpha=adapters.alpha,
            target_modules=names[0] if names == ["all-linear"] else names,
            lora_dropout=adapters.dropout,
            task_type="CAUSAL_LM",
        )
        return get_peft_model(model, config)
    except ValueError as error:
        raise TaskError(
            f"set model.task.adapters.targets to layers of the model: {adapters.targets} are none "
            f"({' '.join(str(error).split())[:120]})"
        ) from error


class WithoutAdapters:
    """A model with adapters, as it was without them: the start model.

    Args:
        model: what `with_adapters` returned.
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def training(self) -> bool:
        """Whether the model with its adapters is being trained."""
        return bool(self._model.training)

    def to(self, device: Any) -> WithoutAdapters:
        """Returns itself: its weights are the model's own."""
        return self

    def __call__(self, **inputs: Any) -> Any:
        with self._model.disable_adapter():
            return self._model(**inputs)
