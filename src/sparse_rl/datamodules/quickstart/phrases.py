"""Wording of the quickstart questions: patterns as data, and their use for queries."""

from __future__ import annotations

import random
import re

from sparse_rl.datamodules.quickstart.domains import NumberColumn, Templates
from sparse_rl.datamodules.quickstart.random_tables import Condition, GeneratedQuery, GeneratedTable

# Patterns of questions, with the marks of `domains` and these: {e} and {es} are the noun of a row
# and its plural, {vp}, {mods} and {when} the conditions as predicates, modifiers and plain
# statements, {n} the selected quantity and {top} the adjective of its extreme.
HOP: Templates = (
    "What is the {h} of {np}?", "What {h} does|do {np} have?", "Tell me the {h} of {np}.",
    "Give the {h} for {np}.", "What is the {h} for {np}?", "Show me the {h} of {np}.",
)  # fmt: skip
HOP_WHEN: Templates = (
    "What is the {h} when {when}?", "What {h} is listed where {when}?", "Name the {h} if {when}.",
)  # fmt: skip
HOP_ALL: Templates = (
    "List the {h} of every {e}.", "What are all the values of {h}?", "Show the {h} of all {es}.",
)  # fmt: skip
HOP_NAME: Templates = (
    "Which {e|es} {vp}?", "What {e|es} {vp}?", "Name the {e|es} {mods}.",
    "What is the name of the {e|es} {mods}?", "Find the {e|es} {mods}.", "Which is the {e} {mods}?",
)  # fmt: skip
COUNT: Templates = (
    "How many {es} {vp}?", "What is the number of {es} {mods}?", "Count the {es} {mods}.",
    "How many {es} are there {mods}?", "How many of the {es} {vp}?",
)  # fmt: skip
COUNT_WHEN: Templates = ("How many {es} are there when {when}?", "Count the {es} where {when}.")
COUNT_ALL: Templates = (
    "How many {es} are there?", "How many {es} are listed?", "What is the number of all {es}?",
)  # fmt: skip
EXTREME: Templates = (
    "What is the {top} {n} of {np}?", "What is the {top} {n} among {np}?",
    "Tell me the {top} {n} of {np}.", "What {top} {n} is found among {np}?",
    "Of {np}, what is the {top} {n}?",
)  # fmt: skip
EXTREME_WHEN: Templates = ("What is the {top} {n} when {when}?", "Name the {top} {n} where {when}.")
SUM: Templates = (
    "What is the total {n} of {np}?", "What is the sum of the {h} of {np}?",
    "What is the combined {n} of {np}?", "Add up the {h} of {np}.",
    "What {h} do {np} have altogether?",
)  # fmt: skip
SUM_WHEN: Templates = ("What is the total {n} when {when}?", "What is the sum of {h} where {when}?")
AVERAGE: Templates = (
    "What is the average {n} of {np}?", "What is the mean {n} of {np}?",
    "On average, what {h} do {np} have?", "Tell me the average {n} of {np}.",
)  # fmt: skip
AVERAGE_WHEN: Templates = (
    "What is the average {n} when {when}?", "Name the mean {n} where {when}.",
)  # fmt: skip
TEXT_PREDICATES: Templates = (
    "has|have the {h} {v}", "has|have {v} as {h}", "has|have {v} as the {h}",
)  # fmt: skip
# Adjectives of any greatest and any least number, in addition to the column's own.
EXTREMES: tuple[Templates, Templates] = (("highest", "maximum"), ("lowest", "minimum"))

# Comparisons of conditions: after a verb ("founded after 1920", "is over 40 km long"), after the
# noun ("a length above 40") and as a statement ("the length is above 40"); per relation =, >, <.
Comparisons = tuple[Templates, Templates, Templates]
AMOUNT: Comparisons = (("exactly", ""), ("more than", "over"), ("less than", "under"))
NUMBER: Comparisons = (("exactly", ""), ("more than", "over"), ("fewer than", "less than"))
PERIOD: Comparisons = (("in",), ("after", "later than"), ("before", "earlier than"))
NOUN: Comparisons = (
    ("of", "of exactly"), ("above", "of more than", "over"), ("below", "of less than", "under"),
)  # fmt: skip
NOUN_PERIOD: Comparisons = (("of",), ("after", "later than"), ("before", "earlier than"))
STATED: Comparisons = (
    ("", "exactly"), ("more than", "above", "greater than"), ("less than", "below", "smaller than"),
)  # fmt: skip
STATED_PERIOD: Comparisons = (("",), ("after", "later than"), ("before", "earlier than"))

