"""Noun phrases for the rows that fulfil conditions, and patterns filled with them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from sparse_rl.datamodules.everyday.english import agree, plural, put
from sparse_rl.datamodules.everyday.phrases import Phrases
from sparse_rl.datamodules.everyday.queries import EverydayCondition
from sparse_rl.datamodules.everyday.tables import EverydayTable


class RowPhrases:
    """Says conditions before the noun of the rows, after it or as predicates, by new draws."""

    def __init__(self, rng: random.Random, table: EverydayTable, say: Phrases) -> None:
        self._rng = rng
        self._table = table
        self._say = say

    def rows(self, conditions: Sequence[EverydayCondition], several: bool) -> str:
        """A noun phrase for the rows of conditions."""
        first = conditions[0]
        if len(conditions) == 1 and first.relation == "eq" and first.column == self._table.key:
            return self._say.name_of(first.column, first.value)
        if several:
            start = self._rng.choice(("the <es>", "the <es>", "all <es>", "<es>"))
        else:
            start = "the <e>"
        return self.fill(f"{start} <mods>", conditions, several)

    def fill(
        self, text: str, conditions: Sequence[EverydayCondition], several: bool, **marks: str
    ) -> str:
        """Puts nouns and conditions into a pattern."""
        conditions, noun = self._noun(conditions, "<vp" in text)
        several_here = several or "<es>" in text
        before, after = self._split(conditions, "<mods>" in text)
        if "<vp>" in text or "<vps>" in text:
            before_vp, verbs = self._split_verbs(conditions)
            for mark, form in (("<vps>", True), ("<vp>", several and "<es>" in text)):
                said = " and ".join(agree(verb, form) for verb in verbs)
                text = text.replace(mark, said)
            text = text.replace("<es>", f"{before_vp}<es>", 1).replace(
                "<e> ", f"{before_vp}<e> ", 1
            )
        elif before:
            place = "<es>" if "<es>" in text else "<e>"
            text = text.replace(place, f"{before}{place}", 1)
        text = text.replace("<mods>", agree(" ".join(after), several_here))
        return put(text, e=noun, es=plural(noun), **marks)

    def _noun(
        self, conditions: Sequence[EverydayCondition], needs_verb: bool
    ) -> tuple[Sequence[EverydayCondition], str]:
        """The noun of the rows, which may say one of the conditions: "developers"."""
        for place, condition in enumerate(conditions):
            rest = [*conditions[:place], *conditions[place + 1 :]]
            if condition.relation == "ends" and (rest or not needs_verb):
                return rest, self._say.said(condition).lower()
            names = self._table.columns[condition.column].names and condition.relation == "eq"
            if names and (rest or not needs_verb) and self._rng.random() < 0.6:
                return rest, self._say.said(condition).lower()
        return conditions, self._say.noun

    def _split(
        self, conditions: Sequence[EverydayCondition], wanted: bool
    ) -> tuple[str, list[str]]:
        """Conditions before the noun, and those after it."""
        if not wanted:
            return "", []
        before: list[str] = []
        after: list[tuple[str, bool]] = []
        for condition in conditions:
            adjective = self._say.adjective(condition)
            if adjective is not None:
                before.append(adjective)
            elif self._say.is_name(condition) and self._rng.random() < 0.15:
                before.append(self._say.said(condition))
            else:
                after.append((self._say.modifier(condition), condition.relation == "ne"))
        # "in Berlin that earn more than 5" reads better than the other way round.
        after.sort(key=lambda said: said[0].startswith(("that ", "whose ", "where ")))
        texts = [text for text, _ in after]
        joined = [f"and {text}" if place else text for place, text in enumerate(texts)]
        if len(after) == 2 and not after[0][1] and after[1][1] and self._rng.random() < 0.6:
            joined[1] = f"but {texts[1].removeprefix('with ')}"
        elif len(after) == 2 and self._rng.random() < 0.5:
            joined = texts
        return "".join(f"{word} " for word in before), joined

    def _split_verbs(self, conditions: Sequence[EverydayCondition]) -> tuple[str, list[str]]:
        before: list[str] = []
        verbs: list[str] = []
        for place, condition in enumerate(conditions):
            more = len(conditions) - place > 1 or verbs
            adjective = self._say.adjective(condition) if more else None
            if adjective is not None:
                before.append(adjective)
            else:
                verbs.append(self._say.predicate(condition))
        if not verbs:
            verbs = [self._say.predicate(conditions[-1])]
            before = before[:-1]
        return "".join(f"{word} " for word in before), verbs
