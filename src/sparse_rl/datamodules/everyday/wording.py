"""Queries in plain English, in many wordings.

A condition can stand before the noun ("delayed flights"), after it ("flights to Oslo"), as a
predicate ("which flights go to Oslo?") or as a statement ("where the destination is Oslo").
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from sparse_rl.datamodules.everyday.cells import DATE_FORMS, MONTHS
from sparse_rl.datamodules.everyday.queries import (
    EverydayCondition,
    EverydayQuery,
    Relation,
    matching,
)
from sparse_rl.datamodules.everyday.tables import EverydayTable
from sparse_rl.datamodules.everyday.topics import TopicColumn
from sparse_rl.interpreters.tables.dates import Date

_BEFORE: dict[Relation, tuple[str, ...]] = {
    "eq": ("exactly", "", "precisely"),
    "ne": ("not exactly",),
    "gt": ("more than", "over", "above", "upwards of"),
    "ge": ("at least", "no less than", "{v} or more"),
    "lt": ("less than", "under", "fewer than", "below"),
    "le": ("at most", "no more than", "up to", "{v} or less"),
}
_AFTER: dict[Relation, tuple[str, ...]] = {
    "eq": ("of", "of exactly"),
    "ne": ("other than",),
    "gt": ("above", "over", "greater than", "of more than", "higher than", "bigger than"),
    "ge": ("of at least", "of {v} or more", "at least"),
    "lt": ("below", "under", "less than", "of less than", "lower than", "smaller than"),
    "le": ("of at most", "of {v} or less", "up to"),
}
_STATED: dict[Relation, tuple[str, ...]] = {
    "eq": ("", "equal to", "exactly"),
    "ne": ("not",),
    "gt": ("more than", "above", "over", "greater than", "larger than"),
    "ge": ("at least", "{v} or more"),
    "lt": ("less than", "below", "under", "smaller than"),
    "le": ("at most", "{v} or less"),
}
_WHEN: dict[Relation, tuple[str, ...]] = {
    "gt": ("after", "later than"),
    "ge": ("since", "from {v} on"),
    "lt": ("before", "earlier than"),
    "le": ("by", "no later than"),
}
_NUMBER_WORDS = str.split("zero one two three four five six seven eight nine ten eleven twelve")
_GREATEST = ("highest", "greatest", "largest", "most")
_LEAST = ("lowest", "smallest", "least")
_ADJECTIVES = {
    "old": "older", "high": "higher", "large": "larger", "tall": "taller", "long": "longer",
}  # fmt: skip
_THIRD = {"be": "is", "have": "has", "do": "does"}

PATTERNS: dict[str, list[str]] = yaml.safe_load(
    Path(__file__).with_name("patterns.yaml").read_text(encoding="utf-8")
)
LISTED = ("first", "last", "next", "previous", "same_as")
ASIDES = (*[""] * 20, "can you tell me ", "i want to know: ", "please tell me: ")


class Wording:
    """Puts queries on one table into words, with new draws at every call."""

    def __init__(self, rng: random.Random, table: EverydayTable) -> None:
        self._rng = rng
        self._table = table
        nouns = list(table.topic.nouns)
        self.noun = rng.choice(nouns)
        key = "" if table.key is None else _plain(table.header[table.key])
        if key in table.topic.nouns and rng.random() < 0.7:
            self.noun = key
        self.nouns = plural(self.noun)

    def question(self, query: EverydayQuery) -> str | None:
        """A question for the query's answer; None if this draw has no wording."""
        text = self._text(query)
        if not text or re.search(r"<\w+>", text):
            return None
        text = " ".join((self._rng.choice(ASIDES) + text).split()).replace(" ?", "?")
        form = self._rng.random()
        if form < 0.2:
            return text.rstrip("?")
        if form < 0.3:
            return text
        return text[0].upper() + text[1:] + ("" if text.endswith("?") else ".")

    # ---- shapes

    def _text(self, query: EverydayQuery) -> str | None:
        if query.shape == "hop":
            return self._hop(query)
        if query.shape == "count":
            return self._fill(self._rng.choice(PATTERNS["count"]), query.conditions, True)
        if query.shape in ("argmax", "argmin"):
            return self._best(query)
        if query.shape == "diff":
            return self._difference(query)
        if query.shape in LISTED:
            return self._listed(query)
        assert query.select is not None
        if query.shape == "mode":
            text = self._rng.choice(PATTERNS["mode"])
            if query.conditions:
                text = text.replace("?", "") + " among the <es> <mods>?"
            return self._fill(text, query.conditions, True, h=self.header(query.select))
        return self._number(query)

    def _hop(self, query: EverydayQuery) -> str | None:
        assert query.select is not None
        table, rng = self._table, self._rng
        several = len(matching(table, query.conditions)) > 1
        column = table.columns[query.select]
        named = len(query.conditions) == 1 and query.conditions[0].column == self._name
        if named:
            several = False
        if query.select == table.key:
            if table.topic.person and rng.random() < 0.75:
                return self._fill(rng.choice(PATTERNS["who"]), query.conditions, False)
            plural_form = several or rng.random() < 0.5
            return self._fill(rng.choice(PATTERNS["rows"]), query.conditions, plural_form)
        if column.kind == "text" and not named and rng.random() < 0.45:
            noun = self.header(query.select)
            return self._fill(
                rng.choice(PATTERNS["values"]), query.conditions, True, h=noun, hs=plural(noun)
            )
        if not named and rng.random() < 0.12:
            when = " and ".join(self._statement(c) for c in query.conditions)
            return _put(rng.choice(PATTERNS["hop_when"]), h=self.header(query.select), when=when)
        rows = self._rows(query.conditions, several)
        return self._ask(query.select, rows, several)

    def _ask(self, select: int, rows: str, several: bool) -> str:
        """A question for a column of the rows that a noun phrase describes."""
        asks = self._table.columns[select].asks
        if asks and self._rng.random() < 0.65:
            text = self._rng.choice(asks) + "?"
            if several:
                text = _to_plural(text)
        else:
            text = self._rng.choice(PATTERNS["hop"])
        text = _agree(text, several)
        return _put(text, np=rows, h=self.header(select), e=self.noun, es=self.nouns)

    def _number(self, query: EverydayQuery) -> str | None:
        assert query.select is not None
        rng, column = self._rng, self._table.columns[query.select]
        everything = rng.choice((f"all {self.nouns}", f"the {self.nouns}", f"all the {self.nouns}"))
        rows = self._rows(query.conditions, True) if query.conditions else everything
        header = self.header(query.select)
        if query.shape in ("maximum", "minimum"):
            if column.kind == "date":
                return None
            text = rng.choice(PATTERNS["extreme"])
            greatest = query.shape == "maximum"
            return _put(text, adj=self._adjective(query.select, greatest), h=header, np=rows)
        if query.shape == "average":
            if column.asks and rng.random() < 0.2:
                text = _agree(_to_plural(rng.choice(column.asks)), True)
                return _put(f"{text} on average?", np=rows, h=header, e=self.noun)
            return _put(rng.choice(PATTERNS["average"]), h=header, np=rows)
        counted = column.cells.startswith("count") and header.endswith("s")
        if column.asks and rng.random() < 0.45:
            text = _agree(_to_plural(rng.choice(column.asks)), True)
            if text.startswith("how long") or text.startswith("how old"):
                return None
            return _put(f"{text} {rng.choice(PATTERNS['total'])}?", np=rows, h=header, e=self.noun)
        patterns = PATTERNS["sum_count"] if counted and rng.random() < 0.6 else PATTERNS["sum"]
        return _put(rng.choice(patterns), h=header, np=rows)

    def _best(self, query: EverydayQuery) -> str | None:
        assert query.by is not None and query.select is not None
        rng, column = self._rng, self._table.columns[query.by]
        greatest = query.shape == "argmax"
        person = self._table.topic.person
        if query.select == self._table.key:
            general, who = (
                (PATTERNS["best_of"], PATTERNS["best_who_of"])
                if query.conditions
                else (PATTERNS["best"], PATTERNS["best_who"])
            )
            text = rng.choice(who if person and rng.random() < 0.75 else general)
        else:
            text = rng.choice(PATTERNS["best_value"])
            if query.conditions:
                text = text.replace("<e>", "<e> <mods>", 1) if "<e>" in text else ""
            if self._table.columns[query.select].asks and rng.random() < 0.5:
                which = rng.choice(
                    ("the <row> <e>", "the <e> with the <adj> <h>", "the <e> that <does>")
                )
                which += " <mods>" if query.conditions and "<adj>" not in which else ""
                if query.conditions and "<mods>" not in which:
                    return None
                text = self._ask(query.select, which, False)
            text = text.replace("<s>", self.header(query.select))
        side = 0 if greatest else 1
        marks = {
            "adj": self._adjective(query.by, greatest),
            "row": _any(rng, column.row[side]),
            "does": _any(rng, column.does[side]),
        }
        if not all(value or f"<{mark}>" not in text for mark, value in marks.items()):
            return None
        if column.kind == "date" and "<adj>" in text:
            return None
        filled = self._fill(
            _put(text, **{m: v for m, v in marks.items() if v}), query.conditions, False
        )
        return _put(filled, h=self.header(query.by))

    def _difference(self, query: EverydayQuery) -> str | None:
        assert query.by is not None and query.select is not None
        rng, column = self._rng, self._table.columns[query.select]
        header = self.header(query.select)
        cells = self._table.cells[query.by].values
        one, other = (self._name_of(query.by, cells[row]) for row in query.rows)
        counted = column.cells.startswith("count") and header.endswith("s")
        texts = [*PATTERNS["diff"], *(PATTERNS["diff_count"] * 2 if counted else ())]
        if column.measure:
            texts += self._measured(column.measure) * 2
        return _put(rng.choice(texts), a=one, b=other, h=header)

    @staticmethod
    def _measured(measure: str) -> list[str]:
        verb, _, rest = measure.partition(" ")
        if verb == "be":
            more = _ADJECTIVES[rest]
            return [f"how much {more} is <a> than <b>?", f"by how much is <a> {more} than <b>?"]
        return [
            f"how much more does <a> {verb} than <b>?",
            f"how much less does <b> {verb} than <a>?",
            f"how much more did <a> {verb} than <b>?",
        ]

    def _listed(self, query: EverydayQuery) -> str | None:
        assert query.select is not None
        text = self._rng.choice(PATTERNS[query.shape])
        named = query.select == self._table.key
        if named == ("<s>" in text) or (not named and "<e>" in text):
            return None
        marks = {"s": self.header(query.select), "e": self.noun, "es": self.nouns}
        if query.rows:
            marks["a"] = self._name_of(
                query.select, self._table.cells[query.select].values[query.rows[0]]
            )
        if query.by is not None:
            marks["h"] = self.header(query.by)
        return _put(text, **marks)

    # ---- rows and conditions

    @property
    def _name(self) -> int | None:
        return self._table.key

    def _name_of(self, column: int, cell: object) -> str:
        """How a question names one row by its cell: "Anna Brandt", "invoice 2024-009"."""
        if not isinstance(cell, str):
            when = self.said(EverydayCondition(column, "eq", _as_date(cell)))
            return f"the {self.noun} on {when}"
        kind = self._table.columns[column].cells
        said = self._said_text(cell)
        if kind in ("code", "flight code", "short code", "address") and self._rng.random() < 0.4:
            return f"{self.noun} {said}"
        if kind in ("thing", "dish", "plant", "car") and self._rng.random() < 0.5:
            return f"the {said.lower()}"
        if kind in ("title", "project", "course", "river", "mountain") and self._rng.random() < 0.2:
            return f"the {self.noun} {said}"
        return said

    def _rows(self, conditions: Sequence[EverydayCondition], several: bool) -> str:
        """A noun phrase for the rows of conditions."""
        first = conditions[0]
        if len(conditions) == 1 and first.relation == "eq" and first.column == self._name:
            return self._name_of(first.column, first.value)
        if several:
            start = self._rng.choice(("the <es>", "the <es>", "all <es>", "<es>"))
        else:
            start = "the <e>"
        return self._fill(f"{start} <mods>", conditions, several)

    def _fill(
        self, text: str, conditions: Sequence[EverydayCondition], several: bool, **marks: str
    ) -> str:
        """Puts nouns and conditions into a pattern."""
        several_here = several or "<es>" in text
        before, after = self._split(conditions, "<mods>" in text)
        if "<vp>" in text or "<vps>" in text:
            before_vp, verbs = self._split_verbs(conditions)
            for mark, form in (("<vps>", True), ("<vp>", several and "<es>" in text)):
                said = " and ".join(_agree(verb, form) for verb in verbs)
                text = text.replace(mark, said)
            text = text.replace("<es>", f"{before_vp}<es>", 1).replace(
                "<e> ", f"{before_vp}<e> ", 1
            )
        elif before:
            place = "<es>" if "<es>" in text else "<e>"
            text = text.replace(place, f"{before}{place}", 1)
        text = text.replace("<mods>", _agree(" ".join(after), several_here))
        return _put(text, e=self.noun, es=self.nouns, **marks)

    def _split(
        self, conditions: Sequence[EverydayCondition], wanted: bool
    ) -> tuple[str, list[str]]:
        """Conditions before the noun, and those after it."""
        if not wanted:
            return "", []
        before, after = [], []
        for condition in conditions:
            if self._is_adjective(condition) and self._rng.random() < 0.6:
                before.append(self.said(condition).lower())
            else:
                after.append(self._modifier(condition))
        # "in Berlin that earn more than 5" reads better than the other way round.
        after.sort(key=lambda text: text.startswith(("that ", "whose ", "where ")))
        joined = [text if not place else f"and {text}" for place, text in enumerate(after)]
        if len(after) == 2 and self._rng.random() < 0.5:
            joined = after
        return "".join(f"{word} " for word in before), joined

    def _split_verbs(self, conditions: Sequence[EverydayCondition]) -> tuple[str, list[str]]:
        before, verbs = [], []
        for place, condition in enumerate(conditions):
            more = len(conditions) - place > 1 or verbs
            if self._is_adjective(condition) and more and self._rng.random() < 0.6:
                before.append(self.said(condition).lower())
            else:
                verbs.append(self._predicate(condition))
        if not verbs:
            verbs = [self._predicate(conditions[-1])]
            before = before[:-1]
        return "".join(f"{word} " for word in before), verbs

    def _is_adjective(self, condition: EverydayCondition) -> bool:
        column = self._table.columns[condition.column]
        return column.adjective and condition.relation == "eq"

    def _modifier(self, condition: EverydayCondition) -> str:
        """A condition after the noun: "to Oslo", "that cost over 5", "with a price above 5"."""
        column = self._table.columns[condition.column]
        chance = self._rng.random()
        if condition.relation == "ne":
            negated = f"whose {self.header(condition.column)} is not {self.said(condition)}"
            return negated if chance < 0.5 else f"that are not {self.said(condition)}"
        if column.of and chance < 0.5:
            text = self._rng.choice(column.of)
            if "<d>" not in text or (condition.relation == "eq" and _is_day(condition.value)):
                if column.kind != "year" or condition.relation == "eq":
                    return self._value(text, condition)
        if column.where and chance < 0.75:
            text = self._relation(self._rng.choice(column.where), condition)
            if text is not None:
                is_ = re.match(r"(is|was)\|(are|were) ", text)
                if is_ and self._rng.random() < 0.5 and column.kind != "number":
                    return text[is_.end() :]
                return f"{'who' if self._table.topic.person else 'that'} {text}"
        header = self.header(condition.column)
        if column.kind == "number":
            if column.cells.startswith("count") and header.endswith("s"):
                return f"with {self._compared(_BEFORE, condition)} {header}"
            return f"with {_article(header)} {header} {self._compared(_AFTER, condition)}"
        if column.kind in ("date", "year"):
            return f"whose {header} is {self._when(condition)}"
        forms = ("with {h} {v}", "with the {h} {v}", "with {v} as {h}", "whose {h} is {v}",
                 "where the {h} is {v}", "with {a} {h} of {v}")  # fmt: skip
        form = self._rng.choice(forms)
        return form.format(h=header, v=self.said(condition), a=_article(header))

    def _predicate(self, condition: EverydayCondition) -> str:
        """A condition as a predicate: "is|are in Berlin"."""
        column = self._table.columns[condition.column]
        if condition.relation == "ne":
            forms = (
                f"is|are not {self.said(condition)}",
                f"does|do not have {self.said(condition)}",
            )
            return self._rng.choice(forms)
        if column.where and self._rng.random() < 0.75:
            text = self._relation(self._rng.choice(column.where), condition)
            if text is not None:
                return text
        header = self.header(condition.column)
        if column.kind == "number":
            if column.cells.startswith("count") and header.endswith("s"):
                return f"has|have {self._compared(_BEFORE, condition)} {header}"
            return f"has|have {_article(header)} {header} {self._compared(_AFTER, condition)}"
        if column.kind in ("date", "year"):
            return f"has|have {_article(header)} {header} {self._when(condition)}"
        forms = ("has|have the {h} {v}", "has|have {v} as {h}", "has|have {h} {v}",
                 "has|have {a} {h} of {v}")  # fmt: skip
        form = self._rng.choice(forms)
        return form.format(h=header, v=self.said(condition), a=_article(header))

    def _relation(self, text: str, condition: EverydayCondition) -> str | None:
        """Fills a predicate; None if it does not fit the comparison."""
        text = text.replace("<h>", self.header(condition.column))
        relation = condition.relation
        if "<cmp>" in text:
            text = text.replace("<cmp> <v>", self._compared(_BEFORE, condition))
        elif "<noun>" in text:
            text = text.replace("<noun>", self._compared(_AFTER, condition))
        elif "<when>" in text:
            text = text.replace("<when>", self._when(condition))
        else:
            greater = re.search(
                r"\b(longer|older|taller|higher|heavier|larger|warmer|over)\b", text
            )
            less = re.search(r"\b(shorter|younger|smaller|lower|lighter|cheaper)\b", text)
            wanted = "gt" if greater else "lt" if less else "eq"
            if relation != wanted:
                return None
            text = self._value(text, condition)
        return " ".join(text.split())

    def _statement(self, condition: EverydayCondition) -> str:
        """A condition as a sentence: "the price is above 5"."""
        column, header = self._table.columns[condition.column], self.header(condition.column)
        if column.kind in ("date", "year"):
            return f"the {header} is {self._when(condition)}"
        return f"the {header} is {self._compared(_STATED, condition)}"

    def _compared(
        self, words: dict[Relation, tuple[str, ...]], condition: EverydayCondition
    ) -> str:
        word, value = self._rng.choice(words[condition.relation]), self.said(condition)
        text = word.replace("{v}", value) if "{v}" in word else f"{word} {value}"
        return text.strip()

    def _when(self, condition: EverydayCondition) -> str:
        """A date or year with its comparison: "in March 2024", "after 2020"."""
        value = self.said(condition)
        if condition.relation in ("eq", "ne"):
            if isinstance(condition.value, Date) and _is_day(condition.value):
                return f"on {value}"
            return self._rng.choice((f"in {value}", f"in {value}", f"during {value}"))
        word = self._rng.choice(_WHEN[condition.relation])
        return word.replace("{v}", value) if "{v}" in word else f"{word} {value}"

    def _value(self, text: str, condition: EverydayCondition) -> str:
        said = self.said(condition)
        return (
            text.replace("<v>", said)
            .replace("<d>", said)
            .replace("<h>", self.header(condition.column))
        )

    # ---- words

    def header(self, column: int) -> str:
        """The noun of a column: its header without unit, or a synonym that no column has."""
        names = {_plain(name) for name in self._table.header}
        synonyms = [_plain(name) for name in self._table.columns[column].headers]
        free = [name for name in synonyms if name not in names]
        if free and self._rng.random() < 0.25:
            return self._rng.choice(free)
        return _plain(self._table.header[column])

    def _adjective(self, column: int, greatest: bool) -> str:
        own = self._table.columns[column].adjectives[0 if greatest else 1]
        if self._table.columns[column].kind == "year":
            return self._rng.choice(("latest", "most recent") if greatest else ("earliest",))
        general = _GREATEST[:3] if greatest else _LEAST[:2]
        return (
            self._rng.choice(own)
            if own and self._rng.random() < 0.75
            else self._rng.choice(general)
        )

    def said(self, condition: EverydayCondition) -> str:
        """A value as a question mentions it."""
        value, rng = condition.value, self._rng
        if isinstance(value, Date):
            return self._said_date(value)
        if isinstance(value, str):
            return self._said_text(value)
        column = self._table.columns[condition.column]
        if column.kind == "year":
            return str(value)
        small = isinstance(value, int) and 0 <= value <= 12
        if column.cells.startswith("count") and small and rng.random() < 0.35:
            return _NUMBER_WORDS[int(value)]
        text = f"{value:,}" if abs(value) >= 1000 and rng.random() < 0.45 else f"{value}"
        if column.cells.startswith("money") and rng.random() < 0.25:
            text = rng.choice((f"{text} euros", f"{text} dollars", f"${text}", f"€{text}"))
        return text

    def _said_text(self, value: str) -> str:
        chance = self._rng.random()
        return value.lower() if chance < 0.15 else value

    def _said_date(self, value: Date) -> str:
        if value.month is None:
            return str(value.year)
        month = MONTHS[value.month - 1]
        if value.day is None:
            return f"{month} {value.year}"
        forms = (
            f"{month} {value.day}, {value.year}", f"{value.day} {month} {value.year}",
            f"{month} {value.day}", f"{value.year}-{value.month:02d}-{value.day:02d}",
        )  # fmt: skip
        return self._rng.choice(forms)


