"""Words of a table's columns, values and conditions, as people say them.

A condition can stand before the noun ("delayed flights"), after it ("flights to Oslo"), as a
predicate ("which flights go to Oslo?") or as a statement ("where the destination is Oslo").
"""

from __future__ import annotations

import random
import re
from datetime import date

from sparse_rl.datamodules.everyday.cells import MONTHS
from sparse_rl.datamodules.everyday.comparatives import comparatives, stated_relation
from sparse_rl.datamodules.everyday.english import article, plain, plural, put
from sparse_rl.datamodules.everyday.gap_phrases import (
    gap_adjective,
    gap_modifier,
    gap_predicate,
    gap_statement,
)
from sparse_rl.datamodules.everyday.patterns import PATTERNS
from sparse_rl.datamodules.everyday.queries import ConditionRelation, EverydayCondition, equal
from sparse_rl.datamodules.everyday.tables import EverydayTable
from sparse_rl.datamodules.everyday.topics import TopicColumn
from sparse_rl.datamodules.everyday.unit_words import unit_words
from sparse_rl.interpreters.tables.dates import Date

_BEFORE: dict[ConditionRelation, tuple[str, ...]] = {
    "eq": ("exactly", "", "precisely"),
    "ne": ("not exactly",),
    "gt": ("more than", "over", "above", "upwards of"),
    "ge": ("at least", "no less than", "{v} or more"),
    "lt": ("less than", "under", "fewer than", "below"),
    "le": ("at most", "no more than", "up to", "{v} or less"),
    "between": ("between", "between"),
}
_AFTER: dict[ConditionRelation, tuple[str, ...]] = {
    "eq": ("of", "of exactly"),
    "ne": ("other than",),
    "gt": ("above", "over", "greater than", "of more than", "higher than", "bigger than"),
    "ge": ("of at least", "of {v} or more", "at least"),
    "lt": ("below", "under", "less than", "of less than", "lower than", "smaller than"),
    "le": ("of at most", "of {v} or less", "up to"),
    "between": ("between", "of between"),
}
_STATED: dict[ConditionRelation, tuple[str, ...]] = {
    "eq": ("", "equal to", "exactly"),
    "ne": ("not",),
    "gt": ("more than", "above", "over", "greater than", "larger than"),
    "ge": ("at least", "{v} or more"),
    "lt": ("less than", "below", "under", "smaller than"),
    "le": ("at most", "{v} or less"),
    "between": ("between", "in the range {v}"),
}
_WHEN: dict[ConditionRelation, tuple[str, ...]] = {
    "gt": ("after", "later than"),
    "ge": ("since", "from {v} on"),
    "lt": ("before", "earlier than"),
    "le": ("by", "no later than"),
    "between": ("between",),
}
_PLAIN_OF = re.compile("(for|in|at|with|by|from|to|of|on) <v>")
_NAMES_OWNER = re.compile("person|surname|first name|initial")
_PARTICIPLE = re.compile(r"(ed|paid|sold|sent|done|built|made)$")
_DONE = ("has|have been {}", "was|were {}", "is|are already {}")
_NOT_DONE = (
    "was|were never {}", "has|have never been {}",
    "has|have not been {}", "hasn't|haven't been {}", "hasn't|haven't been {} yet",
    "is|are not {} yet", "has|have not yet been {}",
)  # fmt: skip
_NO_OPPOSITE = re.compile(r"un|dis|over|out|non|\S+\s")
_BEFORE_NOUN, _OPPOSITES = 0.6, 0.4
"""Shares of the conditions that stand before the noun, where they can."""
_GAPS = ("empty", "filled")
_NUMBER_WORDS = str.split("zero one two three four five six seven eight nine ten eleven twelve")
_GREATEST = ("highest", "greatest", "largest", "most")
_LEAST = ("lowest", "smallest", "least")


