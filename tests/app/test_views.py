"""HTML of the page: highlights, and text that stays text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from sparse_rl.app import table_views, views
from sparse_rl.app.desk import Desk, Sheet
from sparse_rl.app.records import AskedQuestion

BAD = '<img src=x onerror="alert(1)">'


def rows(html: str) -> dict[int, str]:
    """Class of every row by its number."""
    return {
        int(number): style
        for style, number in re.findall(r'<tr class="(\w*)"><td class="number">(\d+)', html)
    }


def test_every_step_is_highlighted(desk: Desk, rivers: Sheet) -> None:
    result = desk.ask(rivers, "which river from the alps is the longest?")
    best = result.programs[0]
    assert result.answer == ("Rhine",) and len(best.trace) == 3
    tables = [table_views.steps_table(rivers.opened, best, step) for step in range(3)]
    assert rows(tables[0]) == {1: "", 2: "", 3: "kept", 4: "kept"}
    assert rows(tables[1]) == {1: "gone", 2: "gone", 3: "kept", 4: ""}
    assert rows(tables[2]) == {1: "gone", 2: "gone", 3: "result", 4: "gone"}
    for table, header in zip(tables, ("Source", "Length (km)", "River"), strict=True):
        assert re.findall(r'<th class="used">(.*?)</th>', table) == [header]
    assert views.step_labels(best) == [
        "the 2 rows where Source is Alps → 2 rows",
        "the row with the greatest Length (km) among the 2 rows where Source is Alps → 1 row",
        "the River of the row with the greatest Length (km) among the 2 rows where Source is Alps "
        "→ Rhine",
    ]


def test_a_doubtful_answer_is_the_closest_reading(desk: Desk, rivers: Sheet) -> None:
    """The card tells the confidence that `ask` tells, and no program's own probability."""
    result = desk.ask(rivers, "which river from the alps is the longest?")
    first = replace(result.readings[0], probability=0.25)
    doubtful = replace(result, readings=(first, *result.readings[1:]), answerable=False)
    assert "does not seem to have the answer" in views.answer_card(doubtful)
    assert "25% sure" in views.answer_card(doubtful)
    assert "does not seem" not in views.answer_card(replace(doubtful, answerable=True))


def test_a_step_over_all_rows_keeps_all(desk: Desk, rivers: Sheet) -> None:
    result = desk.ask(rivers, "what is the average length?")
    assert len(result.trace) == 1
    table = table_views.steps_table(rivers.opened, result.programs[0], 0)
    assert set(rows(table).values()) == {"result"} and len(rows(table)) == 4


def test_of_a_long_table_the_rows_of_the_steps_are_shown(
    desk: Desk, open_csv: Callable[[str], Sheet]
) -> None:
    names = "".join(f"Person {n},{'Oslo' if n in (70, 90) else 'Rome'}\n" for n in range(1, 101))
    sheet = open_csv(f"Name,City\n{names}")
    best = desk.ask(sheet, "how many people are in Oslo?").programs[0]
    found = rows(table_views.steps_table(sheet.opened, best, 0))
    assert len(found) == table_views.FEW_ROWS and found[70] == found[90] == "kept"
    assert len(rows(table_views.steps_table(sheet.opened, best, 0, 50))) == 50
    assert "… 88 more rows" in table_views.steps_table(sheet.opened, best, 0)


def test_text_of_tables_and_questions_stays_text(
    desk: Desk, open_csv: Callable[[str], Sheet]
) -> None:
    cell = BAD.replace('"', "'")
    sheet = open_csv(f"Name,{cell}\n{cell},1\n\n{cell} 2,2\n")
    result = desk.ask(sheet, f"what is the name? {BAD}")
    assert sheet.opened.read is not None
    pages = [
        views.answer_card(result),
        table_views.steps_table(sheet.opened, result.programs[0], 0),
        table_views.plain_table(sheet.opened.text),
        table_views.columns_table(sheet.opened.read.columns, sheet.opened.text),
        views.heading(BAD, sheet.opened.text),
        views.lines([BAD]),
        table_views.asked_list([AskedQuestion(BAD, "t.csv", (BAD,)), AskedQuestion(BAD, "t.csv")]),
        views.kept_answer([BAD]),
        *(views.alternative(program, True) for program in result.programs),
    ]
    for page in pages:
        assert "<img" not in page
    assert sum("&lt;img" in page for page in pages) >= len(pages) - len(result.programs)


def test_how_columns_were_read(open_csv: Callable[[str], Sheet]) -> None:
    sheet = open_csv("Way,Day\n5 kg,31/12/2020\n7 kg,soon\n9 kg,01/02/2021\n")
    assert sheet.opened.read is not None
    page = table_views.columns_table(sheet.opened.read.columns, sheet.opened.text)
    assert "<td>Way</td><td>number</td><td>kg</td><td>5 kg, 7 kg, 9 kg</td>" in page
    assert "&#x27;soon&#x27; (row 2) is no date" in page


def test_labels_have_no_markdown() -> None:
    text = "![x](http://example.org/a.png) *b* $c$ :red[d] <e> `f`\n# g"
    assert views.markdown_text(text) == (
        r"\!\[x\]\(http\:\/\/example\.org\/a\.png\) \*b\* \$c\$ \:red\[d\] \<e\> \`f\` \# g"
    )


@pytest.mark.parametrize(
    ("kept", "end"),
    [(True, "the new model answers now"), (False, "the new model is not kept")],
)
def test_a_training_in_a_line(kept: bool, end: str) -> None:
    result = {"answers": 12, "held_out": 4, "before": 0.25, "after": 0.75, "kept": kept}
    assert views.learned(result) == (
        f"12 answers; right of 4 held-out questions: 25% before, 75% after; {end}"
    )
