"""All problems of a config, found with the parser that `fit` uses.

The parser stops at its first error. So the settings are tried in halves, and halves of these, on
top of all that were accepted before: a refused setting costs a few trials, an accepted config one.
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
from sparse_rl.errors import SparseRLError

_CLASS = "class_path"
# Without a datamodule nothing can be tried.
_STAND_IN = {"data": {_CLASS: "QuickstartDataModule"}}


@dataclass(frozen=True)
class Setting:
    """A value of the config file, or an option of the command line.

    Attributes:
        key: dotted name, as the option is called.
        value: in the file.
        words: on the command line; empty for a value of the file.
    """

    key: str
    value: Any = None
    words: tuple[str, ...] = ()

    def under(self, keys: Sequence[str]) -> bool:
        """Whether it belongs to one of the classes with these keys."""
        return any(self.key.startswith(f"{key}.") for key in keys)


def config_problems(
    path: str, options: Sequence[str]
) -> tuple[list[str], pl.LightningDataModule | None]:
    """The problems of a config with its options, and the datamodule of what was accepted.

    What belongs to an unknown class cannot be judged. The datamodule is None where its class was
    refused; a setting of it that was refused is left at its default.

    Raises:
        SparseRLError: the file is no YAML mapping.
    """
    settings = [*_flat(_read(path)), *_options(options)]
    cli = trial()
    classes = [s for s in settings if s.key.endswith(f".{_CLASS}")]
    accepted: list[Setting] = []
    problems: list[tuple[Setting, str]] = []
    try:
        return [], cli.attempt(_arguments(settings))
    except SparseRLError as error:
        whole = str(error)
    _sift(cli, accepted, classes, problems)
    refused = [setting.key.removesuffix(f".{_CLASS}") for setting, _ in problems]
    rest = [s for s in settings if s not in classes and not s.under(refused)]
    _sift(cli, accepted, rest, problems)
    known = any(setting.key.partition(".")[0] == "data" for setting in accepted)
    datamodule = cli.attempt(_arguments(accepted, _STAND_IN)) if known else None
    return [text for _, text in problems] or [whole], datamodule


def _sift(
    cli: TrialCLI,
    accepted: list[Setting],
    settings: Sequence[Setting],
    problems: list[tuple[Setting, str]],
) -> None:
    """Adds settings to those accepted, or to the problems with what is said of them."""
    if not settings:
        return
    try:
        cli.attempt(_arguments([*accepted, *settings], _STAND_IN))
        accepted += settings
    except SparseRLError as error:
        if len(settings) == 1:
            problems.append((settings[0], str(error)))
            return
        half = len(settings) // 2
        _sift(cli, accepted, settings[:half], problems)
        _sift(cli, accepted, settings[half:], problems)


def _arguments(
    settings: Sequence[Setting], defaults: Mapping[str, Any] = MappingProxyType({})
) -> list[str]:
    """Settings as a command line, with the config's text in the place of its path."""
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


def _read(path: str) -> dict[str, Any]:
    try:
        config = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SparseRLError(f"fix the YAML: {error} ({path})") from None
    if not isinstance(config, dict):
        raise SparseRLError(f"write the config as `name: value` lines: {path}")
    return config


def _flat(config: Mapping[str, Any], above: str = "") -> Iterator[Setting]:
    for name, value in config.items():
        key = f"{above}{name}"
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{key}.")
        else:
            yield Setting(key, value)


def _options(words: Sequence[str]) -> Iterator[Setting]:
    """Options with the words that follow them."""
    starts = [i for i, word in enumerate(words) if word.startswith("--")] or [0]
    if starts[0] != 0:
        starts.insert(0, 0)
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        if start < end:
            name = words[start].lstrip("-").partition("=")[0]
            yield Setting(name, words=tuple(words[start:end]))