class Phrases:
    """Says parts of questions about one table, with new draws at every call.

    Attributes:
        noun: noun of a row.
        nouns: its plural.
    """

    def __init__(self, rng: random.Random, table: EverydayTable) -> None:
        self._rng = rng
        self._table = table
        self.noun = rng.choice(table.topic.nouns)
        key = "" if table.key is None else plain(table.header[table.key])
        if key in table.topic.nouns and rng.random() < 0.7:
            self.noun = key
        self.nouns = plural(self.noun)
        self._that = "who" if table.topic.person else "that"

    def name_of(self, column: int, cell: object) -> str:
        """How a question names one row by its cell: "Anna Brandt", "invoice 2024-009"."""
        if self._table.columns[column].cells == "serial":
            forms = ("{} {}", "{} {}", "{} no. {}", "{} number {}", "{} #{}")
            return self._rng.choice(forms).format(self.noun, cell)
        if not isinstance(cell, str):
            when = self.said(equal(column, cell))
            return f"the {self.noun} on {when}"
        kind = self._table.columns[column].cells
        said = self._said_text(cell)
        if kind == "person" and self._rng.random() < 0.15:
            return said.split()[-1]
        if column != self._table.key and self._rng.random() < 0.3 and _NAMES_OWNER.search(kind):
            return f"{said}'s {self.noun}"
        if kind in ("code", "flight code", "short code", "address") and self._rng.random() < 0.4:
            return f"{self.noun} {said}"
        if kind in ("thing", "dish", "plant", "car") and self._rng.random() < 0.5:
            return f"the {said.lower()}"
        if kind in ("title", "project", "course", "river", "mountain") and self._rng.random() < 0.2:
            return f"the {self.noun} {said}"
        return said

    def is_name(self, condition: EverydayCondition) -> bool:
        """Whether a value is a name that can stand before the noun: "Hamburg flights"."""
        cells = self._table.columns[condition.column].cells.removesuffix(" repeat")
        return condition.relation == "eq" and cells in ("company", "city", "team", "country")

    def modifier(self, condition: EverydayCondition) -> str:
        """A condition after the noun: "to Oslo", "that cost over 5", "with a price above 5"."""
        column = self._table.columns[condition.column]
        chance = self._rng.random()
        if column.is_flag:
            return self._flag_modifier(condition)
        if condition.relation == "ends":
            return f"with {self.said(condition)} in the {self.header(condition.column)}"
        if condition.relation in _GAPS:
            header = self.header(condition.column)
            return gap_modifier(self._rng, header, condition.relation == "empty", self._that)
        if condition.relation == "ne":
            negated = f"whose {self.header(condition.column)} is not {self.said(condition)}"
            return negated if chance < 0.5 else f"{self._that} is|are not {self.said(condition)}"
        if column.of and chance < 0.5:
            of = self._rng.choice(column.of)
            equal = condition.relation in ("eq", "or")
            if (equal and _is_day(condition.value)) or ("<d>" not in of and _fits(column, equal)):
                return self._value(of, condition)
        if column.where and chance < 0.75:
            text = self._relation(self._rng.choice(column.where), condition)
            if text is not None:
                is_ = re.match(r"(is|was)\|(are|were) (?!(a|an|the) )", text)
                if is_ and self._rng.random() < 0.5 and column.kind != "number":
                    return text[is_.end() :]
                return f"{self._that} {text}"
        compared = self._comparative(condition)
        if compared is not None:
            return self._rng.choice((compared, f"{self._that} is|are {compared}"))
        header = self.header(condition.column)
        if column.kind == "number":
            if column.cells.startswith("count") and header.endswith("s"):
                return f"with {self._compared(_BEFORE, condition)} {header}"
            compared = self._compared(_AFTER, condition) + self._unit(condition)
            return f"with {article(header)} {header} {compared}"
        if column.kind in ("date", "year"):
            return f"whose {header} is {self._when(condition)}"
        forms = ("with {h} {v}", "with the {h} {v}", "with {v} as {h}", "whose {h} is {v}",
                 "where the {h} is {v}", "with {a} {h} of {v}")  # fmt: skip
        form = self._rng.choice(forms)
        return form.format(h=header, v=self.said(condition), a=article(header))

    def bare(self, condition: EverydayCondition) -> str | None:
        """A condition without the noun of the rows: "in July", "for Hedda"; None if none fits."""
        column, rng = self._table.columns[condition.column], self._rng
        if condition.relation in _GAPS:
            return None
        if column.kind in ("date", "year"):
            return self._when(condition)
        if column.kind != "text" or column.is_flag or condition.relation not in ("eq", "or"):
            return None
        said = self.said(condition)
        fits = [text for text in column.of if _PLAIN_OF.match(text)]
        if fits and rng.random() < 0.7:
            return self._value(rng.choice(fits), condition)
        return rng.choice((f"for {said}", f"for {said}", f"with {said}", f"in {said}", said))

    def predicate(self, condition: EverydayCondition) -> str:
        """A condition as a predicate: "is|are in Berlin"."""
        column = self._table.columns[condition.column]
        if column.is_flag:
            return self._flag_predicate(condition)
        if condition.relation == "ends":
            return f"has|have {self.said(condition)} in the {self.header(condition.column)}"
        if condition.relation in _GAPS:
            header = self.header(condition.column)
            return gap_predicate(self._rng, header, condition.relation == "empty")
        if condition.relation == "ne":
            verb = self._rng.choice(("is|are not", "does|do not have"))
            return f"{verb} {self.said(condition)}"
        if column.where and self._rng.random() < 0.75:
            text = self._relation(self._rng.choice(column.where), condition)
            if text is not None:
                return text
        compared = self._comparative(condition)
        if compared is not None:
            return f"is|are {compared}"
        header = self.header(condition.column)
        if column.kind == "number":
            if column.cells.startswith("count") and header.endswith("s"):
                return f"has|have {self._compared(_BEFORE, condition)} {header}"
            compared = self._compared(_AFTER, condition) + self._unit(condition)
            return f"has|have {article(header)} {header} {compared}"
        if column.kind in ("date", "year"):
            return f"has|have {article(header)} {header} {self._when(condition)}"
        forms = ("has|have the {h} {v}", "has|have {v} as {h}", "has|have {h} {v}",
                 "has|have {a} {h} of {v}")  # fmt: skip
        form = self._rng.choice(forms)
        return form.format(h=header, v=self.said(condition), a=article(header))

    def _flag_modifier(self, condition: EverydayCondition) -> str:
        word, holds = self.header(condition.column), condition.relation == "eq"
        if self._table.columns[condition.column].cells == "flag noun" and self._rng.random() < 0.6:
            form = self._rng.choice(PATTERNS["flag_with" if holds else "flag_without"])
            return put(form, ah=f"{article(word)} {word}", h=word, that=self._that)
        return f"{self._that} {self._flag_predicate(condition)}"

    def _flag_predicate(self, condition: EverydayCondition) -> str:
        word, holds = self.header(condition.column), condition.relation == "eq"
        forms: tuple[str, ...]
        if self._table.columns[condition.column].cells == "flag":
            forms = (f"is|are {word}",) if holds else (f"is|are not {word}", f"isn't|aren't {word}")
            if _PARTICIPLE.search(word):
                forms += _DONE if holds else _NOT_DONE
            return self._rng.choice(forms).format(word)
        form = self._rng.choice(PATTERNS["flag_has" if holds else "flag_has_not"])
        return put(form, ah=f"{article(word)} {word}", h=word)

    def adjective(self, condition: EverydayCondition) -> str | None:
        """A condition before the noun of the rows: "delayed", "unpaid"; None if none is drawn."""
        column, relation = self._table.columns[condition.column], condition.relation
        if relation in _GAPS:
            header = self.header(condition.column)
            return gap_adjective(self._rng, header, relation == "empty")
        if column.cells == "flag" and relation == "ne":
            return self._opposite(self.header(condition.column))
        named = column.adjective or column.measured or column.cells == "flag"
        if not named or relation != "eq" or self._rng.random() >= _BEFORE_NOUN:
            return None
        return self.said(condition).lower()

    def _opposite(self, word: str) -> str | None:
        """A word such as "unpaid" or "non-vegetarian", now and then."""
        if _NO_OPPOSITE.match(word) or self._rng.random() >= _OPPOSITES:
            return None
        return f"{'un' if _PARTICIPLE.search(word) else 'non-'}{word}"

    def _comparative(self, condition: EverydayCondition) -> str | None:
        """A comparison by the adjective of the extreme: "cheaper than 5"."""
        column, relation = self._table.columns[condition.column], condition.relation
        if column.kind != "number" or relation not in ("gt", "lt") or self._rng.random() < 0.6:
            return None
        forms = self.more(condition.column, relation == "gt")
        if not forms:
            return None
        return f"{self._rng.choice(forms)} than {self.said(condition)}{self._unit(condition)}"

    def more(self, column: int, greater: bool) -> list[str]:
        """Comparatives for a row with a greater or smaller value: "heavier", "cheaper"."""
        return comparatives(self._table.columns[column].row[0 if greater else 1])

    def _relation(self, text: str, condition: EverydayCondition) -> str | None:
        """Fills a predicate; None if it does not fit the comparison."""
        text = text.replace("<h>", self.header(condition.column))
        relation = condition.relation
        # "5 kg" if the phrase has no unit of its own.
        unit = self._unit(condition) if text.endswith((" <v>", "<noun>")) else ""
        if "<cmp>" in text:
            text = text.replace("<cmp> <v>", self._compared(_BEFORE, condition) + unit)
        elif "<noun>" in text:
            text = text.replace("<noun>", self._compared(_AFTER, condition) + unit)
        elif "<when>" in text:
            text = text.replace("<when>", self._when(condition))
        else:
            wanted = stated_relation(text)
            if relation != wanted and not (relation == "or" and wanted == "eq"):
                return None
            text = self._value(text, condition)
        return " ".join(text.split())

    def _unit(self, condition: EverydayCondition) -> str:
        """The unit in the header, after a blank, which some questions say after a number."""
        words = unit_words(self._table.header[condition.column])
        if self._table.columns[condition.column].cells.startswith("money") and words:
            return ""  # Amounts are said with their currency.
        return f" {self._rng.choice(words)}" if words and self._rng.random() < 0.4 else ""

    def statement(self, condition: EverydayCondition) -> str:
        """A condition as a sentence: "the price is above 5"."""
        column, header = self._table.columns[condition.column], self.header(condition.column)
        if condition.relation in _GAPS:
            return gap_statement(header, condition.relation == "empty")
        if column.is_flag:
            return f"{header} is {'' if condition.relation == 'eq' else 'not '}yes"
        if condition.relation == "ends":
            return f"the {header} has {self.said(condition)} in it"
        if column.kind in ("date", "year"):
            return f"the {header} is {self._when(condition)}"
        return f"the {header} is {self._compared(_STATED, condition)}"

    def _compared(
        self, words: dict[ConditionRelation, tuple[str, ...]], condition: EverydayCondition
    ) -> str:
        relation: ConditionRelation = "eq" if condition.relation == "or" else condition.relation
        word, value = self._rng.choice(words[relation]), self.said(condition)
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
        listed = self._table.columns[condition.column].cells.startswith("one of ")
        if listed and "in <v>" in text and self._rng.random() < 0.25:
            text = text.replace("in <v>", "in the <v> <h>")
        return (
            text.replace("<v>", said)
            .replace("<d>", said)
            .replace("<h>", self.header(condition.column))
        )

    def header(self, column: int) -> str:
        """The noun of a column: its header without unit, or a synonym that no column has."""
        if self._table.columns[column].is_flag:
            return re.sub(r"^(is|has|with) ", "", plain(self._table.header[column]))
        names = {plain(name) for name in self._table.header}
        synonyms = [plain(name) for name in self._table.columns[column].headers]
        free = [name for name in synonyms if name not in names]
        if free and self._rng.random() < 0.25:
            return self._rng.choice(free)
        return plain(self._table.header[column])

    def extreme(self, column: int, greatest: bool) -> str:
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
        """A value as a question mentions it, or both of a condition with two."""
        if condition.other is not None:
            joint = "or" if condition.relation == "or" else "and"
            return f"{self._said(condition.column, condition.value)} {joint} " + self._said(
                condition.column, condition.other
            )
        if self._table.columns[condition.column].is_flag:
            return self.header(condition.column)
        return self._said(condition.column, condition.value)

    def _said(self, place: int, value: str | float | Date) -> str:
        column, rng = self._table.columns[place], self._rng
        if isinstance(value, Date):
            cells = self._table.cells[place].values
            years = {cell.year for cell in cells if isinstance(cell, date)}
            return self._said_date(value, one_year=len(years) == 1)
        if isinstance(value, str):
            return self._said_text(value)
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

    def _said_date(self, value: Date, one_year: bool) -> str:
        if value.month is None:
            return str(value.year)
        month = MONTHS[value.month - 1]
        if value.day is None:
            return month if one_year and self._rng.random() < 0.5 else f"{month} {value.year}"
        forms = (
            f"{month} {value.day}, {value.year}", f"{value.day} {month} {value.year}",
            f"{month} {value.day}", f"{value.day} {month}",
            f"{value.year}-{value.month:02d}-{value.day:02d}",
        )  # fmt: skip
        return self._rng.choice(forms)


def _fits(column: TopicColumn, equal: bool) -> bool:
    """Whether "from 1990" can say the comparison."""
    return equal or column.kind != "year"


def _is_day(value: object) -> bool:
    return isinstance(value, Date) and value.day is not None