def plural(noun: str) -> str:
    """The plural of an English noun."""
    irregular = {"person": "people", "match": "matches", "dish": "dishes"}
    if noun in irregular:
        return irregular[noun]
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    if re.search(r"(s|x|z|ch|sh)$", noun):
        return noun if noun.endswith("s") and not noun.endswith("ss") else f"{noun}es"
    return f"{noun}s"


def _plain(header: str) -> str:
    """A header as a noun: without unit and marks."""
    text = re.sub(r"\(.*?\)", "", header).replace("_", " ").lower()
    return " ".join(text.replace(".", " ").split())


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeio" else "a"


def _any(rng: random.Random, words: Sequence[str]) -> str:
    return rng.choice(words) if words else ""


def _is_day(value: object) -> bool:
    return isinstance(value, Date) and value.day is not None


def _as_date(cell: object) -> Date:
    return Date(cell.year, cell.month, cell.day)  # type: ignore[attr-defined]


def _put(text: str, **marks: str) -> str:
    for mark, value in marks.items():
        text = text.replace(f"<{mark}>", value)
    return text


def _agree(text: str, several: bool) -> str:
    """Chooses the form of every "is|are"."""
    return re.sub(r"([\w']+)\|([\w']+)", r"\2" if several else r"\1", text)


_PLURAL_FORMS = {"does": "do", "is": "are", "was": "were", "has": "have"}


def _to_plural(text: str) -> str:
    """A question for one row as one for several: "how much does" becomes "how much do"."""
    return re.sub(r"\b(does|is|was|has)\b", lambda m: _PLURAL_FORMS[m[1]], text, count=1)


__all__ = ["DATE_FORMS", "TopicColumn", "Wording", "plural"]
