"""Calibrations beside their checkpoints: `packaged.ckpt` has `packaged.confidence.json`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sparse_rl.asking.confidence import ANSWERABLE, FEATURES, Calibration
from sparse_rl.errors import CheckpointError
from sparse_rl.folders import write_text


def calibration_path(checkpoint: Path) -> Path:
    """Where the calibration of a checkpoint is, if it has one."""
    return checkpoint.with_suffix(".confidence.json")


def write_calibration(checkpoint: Path, calibration: Calibration) -> Path:
    """Writes a calibration beside the checkpoint to whose answers it was fitted."""
    content = {
        "checkpoint": _digest(checkpoint),
        "intercept": round(calibration.intercept, 4),
        "weights": {name: round(calibration.weights[name], 4) for name in FEATURES},
        "answerable": round(calibration.answerable, 4),
    }
    path = calibration_path(checkpoint)
    write_text(path, json.dumps(content, indent=2) + "\n")
    return path


def read_calibration(checkpoint: Path) -> tuple[Calibration | None, str]:
    """Reads the calibration of a checkpoint.

    Returns:
        The calibration, or None if there is none that belongs to these weights; and what to know
        about it, "" if nothing.

    Raises:
        CheckpointError: the file is damaged, or of another version.
    """
    path = calibration_path(checkpoint)
    if not path.is_file():
        return None, ""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        weights = {name: float(content["weights"][name]) for name in FEATURES}
        calibration = Calibration(
            float(content["intercept"]), weights, float(content.get("answerable", ANSWERABLE))
        )
        digest = content["checkpoint"]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"remove {path}, or write it again by experiments/calibrate_model.py: it is no "
            f"calibration of this version ({type(error).__name__}: {error})"
        ) from error
    if digest != _digest(checkpoint):
        return None, (
            f"probabilities are the policy's own: {path.name} belongs to other weights than "
            f"{checkpoint.name}, write it again by experiments/calibrate_model.py"
        )
    return calibration, ""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
