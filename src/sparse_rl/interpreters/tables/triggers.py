"""Trigger words: words of a question that suggest functions (as used for MAPO)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sparse_rl.errors import DataError

TRIGGER_WORDS = Path(__file__).with_name("trigger_words.yaml")
"""Rules of the package."""


@dataclass(frozen=True)
class Triggers:
    """Rules that leave functions out; without rules every function is allowed.

    Attributes:
        rules: pairs of a function's name and words and POS tags, one of which must be in the
            question. A function without a rule is always allowed.
    """

    rules: tuple[tuple[str, frozenset[str]], ...] = ()

    def forbidden(self, tokens: Iterable[str], pos_tags: Iterable[str]) -> frozenset[str]:
        """Names of the functions without a trigger in the question."""
        said = {*tokens, *pos_tags}
        return frozenset(name for name, words in self.rules if said.isdisjoint(words))

    def check(self, names: Iterable[str]) -> None:
        """Refuses rules for functions that the language does not have.

        Raises:
            ValueError: there are such rules; the message names the functions.
        """
        unknown = {name for name, _ in self.rules} - set(names)
        if unknown:
            raise ValueError(f"drop the trigger words of {sorted(unknown)}: no such function")

    def among(self, names: Iterable[str]) -> Triggers:
        """Returns the rules for these functions."""
        known = set(names)
        return Triggers(tuple(rule for rule in self.rules if rule[0] in known))

    def state_dict(self) -> dict[str, list[str]]:
        """Words by function, in plain containers."""
        return {name: sorted(words) for name, words in self.rules}

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Iterable[str]]) -> Triggers:
        """Restores the rules of a `state_dict`."""
        return cls(tuple((name, frozenset(words)) for name, words in sorted(state.items())))


NO_TRIGGERS = Triggers()


@cache
def default_triggers() -> Triggers:
    """Returns MAPO's rules, read once."""
    return load_triggers()


def triggers_from(source: str | None) -> Triggers:
    """Reads the rules of an option: "default" for MAPO's, a YAML file, or None for no rules.

    Raises:
        DataError: see `load_triggers`.
    """
    if source is None:
        return NO_TRIGGERS
    return default_triggers() if source == "default" else load_triggers(source)


def load_triggers(path: str | Path = TRIGGER_WORDS) -> Triggers:
    """Reads rules from a YAML file: lists of words and tags by function.

    Raises:
        DataError: the file is missing or is not of this form.
    """
    try:
        rules: Any = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise DataError(f"point to a YAML file of trigger words: {error}") from None
    if not isinstance(rules, dict) or not all(_is_rule(*rule) for rule in rules.items()):
        raise DataError(f"write trigger words as `function: [word, TAG, …]`: {path}")
    return Triggers.from_state_dict(rules)


def _is_rule(name: object, words: object) -> bool:
    is_list = isinstance(words, list) and all(isinstance(word, str) for word in words)
    return isinstance(name, str) and is_list
