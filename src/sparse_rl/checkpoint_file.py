"""Reading checkpoints without importing Lightning, which takes seconds."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sparse_rl.errors import CheckpointError, SparseRLError

# What torch's reader raises on files that are truncated or something else.
UNREADABLE = (
    RuntimeError,
    EOFError,
    IndexError,
    KeyError,
    ValueError,
    AttributeError,
    TypeError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
)


# What a checkpoint's parts raise where they are restored and their content is not what it was.
DAMAGED = (*UNREADABLE, AssertionError, OverflowError, MemoryError, StopIteration)

# The types of a checkpoint's parts, where they are there.
TRAINING = {
    "state_dict": dict,
    "epoch": int,
    "global_step": int,
    "loops": dict,
    "callbacks": dict,
    "optimizer_states": list,
    "lr_schedulers": list,
}
PROGRAMS = {
    "task": str,
    "words": list,
    "shared_ids": int,
    "sizes": dict,
    "language": dict,
    "replay": dict,
    "explored": dict,
    "prior": dict | None,
    "estimator": dict,
    "data": dict,
    "parts": dict,
}


def read_checkpoint(path: str | Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Loads a checkpoint of tensors and plain containers.

    Raises:
        CheckpointError: no such file, a truncated one, or one that holds other objects.
    """
    if not Path(path).is_file():
        raise CheckpointError(f"give --ckpt_path an existing checkpoint: no file {path}")
    try:
        _check_sums(path)
        with warnings.catch_warnings():
            # Of a file of TorchScript, which is refused below.
            warnings.simplefilter("ignore")
            checkpoint: dict[str, Any] = torch.load(
                path, map_location=map_location, weights_only=True
            )
    except UNREADABLE as error:
        raise CheckpointError(
            f"use an earlier checkpoint: {path} is truncated or no checkpoint of tensors and plain "
            f"containers ({' '.join(str(error).split())[:80]})"
        ) from error
    _locate_parts(checkpoint, path)
    return checkpoint


def read_weights(path: str | Path, map_location: Any = "cpu") -> dict[str, Any]:
    """Loads the checkpoint of a training.

    Raises:
        CheckpointError: as `read_checkpoint`, it has no weights, or a part is damaged.
    """
    checkpoint = read_checkpoint(path, map_location)
    if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
        raise CheckpointError(f"give a checkpoint of a training: {path} has no weights")
    _check_types(checkpoint, TRAINING, path)
    for name, weights in checkpoint["state_dict"].items():
        if not isinstance(weights, torch.Tensor):
            raise CheckpointError(f"use an earlier checkpoint: {name} of {path} is no tensor")
        if weights.isnan().any():
            raise CheckpointError(f"use an earlier checkpoint: {name} of {path} has no value (NaN)")
    return checkpoint


def program_state(checkpoint: dict[str, Any], where: str | Path) -> dict[str, Any]:
    """Returns what a learner of programs has written into a checkpoint besides the weights.

    Raises:
        CheckpointError: nothing: the checkpoint is another package's.
    """
    state = checkpoint.get("sparse_rl")
    if not isinstance(state, dict):
        raise CheckpointError(f"give a checkpoint that sparse_rl has written: {where} is another's")
    _check_types(state, PROGRAMS, where)
    return state


@contextmanager
def restoring(where: str | Path) -> Iterator[None]:
    """Turns the errors of a damaged checkpoint's parts, when they are restored, into one line.

    Raises:
        CheckpointError: a part is missing, or is not what it was when it was saved.
    """
    try:
        yield
    except SparseRLError:
        raise
    except DAMAGED as error:
        raise damaged(where, error) from error


def check_resumable(checkpoint: Mapping[str, Any], where: str | Path) -> None:
    """Checks that a checkpoint has all that a training resumes from.

    Raises:
        CheckpointError: a part is missing or empty.
    """
    for name in ("loops", "callbacks", "optimizer_states"):
        if not checkpoint.get(name):
            raise CheckpointError(f"use an earlier checkpoint: {name} of {where} is missing")
    if not checkpoint.get("global_step", -1) >= 0 <= checkpoint.get("epoch", -1):
        raise CheckpointError(f"use an earlier checkpoint: {where} has no number of steps")
    for name, state in checkpoint["callbacks"].items():
        if not (isinstance(state, dict) and state):
            raise CheckpointError(f"use an earlier checkpoint: {name} of {where} has no state")


def check_optimizer(optimizer: torch.optim.Optimizer, where: str | Path) -> None:
    """Checks the restored state of an optimiser, which torch does not.

    Raises:
        CheckpointError: a state is not of its weights' shape.
    """
    for weights, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and value.dim() and value.shape != weights.shape:
                raise CheckpointError(
                    f"use an earlier checkpoint: {name} of the optimiser in {where} is of shape "
                    f"{tuple(value.shape)}, and its weights are of {tuple(weights.shape)}"
                )


def damaged(where: str | Path, error: BaseException) -> CheckpointError:
    """Words the error of a part that cannot be restored."""
    what = f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
    return CheckpointError(
        f"use an earlier checkpoint: {where} is damaged, or of other data or options ({what})"
    )


def load_weights(module: nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Loads all weights of a module; see `restoring` for the errors.

    Raises:
        RuntimeError: names, shapes or types differ.
    """
    check_weights(module, weights)
    module.load_state_dict(weights)


def load_policy(policy: nn.Module, checkpoint: Mapping[str, Any]) -> None:
    """Loads a policy's weights from the checkpoint of its learner; see `load_weights`."""
    load_weights(policy, policy_weights(checkpoint))


def policy_weights(checkpoint: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Returns the weights of the policy in the checkpoint of its learner."""
    prefix = "policy."
    weights = checkpoint["state_dict"].items()
    return {name.removeprefix(prefix): w for name, w in weights if name.startswith(prefix)}


def check_weights(module: nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Checks the types of a module's weights, which torch would convert.

    Raises:
        RuntimeError: a type differs.
    """
    for name, own in module.state_dict().items():
        if name in weights and weights[name].dtype != own.dtype:
            raise RuntimeError(f"{name} is of {weights[name].dtype}, not of {own.dtype}")


def _check_sums(path: str | Path) -> None:
    """Checks the sums of the archive's parts, which torch does not.

    Raises:
        BadZipFile: a part is not what was written.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            wrong = archive.testzip()
        if wrong is not None:
            raise zipfile.BadZipFile(f"{wrong} is damaged")


def _locate_parts(checkpoint: Any, path: str | Path) -> None:
    """Writes out where the parts of the memory are, which lie beside the checkpoint."""
    state = checkpoint.get("sparse_rl") if isinstance(checkpoint, dict) else None
    parts = state.get("parts") if isinstance(state, dict) else None
    if parts is None:
        return
    try:
        folder, count = parts["folder"], parts["count"]
        sound = Path(folder).name == folder and count > 0
    except (KeyError, TypeError):
        sound = False
    if not sound:
        raise CheckpointError(f"use an earlier checkpoint: {path} has no place of its parts")
    parts["folder"] = str(Path(path).resolve().parent / folder)


def _check_types(content: dict[str, Any], types: Mapping[str, Any], where: str | Path) -> None:
    for name, kind in types.items():
        if name in content and not isinstance(content[name], kind):
            raise CheckpointError(
                f"use an earlier checkpoint: {name} of {where} is of type "
                f"{type(content[name]).__name__}"
            )
