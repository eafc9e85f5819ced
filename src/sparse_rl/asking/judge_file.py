"""Judges beside their checkpoints: `packaged.ckpt` has `packaged.judge.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparse_rl.asking.confidence import FEATURES, Calibration
from sparse_rl.asking.evidence import EVIDENCE
from sparse_rl.asking.judge import Judge
from sparse_rl.asking.ranking import AnswerRanking
from sparse_rl.errors import CheckpointError
from sparse_rl.folders import write_text

_DIGITS = 4


def judge_path(checkpoint: Path) -> Path:
    """Where the judge of a checkpoint is, if it has one."""
    return checkpoint.with_suffix(".judge.json")


def write_judge(checkpoint: Path, judge: Judge) -> Path:
    """Writes a judge beside the checkpoint that it judges."""
    content: dict[str, Any] = {"checkpoint": _digest(checkpoint)}
    if judge.ranking is not None:
        content["ranking"] = _rounded(judge.ranking.weights)
    if (calibration := judge.calibration) is not None:
        content["confidence"] = {
            "intercept": round(calibration.intercept, _DIGITS),
            "weights": _rounded(calibration.weights),
        }
    path = judge_path(checkpoint)
    write_text(path, json.dumps(content, indent=2) + "\n")
    return path


def read_judge(checkpoint: Path) -> tuple[Judge, str]:
    """Reads the judge of a checkpoint.

    Returns:
        The judge, one without any weights if there is none that belongs to this checkpoint; and
        what to know about it, "" if nothing.

    Raises:
        CheckpointError: the file is damaged, or of another version.
    """
    path = judge_path(checkpoint)
    if not path.is_file():
        return Judge(), ""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        ranking, confidence = content.get("ranking"), content.get("confidence")
        judge = Judge(
            None if ranking is None else AnswerRanking(_weights(ranking, EVIDENCE)),
            None
            if confidence is None
            else Calibration(
                float(confidence["intercept"]),
                _weights(confidence["weights"], FEATURES),
            ),
        )
        digest = content["checkpoint"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"remove {path}, or write it again by experiments/calibrate_model.py: it is no judge "
            f"of this version ({type(error).__name__}: {error})"
        ) from error
    if digest != _digest(checkpoint):
        return Judge(), (
            f"probabilities are the policy's own: {path.name} belongs to other weights than "
            f"{checkpoint.name}, write it again by experiments/calibrate_model.py"
        )
    return judge, ""


def carry_ranking(old: Path, new: Path) -> None:
    """Gives a checkpoint the ranking of the one that its training began with, if that has one.

    What the words of questions say is the same for both; the confidence is not, and stays behind.
    """
    judge, _ = read_judge(old)
    if judge.ranking is None:
        judge_path(new).unlink(missing_ok=True)
    else:
        write_judge(new, Judge(judge.ranking))


def _weights(content: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, float]:
    return {name: float(content[name]) for name in names}


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {name: round(weight, _DIGITS) for name, weight in weights.items()}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