ALL = {
    "hop": HOP_ALL,
    "count": COUNT_ALL,
    "maximum": EXTREME,
    "minimum": EXTREME,
    "sum": SUM,
    "average": AVERAGE,
}
WITH_ROWS = {**ALL, "hop": HOP, "count": COUNT}
WHEN = {
    "hop": HOP_WHEN,
    "count": COUNT_WHEN,
    "maximum": EXTREME_WHEN,
    "minimum": EXTREME_WHEN,
    "sum": SUM_WHEN,
    "average": AVERAGE_WHEN,
}
_NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"


class Phrasing:
    """Puts queries on one table into words, with new draws at every call."""

    def __init__(self, rng: random.Random, table: GeneratedTable) -> None:
        self._rng = rng
        self._table = table
        plurals = {singular.lower(): plural for singular, plural in table.domain.entities}
        # Mostly the header's word; sometimes the domain's other one.
        own = table.header[table.key].lower()
        is_own = rng.random() < 0.85 and own in plurals
        self.entity = own if is_own else rng.choice(list(plurals))
        self.entities = plurals[self.entity]

    def question(self, query: GeneratedQuery) -> str:
        """A question for the query's answer."""
        plural = len(self._table.matching(query.conditions)) > 1
        names_asked = query.function == "hop" and query.select == self._table.key
        if not query.conditions:
            everything = self._rng.choice((f"all {self.entities}", f"the listed {self.entities}"))
            text = self._fill(self._rng.choice(ALL[query.function]), True, np=everything)
        elif query.conditions[0].column == self._table.key:
            return self.look_up(query.select, self.mention(query.conditions[0]))
        elif self._rng.random() < 0.25 and not names_asked:
            when = _join([self._statement(condition) for condition in query.conditions])
            text = self._fill(self._rng.choice(WHEN[query.function]), plural, when=when)
        elif query.function == "hop" and not names_asked:
            return self.look_up(query.select, self._rows(query, plural), plural)
        else:
            text = self._with_rows(query, plural or query.function != "hop", names_asked)
        return self._finish(text, query.select, query.function)

    def look_up(self, select: int, rows: str, plural: bool = False) -> str:
        """A question for the column `select` of the rows that the noun phrase `rows` describes."""
        column = self._table.columns[select]
        counted = isinstance(column, NumberColumn) and column.kind == "count"
        asks = column.asks
        if counted:
            # Of several rows, "how many goals" would ask for their sum.
            asks = () if plural else (*asks, "How many {h} does|do {np} have?")
        template = self._rng.choice(asks if asks and self._rng.random() < 0.5 else HOP)
        return self._finish(self._fill(template, plural, np=rows), select, "hop")

    def mention(self, condition: Condition) -> str:
        """The value as a question mentions it: sometimes part of a cell, or a number in words."""
        value = condition.value
        if isinstance(value, str):
            part = self._table.part(value)
            return part if part and self._rng.random() < 0.15 else value
        column = self._table.columns[condition.column]
        kind = column.kind if isinstance(column, NumberColumn) else None
        if kind == "count" and value <= 12 and self._rng.random() < 0.3:
            return _NUMBER_WORDS.split()[int(value)]
        if kind != "year" and value >= 1000 and self._rng.random() < 0.5:
            return f"{value:,}"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def extreme(self, select: int, greatest: bool) -> str:
        """An adjective and a noun, such as "highest number of wins"."""
        column = self._table.columns[select]
        own = column.extremes[not greatest] if isinstance(column, NumberColumn) else ""
        return f"{self._rng.choice((own, *EXTREMES[not greatest]))} {self._quantity(select)}"

    def _with_rows(self, query: GeneratedQuery, plural: bool, names_asked: bool) -> str:
        patterns = HOP_NAME if names_asked else WITH_ROWS[query.function]
        return self._fill(
            self._rng.choice(patterns),
            plural,
            np=self._rows(query, plural),
            vp=_join([self._predicate(condition, plural) for condition in query.conditions]),
            mods=_join([self._modifier(condition, plural) for condition in query.conditions]),
        )

    def _rows(self, query: GeneratedQuery, plural: bool) -> str:
        """A noun phrase: "the clubs based in Dorvale"."""
        modifiers = _join([self._modifier(condition, plural) for condition in query.conditions])
        noun = f"the {self.entity}"
        if plural:
            noun = self._rng.choice((f"the {self.entities}", f"all {self.entities}"))
        return f"{noun} {modifiers}"

    def _predicate(self, condition: Condition, plural: bool) -> str:
        return _resolve(self._verb(condition), plural)

    def _modifier(self, condition: Condition, plural: bool) -> str:
        """The condition after a noun: "is based in X" as "based in X", "has X" as "with X"."""
        verb = self._verb(condition)
        if re.match(r"(is|was)\|\w+ (?!an? )", verb):
            return verb.split(" ", 1)[1]
        if verb.startswith("has|have "):
            return f"with {verb.split(' ', 1)[1]}"
        return f"that {_resolve(verb, plural)}"

    def _verb(self, condition: Condition) -> str:
        """A predicate with its value, singular and plural still open: "is|are based in Dorvale"."""
        column = self._table.columns[condition.column]
        noun = self._noun(condition.column)
        specific = column.verbs if self._rng.random() < 0.6 else ()
        if not isinstance(column, NumberColumn):
            template = self._rng.choice(specific or TEXT_PREDICATES)
            return _put(template, h=noun, v=self.mention(condition))
        if column.kind == "count":
            general, compare = "has|have {cmp} {v} {h}", NUMBER
        elif column.kind == "year":
            general, compare = "has|have {a} {h} {cmp} {v}", PERIOD if specific else NOUN_PERIOD
        else:
            general, compare = "has|have {a} {h} {cmp} {v}", AMOUNT if specific else NOUN
        template = self._rng.choice(specific or (general,))
        word = self._rng.choice(compare[condition.relation])
        article = "an" if noun[0] in "aeio" else "a"
        return _put(template, a=article, h=noun, cmp=word, v=self.mention(condition))

    def _statement(self, condition: Condition) -> str:
        """The condition as a sentence: "the length is above 40"."""
        column = self._table.columns[condition.column]
        subject, value = f"the {self._noun(condition.column)}", self.mention(condition)
        if not isinstance(column, NumberColumn):
            return f"{subject} is {value}"
        compare = STATED_PERIOD if column.kind == "year" else STATED
        verb = "are" if column.kind == "count" else "is"
        return f"{subject} {verb} {self._rng.choice(compare[condition.relation])} {value}"

    def _noun(self, column: int) -> str:
        """The header in lower case without its unit, or sometimes a synonym."""
        synonyms = self._table.columns[column].synonyms
        if synonyms and self._rng.random() < 0.2:
            return self._rng.choice(synonyms)
        return re.sub(r" \(.*\)", "", self._table.header[column]).lower()

    def _quantity(self, column: int) -> str:
        kind = self._table.columns[column]
        counted = isinstance(kind, NumberColumn) and kind.kind == "count"
        return f"number of {self._noun(column)}" if counted else self._noun(column)

    def _fill(self, template: str, plural: bool, **marks: str) -> str:
        return _put(_resolve(template, plural), e=self.entity, es=self.entities, **marks)

    def _finish(self, text: str, select: int, function: str) -> str:
        """Fills in the selected column; drops capitals and punctuation at times, as people do."""
        if function in ("maximum", "minimum"):
            text = text.replace("{top} {n}", self.extreme(select, function == "maximum"))
        text = _put(text, h=self._noun(select), n=self._quantity(select))
        text = " ".join(text.split())
        if self._rng.random() < 0.1:
            return text.lower().rstrip("?.")
        return text[0].upper() + text[1:]


def _put(template: str, **marks: str) -> str:
    for mark, text in marks.items():
        template = template.replace(f"{{{mark}}}", text)
    return template


def _resolve(template: str, plural: bool) -> str:
    """Resolves every `one|several` to its first or second word."""
    return re.sub(r"(\w+)\|(\w+)", lambda match: match[1 + plural], template)


def _join(parts: list[str]) -> str:
    if len(parts) < 3:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
