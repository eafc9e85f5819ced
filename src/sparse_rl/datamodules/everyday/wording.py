"""Queries in plain English, in many wordings: patterns filled with phrases of the table."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from sparse_rl.datamodules.everyday.english import agree, article, plural, put, third, to_plural
from sparse_rl.datamodules.everyday.patterns import PATTERNS
from sparse_rl.datamodules.everyday.phrases import Phrases
from sparse_rl.datamodules.everyday.queries import (
    EverydayCondition,
    EverydayQuery,
    matching,
)
from sparse_rl.datamodules.everyday.row_phrases import RowPhrases
from sparse_rl.datamodules.everyday.tables import EverydayTable
from sparse_rl.datamodules.everyday.topics import TopicColumn
from sparse_rl.datamodules.everyday.unit_words import unit_words

_PRESENT = frozenset(
    str.split("go start end live work play stand come belong fly run lie leave take ship sit grow")
)
"""Verbs whose plural can follow "do most of them"."""
_ADJECTIVES = {
    "old": "older", "high": "higher", "large": "larger", "tall": "taller", "long": "longer",
}  # fmt: skip

_ANY_VERBS = ("have", "do", "handle", "look after", "deal with", "get", "take")
LISTED = ("first", "last", "next", "previous", "same_as")
_ASIDE, _TAIL = 0.12, 0.06
"""Shares of the questions that begin or end with words which say nothing about the table."""
_OWNER = re.compile(
    "owner|customer|client|tenant|guest|patient|member|borrower|keeper|holder|pupil"
)


class QuestionWording:
    """Puts queries on one table into words, with new draws at every call."""

    def __init__(self, rng: random.Random, table: EverydayTable) -> None:
        self._rng = rng
        self._table = table
        self._say = Phrases(rng, table)
        self._of = RowPhrases(rng, table, self._say)

    def question(self, query: EverydayQuery) -> str | None:
        """A question for the query's answer; None if this draw has no wording."""
        return self._finish(self._text(query))

    def of_a_row(self, pattern: str, absent: str) -> str | None:
        """Fills a pattern with the name of one of the rows, and with what they do not have."""
        key = self._table.key
        if key is None and "<a>" in pattern:
            return None
        named = ""
        if key is not None:
            named = self._say.name_of(key, self._rng.choice(self._table.cells[key].values))
        marks = {"a": named, "absent": absent, "e": self._say.noun, "es": self._say.nouns}
        return self._finish(put(pattern, **marks))

    def _finish(self, text: str | None) -> str | None:
        """Begins and ends a question as people do; None if a mark is left."""
        if not text or re.search(r"<\w+>", text):
            return None
        if self._rng.random() < _ASIDE:
            text = self._rng.choice(PATTERNS["asides"]) + text
        text = " ".join(text.split()).replace(" ?", "?")
        if self._rng.random() < _TAIL:
            asked = text.endswith("?")
            text = text.rstrip("?") + self._rng.choice(PATTERNS["tails"]) + ("?" if asked else "")
        form = self._rng.random()
        if form < 0.25:
            return text.rstrip("?")
        if form < (0.35 if text.endswith("?") else 0.6):
            return text
        return text[0].upper() + text[1:] + ("" if text.endswith("?") else ".")

    def _text(self, query: EverydayQuery) -> str | None:
        if query.shape in ("hop", "count") and self._rng.random() < 0.3:
            text = self._by_subject(query)
            if text is not None:
                return text
        if self._rng.random() < 0.5:
            text = self._measured_by_name(query)
            if text is not None:
                return text
        asks_rows = query.shape == "count" or (
            query.shape == "hop" and query.select == self._table.key
        )
        if asks_rows and len(query.conditions) > 1 and self._rng.random() < 0.4:
            return self._mixed(query)
        if query.shape == "hop":
            return self._hop(query)
        if query.shape == "count":
            return self._of.fill(self._rng.choice(PATTERNS["count"]), query.conditions, True)
        if query.shape in ("argmax", "argmin"):
            return self._best(query)
        if query.shape == "diff":
            return self._difference(query)
        if query.shape in LISTED:
            return self._listed(query)
        assert query.select is not None
        if query.shape == "count_distinct":
            noun = plural(self._say.header(query.select))
            kind = "distinct_of" if query.conditions else "distinct"
            text = self._rng.choice(PATTERNS[kind])
            return self._of.fill(text, query.conditions, True, hs=noun)
        if query.shape == "mode":
            text = self._most(query.select) or self._rng.choice(PATTERNS["mode"])
            if query.conditions:
                text = text.replace("?", "") + " among the <es> <mods>?"
            return self._of.fill(text, query.conditions, True, h=self._say.header(query.select))
        return self._number(query)

    def _measured_by_name(self, query: EverydayQuery) -> str | None:
        """A question that names what is measured: "which patient has the highest glucose?"."""
        place = next(
            (
                place
                for place, c in enumerate(query.conditions)
                if self._table.columns[c.column].measured and c.relation == "eq"
            ),
            None,
        )
        patterns = PATTERNS.get(f"measured_{query.shape}")
        if place is None or patterns is None:
            return None
        named = query.conditions[place]
        rest = query.conditions[:place] + query.conditions[place + 1 :]
        text = self._rng.choice(patterns)
        if rest:
            text = text.removesuffix("?") + " <mods>?"
        marks = {"v": self._say.said(named), "nhs": plural(self._say.header(named.column))}
        value = query.select if query.by is None else query.by
        if value is not None:
            marks["h"] = self._say.header(value)
        if query.by is not None and query.select is not None:
            marks["s"] = self._say.header(query.select)
        if value is not None and "<adj>" in text:
            greatest = query.shape in ("argmax", "maximum")
            marks["adj"] = self._say.extreme(value, greatest)
        return self._of.fill(put(text, **marks), rest, True)

    def _most(self, column: int) -> str | None:
        """The most frequent value by the verb of its condition: "where do most flights go?"."""
        verbs, wheres = self._table.columns[column].subject, self._table.columns[column].where
        if verbs and self._rng.random() < 0.4:
            return put(self._rng.choice(PATTERNS["most_by"]), verbs=third(self._rng.choice(verbs)))
        if not wheres or self._rng.random() < 0.5:
            return None
        text = agree(self._rng.choice(wheres), True)
        header = self._say.header(column)
        match = re.match(r"^(are|were|do|have) (.*)<v>$", text)
        if match is not None and not re.search(r"\b(a|an|the) $", match[2]):
            return f"which {header} {match[1]} most <es> {match[2].strip()}?"
        match = re.match(r"^(\w+)( \w+)? <v>$", text)
        if match is None or match[1] not in _PRESENT:
            return None
        return f"which {header} do most <es> {match[1]}{match[2] or ''}?"

    def _by_subject(self, query: EverydayQuery) -> str | None:
        """A question with a value as its subject: "how many flights did X operate"."""
        columns = self._table.columns
        for place, condition in enumerate(query.conditions):
            column = columns[condition.column]
            verbs = column.subject or (_ANY_VERBS if _is_who(column) else ())
            if verbs and condition.relation in ("eq", "or"):
                rest = query.conditions[:place] + query.conditions[place + 1 :]
                if condition.column == query.select:
                    return None
                text = self._rng.choice(PATTERNS[self._kind_by(query)])
                if rest:
                    text = text.replace("<es>", "<es> <mods>", 1)
                said = {"v": self._say.said(condition), "verb": self._rng.choice(verbs)}
                if query.select is not None:
                    said["h"] = self._say.header(query.select)
                filled = self._of.fill(put(text, **said), rest, True)
                return filled if rest or "<mods>" not in filled else None
        return None

    def _mixed(self, query: EverydayQuery) -> str:
        """Conditions after the noun, and one as a predicate: "which flights to Oslo are late?"."""
        *conditions, last = query.conditions
        kind = "mixed_count" if query.shape == "count" else "mixed_rows"
        if kind == "mixed_rows" and self._table.topic.person and self._rng.random() < 0.6:
            kind = "mixed_who"
        predicate = agree(self._say.predicate(last), kind != "mixed_who")
        text = self._rng.choice(PATTERNS[kind]).replace("<vp>", predicate)
        return self._of.fill(text, conditions, kind != "mixed_who")

    def _kind_by(self, query: EverydayQuery) -> str:
        if query.select is None:
            return "count_by"
        if query.select == self._table.key:
            return "rows_by"
        return "when_by" if self._table.columns[query.select].kind == "date" else "value_by"

    def _hop(self, query: EverydayQuery) -> str | None:
        assert query.select is not None
        table, rng = self._table, self._rng
        several = len(matching(table, query.conditions)) > 1
        column = table.columns[query.select]
        named = len(query.conditions) == 1 and query.conditions[0].column == self._table.key
        if named:
            several = False
        if query.select == table.key:
            if table.topic.person and rng.random() < 0.75:
                return self._of.fill(rng.choice(PATTERNS["who"]), query.conditions, False)
            plural_form = several or rng.random() < 0.5
            return self._of.fill(rng.choice(PATTERNS["rows"]), query.conditions, plural_form)
        if _is_who(column) and not named and rng.random() < 0.4:
            owned = self._is_owner(query.select) and rng.random() < 0.5
            kind = "whose" if owned else "who_of"
            return self._of.fill(rng.choice(PATTERNS[kind]), query.conditions, False)
        if column.kind == "text" and not named and rng.random() < 0.45:
            noun = self._say.header(query.select)
            return self._of.fill(
                rng.choice(PATTERNS["values"]), query.conditions, True, h=noun, hs=plural(noun)
            )
        if not named and rng.random() < 0.12:
            when = " and ".join(self._say.statement(c) for c in query.conditions)
            return put(
                rng.choice(PATTERNS["hop_when"]), h=self._say.header(query.select), when=when
            )
        rows = self._of.rows(query.conditions, several)
        return self._is_it(query.select, rows) or self._ask(query.select, rows, several)

    def _is_owner(self, column: int) -> bool:
        """Whether a column has whom the rows belong to, so that "whose" asks for it."""
        asks = any(text.startswith("whose ") for text in self._table.columns[column].asks)
        return asks or _OWNER.search(self._table.header[column].lower()) is not None

    def _is_it(self, select: int, rows: str) -> str | None:
        """A question for yes or no; None for other columns."""
        column, word = self._table.columns[select], self._say.header(select)
        if not column.is_flag:
            return None
        if column.cells == "flag":
            return f"is {rows} {word}?"
        return f"does {rows} have {article(word)} {word}?"

    def _ask(self, select: int, rows: str, several: bool) -> str:
        """A question for a column of the rows that a noun phrase describes."""
        asks = self._table.columns[select].asks
        if asks and self._rng.random() < 0.65:
            text = self._rng.choice(asks) + "?"
            if several:
                text = to_plural(text)
        else:
            text = self._rng.choice(PATTERNS["hop"])
        text = agree(text, several)
        return put(text, np=rows, h=self._say.header(select), e=self._say.noun, es=self._say.nouns)

    def _number(self, query: EverydayQuery) -> str | None:
        assert query.select is not None
        rng, column = self._rng, self._table.columns[query.select]
        everything = rng.choice(
            (f"all {self._say.nouns}", f"the {self._say.nouns}", f"all the {self._say.nouns}")
        )
        rows = self._of.rows(query.conditions, True) if query.conditions else everything
        header = self._say.header(query.select)
        if query.shape in ("maximum", "minimum"):
            if column.kind == "date":
                return self._date_extreme(query)
            text = self._without_noun(rng.choice(PATTERNS["extreme"]), query.conditions)
            greatest = query.shape == "maximum"
            return put(text, adj=self._say.extreme(query.select, greatest), h=header, np=rows)
        if query.shape == "average":
            if column.asks and rng.random() < 0.2:
                text = agree(to_plural(rng.choice(column.asks)), True)
                return put(f"{text} on average?", np=rows, h=header, e=self._say.noun)
            text = self._without_noun(rng.choice(PATTERNS["average"]), query.conditions)
            return put(text, h=header, np=rows)
        counted = column.cells.startswith("count") and header.endswith("s")
        if column.asks and rng.random() < 0.45:
            text = agree(to_plural(rng.choice(column.asks)), True)
            if text.startswith("how long") or text.startswith("how old"):
                return None
            return put(
                f"{text} {rng.choice(PATTERNS['total'])}?", np=rows, h=header, e=self._say.noun
            )
        patterns = PATTERNS["sum_count"] if counted and rng.random() < 0.6 else PATTERNS["sum"]
        text = self._without_noun(rng.choice(patterns), query.conditions)
        return put(text, h=header, np=rows)

    def _without_noun(self, text: str, conditions: Sequence[EverydayCondition]) -> str:
        """A pattern that says conditions without the rows: "total fee in July"."""
        found = re.search(r" (of|for|among) <np>", text)
        if found is None or not conditions or self._rng.random() < 0.65:
            return text
        said = [self._say.bare(condition) for condition in conditions]
        if None in said:
            return text
        return text.replace(found[0], f" {' '.join(map(str, said))}")

    def _best(self, query: EverydayQuery) -> str | None:
        assert query.by is not None and query.select is not None
        rng, column = self._rng, self._table.columns[query.by]
        greatest = query.shape == "argmax"
        if [(c.column, c.relation) for c in query.conditions] == [(self._table.key, "or")]:
            return self._either(query.conditions[0], query.by, greatest)
        person = self._table.topic.person
        if query.select == self._table.key:
            general, who = (
                (PATTERNS["best_of"], PATTERNS["best_who_of"])
                if query.conditions
                else (PATTERNS["best"], PATTERNS["best_who"])
            )
            text = rng.choice(who if person and rng.random() < 0.75 else general)
        else:
            selected = self._table.columns[query.select]
            asks_who = _is_who(selected) and rng.random() < 0.4
            patterns = PATTERNS["best_who_value" if asks_who else "best_value"]
            if asks_who and not self._is_owner(query.select):
                patterns = [text for text in patterns if "whose" not in text]
            text = rng.choice(patterns)
            if query.conditions:
                text = text.replace("<e>", "<e> <mods>", 1) if "<e>" in text else ""
            if selected.asks and rng.random() < 0.4:
                which = rng.choice(
                    ("the <row> <e>", "the <e> with the <adj> <by>", "the <e> that <does>")
                )
                which += " <mods>" if query.conditions and "<adj>" not in which else ""
                if query.conditions and "<mods>" not in which:
                    return None
                text = self._ask(query.select, which, False)
            text = text.replace("<s>", self._say.header(query.select))
        side = 0 if greatest else 1
        marks = {
            "adj": self._say.extreme(query.by, greatest),
            "row": rng.choice(column.row[side] or ("",)),
            "does": rng.choice(column.does[side] or ("",)),
        }
        if not all(value or f"<{mark}>" not in text for mark, value in marks.items()):
            return None
        if column.kind == "date" and "<adj>" in text:
            return None
        filled = self._of.fill(
            put(text, **{m: v for m, v in marks.items() if v}), query.conditions, False
        )
        header = self._say.header(query.by)
        return put(filled, h=header, by=header)

    def _either(self, two: EverydayCondition, by: int, greatest: bool) -> str | None:
        """Which of two named rows has more or less."""
        one, other = (self._say.name_of(two.column, name) for name in (two.value, two.other))
        if one.startswith(f"{self._say.noun} "):
            other = other.removeprefix(f"{self._say.noun} ")
        column, header = self._table.columns[by], self._say.header(by)
        adjectives = self._say.more(by, greatest)
        more = ["higher", "larger", "greater", "bigger"] if greatest else ["lower", "smaller"]
        if column.kind == "date":
            more = ["later"] if greatest else ["earlier"]
        if adjectives and self._rng.random() < 0.6:
            text, said = self._rng.choice(PATTERNS["either"]), self._rng.choice(adjectives)
        else:
            text, said = self._rng.choice(PATTERNS["either_by"]), self._rng.choice(more)
        if self._table.topic.person and self._rng.random() < 0.7:
            text = re.sub(r"\bwhich( <e>| one)?\b", "who", text)
        return put(text, a=one, b=other, more=said, h=header, e=self._say.noun)

    def _date_extreme(self, query: EverydayQuery) -> str:
        """When something happened last or first."""
        assert query.select is not None
        latest = query.shape == "maximum"
        last = self._rng.choice(
            ("last", "latest", "most recent") if latest else ("first", "earliest")
        )
        marks = {"last": last, "adverb": "last" if latest else "first"}
        marks["h"] = self._say.header(query.select)
        named = [c for c in query.conditions if c.relation == "eq" and isinstance(c.value, str)]
        named = [c for c in named if not self._table.columns[c.column].is_flag]
        if len(query.conditions) == len(named) == 1 and self._rng.random() < 0.5:
            text = put(self._rng.choice(PATTERNS["date_extreme_of"]), v=self._say.said(named[0]))
            return put(text, **marks, e=self._say.noun)
        text = self._rng.choice(PATTERNS["date_extreme"])
        return self._of.fill(put(text, **marks), query.conditions, "<es>" in text)

    def _difference(self, query: EverydayQuery) -> str | None:
        assert query.by is not None and query.select is not None
        rng, column = self._rng, self._table.columns[query.select]
        header = self._say.header(query.select)
        cells = self._table.cells[query.by].values
        one, other = (self._say.name_of(query.by, cells[row]) for row in query.rows)
        counted = column.cells.startswith("count") and header.endswith("s")
        texts = [*PATTERNS["diff"], *(PATTERNS["diff_count"] * 2 if counted else ())]
        if column.measure:
            texts += self._measured(column.measure) * 2
        texts += [
            f"how much {more} is <a> than <b>?" for more in self._say.more(query.select, True)
        ]
        texts += [
            f"how much {less} is <b> than <a>?" for less in self._say.more(query.select, False)
        ]
        texts += self._differences_in_units(query.select)
        text = rng.choice(texts)
        if query.conditions:
            text = text.removesuffix("?") + " <mods>?"
        return self._of.fill(put(text, a=one, b=other, h=header), query.conditions, False)

    def _differences_in_units(self, column: int) -> list[str]:
        """Wordings such as "how many kilos heavier is <a> than <b>?"."""
        is_year = self._table.columns[column].kind == "year"
        units = ["years"] if is_year else unit_words(self._table.header[column])
        return [
            put(self._rng.choice(PATTERNS[kind]), units=unit, **{mark: said})
            for kind, mark, greater in (("diff_unit", "more", True), ("diff_less", "less", False))
            for said in self._say.more(column, greater)
            for unit in units
        ]

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
        marks = {"s": self._say.header(query.select), "e": self._say.noun, "es": self._say.nouns}
        if query.rows:
            marks["a"] = self._say.name_of(
                query.select, self._table.cells[query.select].values[query.rows[0]]
            )
        if query.by is not None:
            marks["h"] = self._say.header(query.by)
        return put(text, **marks)


def _is_who(column: TopicColumn) -> bool:
    """Whether a column has the person or company that did something with the rows."""
    return column.kind == "text" and any(text.startswith("who ") for text in column.asks)
