"""Finds all problems of a config with the parser of `fit`.

The parser stops at its first error. So the settings are bisected, each part tried on top of all
settings accepted before: a refused setting costs a few trials, an accepted config one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytorch_lightning as pl
import yaml

from sparse_rl.commands.trial import TrialCLI, trial
from sparse_rl.config_files import family, read_yaml
from sparse_rl.errors import SparseRLError

_CLASS = "class_path"
# A trial needs a data module, and a model where there are several.
_STAND_INS = {
    "programs": {"data": {_CLASS: "QuickstartDataModule"}},
    "control": {"data": {_CLASS: "GymDataModule"}, "model": {_CLASS: "Acer"}},
}


@dataclass(frozen=True)
class Setting:
    """Setting of a config: a value of the file, or an option of the command line.

    Attributes:
        key: dotted name of the option.
        value: value in the file.
        words: words on the command line; empty for a value of the file.
    """

    key: str
    value: Any = None
    words: tuple[str, ...] = ()

    def under(self, keys: Sequence[str]) -> bool:
        """Whether the setting belongs to a class with one of these keys."""
        return any(self.key.startswith(f"{key}.") for key in keys)


def config_problems(
    path: str, options: Sequence[str]
) -> tuple[list[str], pl.LightningDataModule | None]:
    """Lists the problems of a config and its options; makes the data module of accepted settings.

    Settings of an unknown class cannot be judged. The data module is None if its class was refused;
    its refused settings are left at their defaults.

    Raises:
        SparseRLError: the file is no YAML mapping.
    """
    settings = [*_flat(read_yaml(Path(path))), *_options(options)]
    kind = family([f"--config={path}", *options])
    cli, stand_in = trial(kind), _STAND_INS[kind]
    classes = [s for s in settings if s.key.endswith(f".{_CLASS}")]
    accepted: list[Setting] = []
    problems: list[tuple[Setting, str]] = []
    try:
        return [], cli.attempt(_arguments(settings))
    except SparseRLError as error:
        whole = str(error)
    _sift(cli, stand_in, accepted, classes, problems)
    refused = [setting.key.removesuffix(f".{_CLASS}") for setting, _ in problems]
    rest = [s for s in settings if s not in classes and not s.under(refused)]
    _sift(cli, stand_in, accepted, rest, problems)
    known = any(setting.key.partition(".")[0] == "data" for setting in accepted)
    datamodule = cli.attempt(_arguments(accepted, stand_in)) if known else None
    return [text for _, text in problems] or [whole], datamodule


def _sift(
    cli: TrialCLI,
    stand_in: Mapping[str, Any],
    accepted: list[Setting],
    settings: Sequence[Setting],
    problems: list[tuple[Setting, str]],
) -> None:
    """Adds settings to the accepted ones, or to the problems with the parser's message."""
    if not settings:
        return
    try:
        cli.attempt(_arguments([*accepted, *settings], stand_in))
        accepted += settings
    except SparseRLError as error:
        if len(settings) == 1:
            problems.append((settings[0], str(error)))
            return
        half = len(settings) // 2
        _sift(cli, stand_in, accepted, settings[:half], problems)
        _sift(cli, stand_in, accepted, settings[half:], problems)


def _arguments(
    settings: Sequence[Setting], defaults: Mapping[str, Any] = MappingProxyType({})
) -> list[str]:
    """Formats settings as a command line, with the config's text in place of its path."""
    config: dict[str, Any] = {}
    for setting in settings:
        if not setting.words:
            place = config
            *parents, name = setting.key.split(".")
            for parent in parents:
                place = place.setdefault(parent, {})
            place[name] = setting.value
    words = [word for setting in settings for word in setting.words]
    return ["--config", yaml.safe_dump({**defaults, **config}), *words]


def _flat(config: Mapping[str, Any], above: str = "") -> Iterator[Setting]:
    for name, value in config.items():
        key = f"{above}{name}"
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{key}.")
        else:
            yield Setting(key, value)


def _options(words: Sequence[str]) -> Iterator[Setting]:
    """Groups options with the words that follow them."""
    starts = [i for i, word in enumerate(words) if word.startswith("--")] or [0]
    if starts[0] != 0:
        starts.insert(0, 0)
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        if start < end:
            name = words[start].lstrip("-").partition("=")[0]
            yield Setting(name, words=tuple(words[start:end]))
