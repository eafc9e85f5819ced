"""Vocabulary of the generated quickstart data: domains, columns and wording.

Data only; `data` draws from it. Notation of the templates:

* `{}` in a form of a cell stands for an invented word.
* `is|are` is resolved to its first word for one row and to its second for several.
* `{np}` stands for the rows, `{h}` for the noun of the selected column, `{v}` for a value and
  `{cmp}` for a comparison ("more than").
* `verbs` are predicates of a row that state a condition; `asks` are questions for the column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["count", "measure", "year"]
Templates = tuple[str, ...]


@dataclass(frozen=True)
class TextColumn:
    """A column of text.

    Attributes:
        headers: a table takes one of them; in lower case it is the noun of questions.
        forms: forms of cells; a form without `{}` is a fixed word.
        groups: least and greatest number of different cells in a table; None: all differ.
        verbs: predicates with `{v}`, in addition to the general "has the {h} {v}".
        asks: questions with `{np}`, in addition to the general "What is the {h} of {np}?".
        synonyms: nouns that sometimes replace the header in questions.
    """

    headers: Templates
    forms: Templates
    groups: tuple[int, int] | None = None
    verbs: Templates = ()
    asks: Templates = ()
    synonyms: Templates = ()


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers.

    Attributes:
        headers: as in `TextColumn`; plural nouns where the kind is "count".
        kind: kind of number; it decides the wording of comparisons and which sums make sense.
        low: least value.
        high: greatest value.
        step: all values are `low` plus a multiple of it; 0.1 gives decimals.
        extremes: adjectives of the greatest and of the least value.
        verbs: predicates with `{cmp} {v}`.
        asks: as in `TextColumn`.
        synonyms: as in `TextColumn`.
    """

    headers: Templates
    kind: Kind
    low: int
    high: int
    step: float = 1
    extremes: tuple[str, str] = ("highest", "lowest")
    verbs: Templates = ()
    asks: Templates = ()
    synonyms: Templates = ()


Column = TextColumn | NumberColumn


@dataclass(frozen=True)
class Topic:
    """Domain of a table: the kind of its rows.

    Attributes:
        name: part of the table's id.
        entities: header of the column of names, and the plural of its noun.
        forms: forms of the names.
        columns: the other columns; a table has most of them.
    """

    name: str
    entities: tuple[tuple[str, str], ...]
    forms: Templates
    columns: tuple[Column, ...]

    @property
    def key(self) -> TextColumn:
        """The column of names."""
        return TextColumn(tuple(header for header, _ in self.entities), self.forms)


def _year(headers: Templates, verb: str, low: int = 1850, synonyms: Templates = ()) -> NumberColumn:
    """Column of the year of an event with its verb: "founded", "built"."""
    return NumberColumn(
        headers, "year", low, 2020, extremes=("latest", "earliest"), synonyms=synonyms,
        verbs=(f"was|were {verb} {{cmp}} {{v}}",),
        asks=(f"When was|were {{np}} {verb}?", f"In what year was|were {{np}} {verb}?"),
    )  # fmt: skip


