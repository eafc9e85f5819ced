"""W&B's sweep files, and draws of options from them."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from sparse_rl.analysis.runs import METRICS, RETURNS
from sparse_rl.errors import SparseRLError

DEFAULT_COMMAND = ("${env}", "${interpreter}", "${program}", "${args}")
ARGS = "${args}"


class SweepError(SparseRLError):
    """A sweep file, or the folder of a sweep, cannot be used."""


@dataclass(frozen=True)
class Sweep:
    """Content of a sweep file.

    Attributes:
        spec: method, metric and parameters, from which W&B's library draws.
        arguments: arguments of the training program; `${args}` stands for the drawn options.
        metric: metric to optimise, by its name in a run's metrics.
        maximize: whether greater is better.
    """

    spec: dict[str, Any]
    arguments: tuple[str, ...]
    metric: str
    maximize: bool

    def training(self, parameters: Mapping[str, Any]) -> list[str]:
        """Arguments of a trial."""
        drawn = [f"--{name}={_text(value)}" for name, value in parameters.items()]
        return [word for part in self.arguments for word in (drawn if part == ARGS else [part])]


def read_sweep(path: Path) -> Sweep:
    """Reads a sweep file.

    Raises:
        SweepError: the file is not in W&B's format, it runs another program, a training does not
            have its metric, or its method cannot draw its parameters.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SweepError(f"fix {path}: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not {"method", "metric", "parameters"} <= content.keys():
        raise SweepError(f"give {path} a method, a metric and parameters")
    spec = {key: content[key] for key in ("method", "metric", "parameters")}
    _check(spec, path)
    if content.get("program") != "train.py":
        raise SweepError(f"set program in {path} to train.py: no other program is run")
    if "early_terminate" in content:
        print("early_terminate has no effect offline: every trial runs to its end")
    arguments = _arguments(content.get("command", DEFAULT_COMMAND), path)
    metric = spec["metric"]
    known = (*METRICS, *RETURNS)
    if metric["name"] not in known:
        raise SweepError(
            f"set metric.name in {path} to one of {', '.join(known)}: a training has no "
            f"{metric['name']} of its best checkpoint"
        )
    maximize = metric.get("goal", "minimize") == "maximize"
    sweep = Sweep(spec, arguments, metric["name"], maximize)
    try:
        draw(sweep, [], seed=0)
    except ValueError as error:
        grid = f"give lists of values in {path}, or set its method to random or bayes"
        fix = grid if spec["method"] == "grid" else f"fix {path}"
        raise SweepError(f"{fix}: {str(error).partition('. ')[0]}") from error
    return sweep


def _check(spec: dict[str, Any], path: Path) -> None:
    library = _library()
    from jsonschema import ValidationError

    try:
        library.SweepConfig(spec)
    except (ValidationError, ValueError) as error:
        raise SweepError(f"fix {path}: {str(error).splitlines()[0]}") from error


def _library() -> Any:
    """Imports W&B's own library, whose draws are those of their server."""
    try:
        with warnings.catch_warnings():
            # Release 0.2 is written for pydantic 1, whose names pydantic 2 still accepts.
            warnings.simplefilter("ignore")
            import sweeps
    except ImportError as error:
        raise SweepError("pip install 'sparse_rl[sweeps]': trials are drawn by `sweeps`") from error
    return sweeps


def _arguments(command: Sequence[str], path: Path) -> tuple[str, ...]:
    """Arguments after the program in W&B's command."""
    words = [str(word) for word in command]
    if "${program}" not in words:
        raise SweepError(f"name ${{program}} in the command of {path}")
    place = words.index("${program}")
    macros = [w for w in words[place + 1 :] if w.startswith("${") and w != ARGS]
    other = [w for w in words[:place] if w not in ("${env}", "${interpreter}")]
    if macros or other:
        raise SweepError(f"leave {(macros + other)[0]} out of the command of {path}")
    if ARGS not in words:
        raise SweepError(f"put ${{args}} into the command of {path}: it stands for the options")
    return tuple(words[place + 1 :])


def draw(
    sweep: Sweep, earlier: Sequence[tuple[Mapping[str, Any], float | None]], seed: int
) -> dict[str, Any] | None:
    """Draws the options of the next trial; None if a grid has no more.

    Args:
        sweep: sweep to draw from.
        earlier: options and result of the trials so far; a trial without a result still runs.
        seed: seed of the draw, together with the number of earlier trials.
    """
    library = _library()
    runs = [
        library.SweepRun(
            config={name: {"value": value} for name, value in options.items()},
            state=library.RunState.running if result is None else library.RunState.finished,
            summaryMetrics={} if result is None else {sweep.metric: result},
        )
        for options, result in earlier
    ]
    # The library draws from the global generators.
    np.random.seed(seed + len(runs))
    random.seed(seed + len(runs))
    found = library.next_run(sweep.spec, runs)
    if found is None:
        return None
    return {name: _plain(part["value"]) for name, part in found.config.items()}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
