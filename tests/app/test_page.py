"""The page without a browser: Streamlit runs it, and its widgets are used by their names."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sparse_rl.app import server
from sparse_rl.app.desk import Desk

AppTest = pytest.importorskip("streamlit.testing.v1").AppTest
QUESTION = "which river from the alps is the longest?"


@pytest.fixture
def person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Opens the page for another person."""
    monkeypatch.setattr(server, "_desks", [desk])
    yield lambda: AppTest.from_file(str(server.PAGE), default_timeout=60).run()


def html(page: Any) -> str:
    """All HTML that the page shows."""
    assert not page.exception
    return "\n".join(element.proto.body for element in page.get("html"))


def drop(page: Any, name: str, content: bytes) -> Any:
    page.file_uploader(key="upload").set_value((name, content, "text/csv"))
    return page.run()


def ask(page: Any, question: str) -> Any:
    next(t for t in page.text_input if t.label == "Your question").set_value(question)
    next(b for b in page.button if b.label == "Ask").click()
    return page.run()


def answers(desk: Desk) -> list[Any]:
    lines = desk.folder.questions.read_text().splitlines()
    return [json.loads(line).get("answer") for line in lines]


def test_ask_see_the_steps_and_say_what_is_right(
    person: Callable[[], Any], desk: Desk, rivers_csv: bytes
) -> None:
    page = person()
    assert "Drop a table" in html(page)
    page = ask(drop(page, "rivers.csv", rivers_csv), QUESTION)
    assert '<div class="value">Rhine</div>' in html(page)
    assert answers(desk) == [None]
    assert html(page).count('<tr class="kept">') == 0
    page.radio[0].set_value(0).run()
    assert html(page).count('<tr class="kept">') == 2
    assert "SELECT" in page.code[0].value

    page.button(key="steps-1").click().run()
    assert 'class="alternative chosen"' in html(page) and page.radio[0].label != "Steps"
    page.button(key="right-0").click().run()
    assert answers(desk) == ["Rhine"] and "kept as right: <b>Rhine</b>" in html(page)
    typed = page.text_area[0]
    typed.set_value("Rhine\nDanube")
    page.button(key="keep").click().run()
    assert answers(desk) == [["Rhine", "Danube"]]
    assert [w.value for w in page.warning] == ["No cell of the table is Danube"]
    page.button(key="none").click().run()
    assert answers(desk) == ["no answer"]


def test_two_people_have_their_own_tables_and_one_folder(
    person: Callable[[], Any], desk: Desk, rivers_csv: bytes
) -> None:
    ann, ben = person(), person()
    ann = drop(ann, "rivers.csv", rivers_csv)
    ben = drop(ben, "lakes.csv", b"Lake,Depth\nGeneva,310\nBaikal,1642\n")
    ann, ben = ask(ann, "how long is the nile?"), ask(ben, "how deep is baikal?")
    assert "rivers.csv" in html(ann) and '<div class="value">6,650' in html(ann)
    assert '<div class="value">1642' in html(ben) and "6,650" not in html(ben)
    ann.button(key="right-0").click().run()
    ben.button(key="right-0").click().run()
    assert answers(desk) == ["6,650", "1642"]
    # After a reload, the table is opened from the folder.
    again = person()
    (rivers,) = [t for t in desk.folder.tables() if "rivers" in t]
    again.selectbox(key="kept").set_value(rivers).run()
    assert "how long is the nile?" in html(again)


def test_what_is_no_table_is_one_line_and_can_be_read_otherwise(
    person: Callable[[], Any], desk: Desk
) -> None:
    page = drop(person(), "a.csv", b"<!DOCTYPE html><html><table></table></html>")
    (error,) = [e.value for e in page.error]
    assert "HTML" in error and "\n" not in error and desk.folder.tables() == []
    page = drop(page, "words.docx", b"PK\x03\x04")
    assert page.error[0].value.startswith("save the table as")
    page = drop(page, "sizes.csv", "Wer;Größe\nAnn;3\n".encode("cp1252"))
    assert "cp1252" in page.error[0].value
    page.text_input[0].set_value("cp1252")
    next(b for b in page.button if b.label == "Read the file again").click().run()
    assert not page.error and "sizes.csv" in html(page) and len(desk.folder.tables()) == 1


def test_a_column_is_read_otherwise(
    person: Callable[[], Any], desk: Desk, rivers_csv: bytes
) -> None:
    page = drop(person(), "rivers.csv", rivers_csv)
    assert "<td>Length (km)</td><td>number</td>" in html(page)
    page.selectbox(key="column").set_value("Length (km)").run()
    next(s for s in page.selectbox if s.label == "Decimal mark").set_value(",")
    again = next(b for b in page.button if b.label == "Read the column again")
    again.click().run()
    (table,) = desk.folder.tables()
    assert desk.folder.options(table).columns["Length (km)"].decimal == ","
    page = ask(page, "what is the smallest length?")
    assert '<div class="value">1.233</div>' in html(page)
    next(s for s in page.selectbox if s.label == "Read as").set_value("date")
    next(b for b in page.button if b.label == "Read the column again").click().run()
    assert len(page.error) == 1 and desk.folder.options(table).columns["Length (km)"].type is None


def test_learning_tells_its_line(person: Callable[[], Any], desk: Desk) -> None:
    page = person()
    page.button(key="learn").click().run()
    while desk.is_learning():
        time.sleep(0.05)
    page.run()
    assert page.error[0].value.startswith("answer 10 questions at least")