# fmt: off
DOMAINS: tuple[Topic, ...] = (
    Topic("clubs", (("Club", "clubs"), ("Team", "teams")),
           ("{} United", "{} Rovers", "{} City", "{} Athletic", "Real {}", "Sporting {}"), (
        TextColumn(("City", "Home city"), ("{}",), (2, 4),
                   ("plays|play in {v}", "is|are based in {v}"), ("Where is|are {np} based?",),
                   ("town",)),
        TextColumn(("Coach", "Head coach"), ("{} {}",), None, ("is|are coached by {v}",),
                   ("Who coaches {np}?", "Who is the {h} of {np}?"), ("trainer",)),
        TextColumn(("Division", "League division"), ("northern", "southern", "eastern", "western"),
                   (2, 4), ("competes|compete in the {v} {h}",)),
        NumberColumn(("Points", "League points"), "count", 8, 90,
                     verbs=("collected {cmp} {v} {h}",), asks=("How many {h} did {np} collect?",)),
        NumberColumn(("Wins", "Matches won"), "count", 2, 24, synonyms=("victories",)),
        NumberColumn(("Goals", "Goals scored"), "count", 15, 99, verbs=("scored {cmp} {v} goals",)),
        _year(("Founding year", "Year of foundation"), "founded", 1880),
    )),
    Topic("rivers", (("River", "rivers"), ("Stream", "streams")),
           ("{}", "Upper {}", "Lower {}", "{} Brook"), (
        TextColumn(("Mouth", "River mouth"), ("Lake {}", "Gulf of {}", "{} Sea"), (2, 4),
                   ("flows|flow into {v}", "empties|empty into {v}"),
                   ("Where does|do {np} end?",)),
        TextColumn(("Country", "Source country"), ("{}ia", "{}land", "{}"), (2, 4),
                   ("rises|rise in {v}", "has|have its source in {v}"), (), ("nation",)),
        TextColumn(("Water colour", "Colour"), ("brown", "green", "turquoise", "black", "white"),
                   (2, 4), ("carries|carry {v} water",)),
        NumberColumn(("Length (km)", "Length"), "measure", 40, 2900, 10, ("longest", "shortest"),
                     ("is|are {cmp} {v} km long", "runs|run for {cmp} {v} km"),
                     ("How long is|are {np}?",)),
        NumberColumn(("Discharge", "Mean discharge"), "measure", 5, 900, 5, synonyms=("flow",)),
        NumberColumn(("Bridges", "Road bridges"), "count", 2, 30,
                     verbs=("is|are crossed by {cmp} {v} bridges",)),
        NumberColumn(("Tributaries", "Side arms"), "count", 2, 20),
    )),
    Topic("elections", (("Candidate", "candidates"), ("Politician", "politicians")), ("{} {}",), (
        TextColumn(("Party", "Political party"), ("{} Alliance", "{} Front", "{} Union"), (2, 4),
                   ("belongs|belong to the {v}", "ran for the {v}", "represents|represent the {v}"),
                   ("To which party does|do {np} belong?",)),
        TextColumn(("District", "Constituency"), ("{}", "North {}", "South {}"), (3, 5),
                   ("stood for election in {v}", "was|were a candidate in {v}")),
        TextColumn(("Result", "Outcome"), ("elected", "defeated", "withdrawn"), (2, 3)),
        TextColumn(("Profession", "Occupation"),
                   ("lawyer", "teacher", "farmer", "doctor", "engineer", "baker"), (3, 5),
                   ("worked as a {v}",), ("What did {np} work as?",)),
        NumberColumn(("Votes", "Votes received"), "count", 1200, 48000, 100,
                     verbs=("received {cmp} {v} votes", "won {cmp} {v} votes"),
                     asks=("How many votes did {np} receive?",)),
        NumberColumn(("Age", "Age in years"), "measure", 24, 79, 1, ("oldest", "youngest"),
                     ("is|are {cmp} {v} years old",), ("How old is|are {np}?",)),
        NumberColumn(("Campaign cost", "Campaign budget"), "measure", 20, 950, 5,
                     synonyms=("spending",)),
    )),
    Topic("films", (("Film", "films"), ("Movie", "movies")),
           ("The {} Letter", "Winter in {}", "{} Rising", "Return to {}", "The Last {}", "{}"), (
        TextColumn(("Director", "Film director"), ("{} {}",), (3, 5),
                   ("was|were directed by {v}", "was|were made by {v}"), ("Who directed {np}?",)),
        TextColumn(("Genre", "Film genre"),
                   ("comedy", "thriller", "western", "musical", "documentary", "romance"), (2, 4),
                   ("belongs|belong to the {v} {h}",), (), ("type",)),
        TextColumn(("Studio", "Production studio"), ("{} Pictures", "{} Films", "{} House"), (2, 4),
                   ("was|were produced by {v}",), ("Who produced {np}?",)),
        TextColumn(("Language", "Original language"), ("{}ish", "{}ese", "{}ic"), (2, 3),
                   ("was|were shot in {v}",)),
        NumberColumn(("Running time", "Running time (min)"), "measure", 71, 199, 1,
                     ("longest", "shortest"), ("lasts|last {cmp} {v} minutes",),
                     ("How long does|do {np} last?",)),
        NumberColumn(("Awards", "Awards won"), "count", 2, 14, verbs=("won {cmp} {v} awards",),
                     asks=("How many awards did {np} win?",), synonyms=("prizes",)),
        NumberColumn(("Viewers", "Cinema viewers"), "count", 3000, 99000, 500,
                     verbs=("was|were seen by {cmp} {v} viewers",)),
        _year(("Release year", "Year of release"), "released", 1930),
    )),
    Topic("ships", (("Ship", "ships"), ("Vessel", "vessels")),
           ("{}", "Queen {}", "Star of {}", "Spirit of {}"), (
        TextColumn(("Flag", "Flag state"), ("{}n", "{}ish", "{}"), (2, 4),
                   ("sailed under the {v} flag",), ("Under which flag did {np} sail?",)),
        TextColumn(("Shipyard", "Builder"), ("{} Yard", "{} Docks", "{} and Sons"), (2, 4),
                   ("was|were built by {v}",), ("Who built {np}?",)),
        TextColumn(("Ship type", "Purpose"), ("ferry", "tanker", "freighter", "liner", "trawler"),
                   (2, 4), ("served as a {v}",), ("What did {np} serve as?",)),
        TextColumn(("Fate", "Final fate"), ("scrapped", "sunk", "burned", "preserved", "sold"),
                   (2, 4)),
        NumberColumn(("Tonnage", "Gross tonnage"), "measure", 400, 52000, 100,
                     ("largest", "smallest"), ("weighs|weigh {cmp} {v} tons",)),
        NumberColumn(("Crew members", "Sailors"), "count", 12, 640,
                     verbs=("sailed with {cmp} {v} crew members",)),
        NumberColumn(("Speed", "Speed (knots)"), "measure", 8, 34, 0.5, ("fastest", "slowest"),
                     ("reaches|reach {cmp} {v} knots",), ("How fast is|are {np}?",)),
        _year(("Launch year", "Year of launch"), "launched", 1860),
    )),
    Topic("elements", (("Element", "elements"), ("Substance", "substances")), ("{}ium", "{}on"), (
        TextColumn(("Discoverer", "Finder"), ("{} {}",), (3, 6),
                   ("was|were discovered by {v}", "was|were found by {v}"),
                   ("Who discovered {np}?",)),
        TextColumn(("Phase", "State of matter"), ("solid", "liquid", "gas"), (2, 3),
                   ("is|are a {v} at room temperature",)),
        TextColumn(("Family", "Element family"), ("alkali", "halogen", "noble", "metalloid"),
                   (2, 4), ("belongs|belong to the {v} {h}",)),
        TextColumn(("Namesake", "Origin of the name"), ("Mount {}", "Saint {}", "{}"), None,
                   ("was|were named after {v}",), ("What was|were {np} named after?",)),
        NumberColumn(("Atomic number", "Proton number"), "measure", 120, 240),
        NumberColumn(("Melting point", "Melting temperature"), "measure", 40, 3400, 10,
                     verbs=("melts|melt at {cmp} {v} degrees",),
                     asks=("At how many degrees does|do {np} melt?",)),
        NumberColumn(("Density", "Density (g/cm3)"), "measure", 1, 24, 0.1),
        NumberColumn(("Isotopes", "Known isotopes"), "count", 2, 18),
    )),
    Topic("marathons", (("Runner", "runners"), ("Athlete", "athletes")), ("{} {}",), (
        TextColumn(("Nationality", "Nation"), ("{}ian", "{}ish", "{}ese"), (2, 4),
                   ("competed as a {v} runner",), (), ("country",)),
        TextColumn(("Sponsor", "Main sponsor"), ("{} Shoes", "{} Foods", "{} Bank"), (2, 4),
                   ("was|were sponsored by {v}",), ("Who sponsored {np}?",)),
        TextColumn(("Category", "Age category"), ("junior", "senior", "veteran", "open"), (2, 4),
                   ("started in the {v} {h}",), (), ("class",)),
        TextColumn(("Trainer", "Personal trainer"), ("{} {}",), None, ("was|were trained by {v}",),
                   ("Who trained {np}?",)),
        NumberColumn(("Time (min)", "Finishing time"), "measure", 126, 299, 1,
                     ("longest", "shortest"), ("finished in {cmp} {v} minutes",)),
        NumberColumn(("Bib", "Bib number"), "measure", 300, 999, 1, verbs=("wore bib {cmp} {v}",)),
        NumberColumn(("Medals", "Medals won"), "count", 2, 15, verbs=("won {cmp} {v} medals",),
                     asks=("How many medals did {np} win?",)),
        _year(("Birth year", "Year of birth"), "born", 1960),
    )),
    Topic("universities", (("University", "universities"), ("College", "colleges")),
           ("University of {}", "{} Institute", "{} Academy", "{} Tech"), (
        TextColumn(("Town", "Location"), ("{}", "Port {}", "Fort {}"), (3, 5),
                   ("is|are located in {v}", "lies|lie in {v}"), ("Where is|are {np} located?",)),
        TextColumn(("Ownership", "Type of ownership"), ("public", "private", "church"), (2, 3)),
        TextColumn(("Nickname", "Sports nickname"), ("{} Foxes", "{} Owls", "{} Bears"), None,
                   ("is|are known as the {v}",), ("What is|are {np} called in sports?",)),
        TextColumn(("President", "Rector"), ("{} {}",), None,
                   ("is|are led by {v}", "is|are headed by {v}"), ("Who leads {np}?",)),
        NumberColumn(("Students", "Enrolled students"), "count", 800, 42000, 100,
                     verbs=("teaches|teach {cmp} {v} students",)),
        NumberColumn(("Faculties", "Departments"), "count", 3, 22),
        NumberColumn(("Endowment", "Endowment (millions)"), "measure", 10, 990, 5),
        _year(("Year established", "Establishment year"), "established", 1750),
    )),
    Topic("mountains", (("Mountain", "mountains"), ("Peak", "peaks")),
           ("Mount {}", "{} Horn", "{} Spire", "Pic {}"), (
        TextColumn(("Range", "Mountain range"), ("{} Alps", "{} Hills", "{} Chain"), (2, 4),
                   ("rises|rise in the {v}", "stands|stand in the {v}"),
                   ("In which {h} does|do {np} stand?",)),
        TextColumn(("Climber", "Pioneer"), ("{} {}",), None,
                   ("was|were conquered by {v}",), ("Who conquered {np}?",)),
        TextColumn(("Rock", "Main rock"), ("granite", "basalt", "limestone", "slate"), (2, 4),
                   ("consists|consist of {v}",), ("What does|do {np} consist of?",), ("stone",)),
        NumberColumn(("Height (m)", "Height"), "measure", 1900, 8100, 10, ("greatest", "lowest"),
                     ("is|are {cmp} {v} m high",), ("How high is|are {np}?",), ("elevation",)),
        NumberColumn(("Glaciers", "Glaciers left"), "count", 2, 16),
        NumberColumn(("Huts", "Alpine huts"), "count", 2, 19, synonyms=("shelters",),
                     verbs=("offers|offer {cmp} {v} huts",),
                     asks=("How many huts does|do {np} offer?",)),
        _year(("Year of ascent", "Ascent year"), "climbed", 1820),
    )),
    Topic("novels", (("Novel", "novels"), ("Book", "books")),
           ("The {} Garden", "{} at Dawn", "Letters from {}", "The House of {}", "{}"), (
        TextColumn(("Author", "Novelist"), ("{} {}",), (3, 5),
                   ("was|were written by {v}",), ("Who wrote {np}?",), ("writer",)),
        TextColumn(("Publisher", "Publishing house"), ("{} Press", "{} Books", "{} Verlag"), (2, 4),
                   ("was|were issued by {v}", "came out with {v}")),
        TextColumn(("Setting", "Place of action"), ("{}", "Old {}", "New {}"), (3, 5),
                   ("takes|take place in {v}", "is|are set in {v}"),
                   ("Where does|do {np} take place?",)),
        TextColumn(("Binding", "Cover"), ("cloth", "leather", "paper", "linen"), (2, 4),
                   ("is|are bound in {v}",)),
        NumberColumn(("Pages", "Printed pages"), "count", 90, 940,
                     asks=("How many pages does|do {np} have?",)),
        NumberColumn(("Copies sold", "Sold copies"), "count", 1500, 88000, 500,
                     verbs=("sold {cmp} {v} copies",)),
        NumberColumn(("Price", "Price (crowns)"), "measure", 4, 49, 0.5,
                     verbs=("costs|cost {cmp} {v} crowns",), asks=("How much does|do {np} cost?",)),
        _year(("Publication year", "Year of publication"), "published", 1880),
    )),
)
# fmt: on
