"""The app as people use it: another process, and a browser without a network."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.app.records import AskedQuestion, QuestionFolder
from sparse_rl.datamodules.tables.table_options import TableOptions

pytest.importorskip("streamlit")
# Of Oslo and Rome, so that there are answers to learn from.
PEOPLE = {"Ann": ("Oslo", 31), "Ben": ("Rome", 45), "Cat": ("Oslo", 28), "Dan": ("Rome", 52)}
CSV = "Name,City,Age\n" + "".join(f"{n},{c},{a}\n" for n, (c, a) in PEOPLE.items())
PATIENCE = 240


def until(found: Callable[[], Any], browser: Any) -> Any:
    """What a function finds; elements that the page replaces meanwhile are looked for again."""
    from selenium.common.exceptions import (
        InvalidElementStateException,
        NoSuchElementException,
        StaleElementReferenceException,
    )

    # Invalid: an element that is not shown yet, or lies below another.
    passing = (InvalidElementStateException, NoSuchElementException, StaleElementReferenceException)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if value := found():
                return value
        except passing:
            pass
        assert time.monotonic() < end, browser.find_element("css selector", "body").text
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> QuestionFolder:
    """Eight answered questions about the table: two fewer than a training needs."""
    folder = QuestionFolder(tmp_path / "asked")
    table = folder.keep_table("people.csv", CSV.encode(), TableOptions())
    for name, (city, age) in PEOPLE.items():
        folder.keep(AskedQuestion(f"what is the city of {name}?", table, (city,)))
        folder.keep(AskedQuestion(f"how old is {name}?", table, (age,)))
    return folder


@pytest.fixture
def address(folder: QuestionFolder) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sparse_rl", "app", f"--folder={folder.root}"]
    server = subprocess.Popen(
        [*command, "--ckpt_path=packaged", f"--port={port}", "--max_epochs=1"],
        stdout=subprocess.PIPE,
        env={**os.environ, "SPARSE_RL_CACHE": str(folder.root / "cache")},
        text=True,
    )
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line == f"Open http://127.0.0.1:{port}\n"
    yield line.split()[1]
    server.send_signal(2)
    assert server.wait(PATIENCE) == 0


@pytest.mark.slow
def test_upload_ask_correct_learn_and_ask_again(
    browser: Any, address: str, folder: QuestionFolder, tmp_path: Path
) -> None:
    from selenium.webdriver.common.keys import Keys

    def act(css: str, text: str, action: Callable[[Any], Any]) -> Any:
        """What an action gives on the first element with a text, once there is one."""

        def acted() -> Any:
            elements = browser.find_elements("css selector", css)
            return next(([action(e)] for e in elements if text in e.text), None)

        (result,) = until(acted, browser)
        return result

    def see(css: str, text: str = "") -> str:
        return str(act(css, text, lambda element: element.text))

    def settle() -> None:
        """Waits until the page is drawn: what is typed into one that is replaced is lost."""
        drawn = "[data-test-script-state=notRunning]"
        until(lambda: browser.find_elements("css selector", drawn), browser)

    def press(css: str, text: str = "") -> None:
        settle()
        act(css, text, lambda element: element.click())

    def type_(css: str, *keys: str) -> None:
        settle()
        act(css, "", lambda element: [element.send_keys(k) for k in keys])

    def upload(name: str, content: str) -> None:
        (tmp_path / name).write_text(content)
        type_("input[type=file]", str(tmp_path / name))

    def ask(question: str) -> None:
        type_("input[aria-label='Your question']", Keys.CONTROL + "a", question + Keys.ENTER)
        see(".card .asked", question)

    def answers() -> dict[str, Any]:
        lines = map(json.loads, folder.questions.read_text().splitlines())
        return {line["question"]: line.get("answer") for line in lines}

    until(lambda: opens(browser, address), browser)
    see("input[type=file]")
    upload("page.csv", "<!DOCTYPE html><html><body>no table</body></html>")
    assert "HTML" in see("[data-testid=stAlert]") and "Traceback" not in browser.page_source

    upload("people.csv", CSV)
    see(".heading", "people.csv")
    assert len(folder.tables()) == 1
    ask("who is from Rome?")
    assert see(".card .value") == "Ben, Dan"
    assert answers()["who is from Rome?"] is None
    press("[data-testid=stRadio] label", "2 rows")
    see("tr.kept")
    numbers = "table.sheet tr.kept td.number"
    until(
        lambda: [e.text for e in browser.find_elements("css selector", numbers)] == ["2", "4"],
        browser,
    )
    press(".st-key-right-0 button")
    see(".kept-answer", "Ben, Dan")
    assert answers()["who is from Rome?"] == ["Ben", "Dan"]

    ask("how many people are in Oslo?")
    type_("textarea", "3")
    press(".st-key-keep button")
    see(".kept-answer", "3")
    assert answers()["how many people are in Oslo?"] == "3"
    offered = see(".alternative b")
    press(".st-key-right-0 button")
    see(".kept-answer", offered)
    assert answers()["how many people are in Oslo?"] not in ("3", None)

    press(".st-key-learn button", "Learn from 10 answers")
    see(".doing", "learning")
    told = see("section[data-testid=stSidebar] [data-testid=stAlert]")
    assert told.startswith("10 answers; right of 3 held-out questions: ")
    kept = "the new model answers now" in told
    assert kept == (folder.root / "learned.ckpt").is_file()
    see(".more", "the folder's own model" if kept else "the packaged model")
    ask("how old is Cat?")
    assert see(".card .value") == "28"

    names = browser.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
    )
    assert names and all(name.startswith(address) for name in names)


def opens(browser: Any, address: str) -> bool:
    """Whether the page can be opened: the server prints its address before it listens."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health"):
            browser.get(address)
            return True
    except OSError:
        return False
