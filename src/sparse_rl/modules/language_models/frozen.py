"""Checkpoints without frozen weights."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


def leave_out_frozen(module: nn.Module) -> None:
    """Makes a module save its trained weights only, and load them alone."""
    if all(weights.requires_grad for weights in module.parameters()):
        return
    module.register_state_dict_post_hook(_drop)  # type: ignore[no-untyped-call]
    module.register_load_state_dict_pre_hook(_complete)  # type: ignore[no-untyped-call]


def _frozen(module: nn.Module, prefix: str) -> dict[str, Tensor]:
    # A weight with two names, such as tied embeddings, is frozen under both.
    weights = module.named_parameters(remove_duplicate=False)
    return {prefix + name: w.detach() for name, w in weights if not w.requires_grad}


def _drop(module: nn.Module, state: dict[str, Tensor], prefix: str, metadata: Any) -> None:
    for name in _frozen(module, prefix):
        state.pop(name, None)


def _complete(module: nn.Module, state: dict[str, Any], prefix: str, *rest: Any) -> None:
    for name, weights in _frozen(module, prefix).items():
        state.setdefault(name, weights)
