"""`sparse-rl report`: what it writes, and what a browser makes of it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from sparse_rl.analysis.report import read_page
from sparse_rl.analysis.runs import read_run
from sparse_rl.cli import main

from .conftest import MakeRun, prediction

COUNT = "( filter_in all_rows ['peru'] r.country-string ) ( count v0 ) <END>"
HOP = "( hop all_rows r.city-string ) <END>"


def page(*runs: Path, out: Path) -> str:
    main(["report", *map(str, runs), f"--out={out}"])
    return out.read_text()


def test_a_run_without_predictions_says_how_to_get_them(make_run: MakeRun, tmp_path: Path) -> None:
    folder = make_run("plain", None)
    text = page(folder, out=tmp_path / "new" / "report.html")
    assert "has no predictions" in text and f"--config {folder}/config.yaml" in text
    assert "is that of the last of 2 validations. Train longer" in text
    assert "not tested" in text and "49.9 %" not in text and "50.0 %" in text


def test_it_is_written_into_the_first_runs_folder(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_run("plain", [prediction(0, COUNT, None)])
    main(["report", str(folder)])
    assert f"Wrote {folder}/report.html, 0." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("config.yaml", None, "give the folder of a run, as runs/NAME/version_0: no .*config.yaml"),
        ("config.yaml", "a: [", "fix .*config.yaml"),
        ("metrics.csv", "step,loss\n1,high\n", "fix .*metrics.csv: could not convert"),
        ("predictions.jsonl", "{}\n", "fix .*predictions.jsonl, line 1: it lacks"),
        ("predictions.jsonl", "{\n", "fix .*predictions.jsonl, line 1: "),
        ("test_metrics.json", "{", "fix .*test_metrics.json"),
    ],
)
def test_broken_files_are_named(
    name: str, text: str | None, message: str, make_run: MakeRun
) -> None:
    folder = make_run("plain", [])
    (folder / name).unlink(missing_ok=True)
    if text is not None:
        (folder / name).write_text(text)
    with pytest.raises(SystemExit, match=f"error: {message}"):
        main(["report", str(folder)])


def test_too_many_runs_and_one_run_twice_are_refused(make_run: MakeRun) -> None:
    folder = str(make_run("plain", []))
    with pytest.raises(SystemExit, match="give 1 to 6 runs, not 7"):
        main(["report", *[folder] * 7])
    with pytest.raises(SystemExit, match="give each run once"):
        main(["report", folder, folder])


def test_steps_and_curves_are_those_of_the_training(make_run: MakeRun) -> None:
    (run,) = read_page([make_run("gaca", None)])
    assert run.steps == 1000
    assert run.series()["val/greedy_accuracy"] == [[500, 1000], [0.2495, 0.4995]]
    assert "test/beam_accuracy" not in run.series()


def test_programs_are_an_axis_only_where_a_run_counted_them(
    make_run: MakeRun, tmp_path: Path
) -> None:
    axis = 'name="axis" value="programs"'
    out = tmp_path / "report.html"
    assert axis not in page(make_run("old", None), out=out)
    counted = make_run("new", None, programs=True)
    assert axis in page(counted, out=out)
    assert [p.programs for p in read_run(finish(counted)).curve] == [3 * 499, 3 * 999]


def finish(folder: Path) -> Path:
    """Lets a run have its test."""
    (folder / "test_metrics.json").write_text('{"config": {}}')
    return folder


def opened(browser: Any, path: Path) -> float:
    """Opens a page; the seconds until it is filled."""
    begin = time.perf_counter()
    browser.get(path.as_uri())
    while browser.execute_script("return document.documentElement.dataset.ready") != "yes":
        assert time.perf_counter() - begin < 30, browser.get_log("browser")
        time.sleep(0.02)
    return time.perf_counter() - begin


def chips(browser: Any) -> dict[str, int]:
    """The outcomes and how many questions have each."""
    texts = [label.text for label in browser.find_elements("css selector", "#outcome label")]
    return {
        m[1]: int(m[2].replace(",", "")) for m in (re.match(r"(.*) ([\d,]+)$", t) for t in texts)
    }  # type: ignore[index]


def test_two_runs_in_a_browser(browser: Any, make_run: MakeRun, tmp_path: Path) -> None:
    """60 questions, all by keyboard; the runs agree on all but the last three."""
    rewards = [1.0] * 40 + [0.0] * 20
    first = [prediction(n, COUNT if n % 2 else HOP, r) for n, r in enumerate(rewards)]
    second = [*first[:-3], *(prediction(n, HOP, 1.0) for n in range(57, 60))]
    out = tmp_path / "report.html"
    page(make_run("gaca", first, programs=True), make_run("mapo", second, lr=0.2), out=out)
    opened(browser, out)

    def find(css: str) -> Any:
        return browser.find_element("css selector", css)

    def rows() -> list[Any]:
        found: list[Any] = browser.find_elements("css selector", "#question-rows tr:not(.detail)")
        return found

    assert chips(browser) == {
        "All": 60, "First right": 40, "First wrong": 20, "Changed": 3,
        "Only the first right": 0, "Only the second right": 3, "Both wrong": 17,
    }  # fmt: skip
    assert len(rows()) == 50 and find("#count").text == "1–50 of 60 questions"
    find("#next").send_keys(" ")
    assert len(rows()) == 10 and find("#count").text == "51–60 of 60 questions"

    # From "All" to "Changed".
    find("[name=outcome]:checked").send_keys(*"\ue014" * 3)
    assert len(rows()) == 3
    assert find("#count").text == "1–3 of 3 questions"
    assert "has 57" in rows()[0].text and "✗" in rows()[0].text and "✓" in rows()[0].text
    # Text of a question is text, whatever it looks like.
    assert "<b>rows</b> & columns" in rows()[0].text
    find("#question-head th button").send_keys(" ")
    find("#question-head th button").send_keys(" ")
    assert "has 59" in rows()[0].text
    assert find("#question-head th").get_attribute("aria-sort") == "descending"
    find("#question-rows button").send_keys("\n")
    assert "SELECT 1" in find(".detail").text

    find("#search").send_keys("has 58")
    assert len(rows()) == 1 and chips(browser)["Changed"] == 1
    find("#search").clear()
    find("#search").send_keys(" ")
    find("#function").send_keys("hop")
    assert chips(browser)["All"] == 32
    find("#length").send_keys("2")
    assert chips(browser)["All"] == 0

    # Curves of both runs, and the axes as asked for.
    chart = "#charts figure:first-child"
    assert len(browser.find_elements("css selector", f"{chart} .line")) == 2
    assert "100 %" in find(chart).text
    find("#zero").send_keys(" ")
    assert "100 %" not in find(chart).text
    find("[name=axis]:checked").send_keys("\ue014")
    assert "training minutes" in find(chart).text
    # Only one of the runs has counted its programs.
    find("[name=axis]:checked").send_keys("\ue014")
    assert "programs executed" in find(chart).text
    assert len(browser.find_elements("css selector", f"{chart} .line")) == 1
    # 991 losses are thinned, the last one is kept.
    assert len(find("#charts figure:last-child .line").get_attribute("points").split()) <= 400

    table = ".breakdown tbody tr:first-child th"
    assert find(table).text == "hop"
    find(".breakdown thead button").send_keys(" ")
    find(".breakdown thead button").send_keys(" ")
    assert find(table).text == "filter_in"
    assert "model.lr" in find("#config").text and "seed" not in find("#config table").text
    assert browser.get_log("browser") == []
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0


@pytest.mark.slow
def test_a_page_of_wikisqls_size_is_small_and_opens_at_once(
    browser: Any, make_run: MakeRun, tmp_path: Path
) -> None:
    """As many questions as the official test split has."""
    program = (
        "( filter_in all_rows ['{0} of peru'] r.c_{0}-string ) ( hop v0 r.d_{0}-number ) <END>"
    )
    lines = [prediction(n, program.format(n), float(n % 3 == 0)) for n in range(15_878)]
    out = tmp_path / "report.html"
    page(make_run("gaca_wikisql", lines), out=out)
    assert out.stat().st_size < 10e6
    # The best of three: what else the machine is doing is not the page's affair.
    seconds = min(opened(browser, out) for _ in range(3))
    print(f"opened in {seconds:.2f} s")
    assert seconds < 2.0
    assert chips(browser) == {"All": 15878, "Right": 5293, "Wrong": 10585}
