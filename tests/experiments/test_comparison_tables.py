"""Tables, statistics and curves of a comparison, from made-up records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparing.paired import Estimate, difference, improvement, verdict
from comparing.plots import plot
from comparing.records import Record
from comparing.tables import paired_table, results_table, returns_table, spread
from sparse_rl.analysis.runs import CurvePoint


def made(method: str, tests: Sequence[float], programs: int | None = 100) -> list[Record]:
    """A record for every seed; twice as many programs, updates and seconds with every seed."""
    return [
        Record(
            method,
            "none",
            seed,
            "",
            "",
            dev=test,
            test=test,
            beam=test,
            coverage=None,
            curve=[
                CurvePoint(
                    60 * n, programs and n * programs * 2**seed, 10 * n * 2**seed, test * n / 2
                )
                for n in (1, 2)
            ],
        )
        for seed, test in enumerate(tests)
    ]


def cells(table: str, row: str) -> dict[str, str]:
    head, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()
    ]
    (found,) = [cells for cells in rows if cells[0] == row]
    return dict(zip(head, found, strict=True))


def test_effort_to_a_goal_is_a_mean_over_the_seeds_that_reached_it() -> None:
    groups = {"A": made("A", [0.8, 0.6, 0.9]), "B": made("B", [0.9, 0.9, 0.9], programs=None)}
    table = results_table(groups, [0.7, 0.95])
    row = cells(table, "A")
    assert row["updates to 70 % dev"] == "50 (2.0 min, 2 of 3 seeds)"
    assert row["programs to 70 % dev"] == "500 (2 of 3 seeds)"
    assert row["programs to 95 % dev"] == row["updates to 95 % dev"] == "–"
    assert "spurious B" not in row
    assert row["seeds"] == "3" and row["worst seed"] == "60.0" and "coverage" not in row
    assert cells(table, "B")["programs to 70 % dev"] == "–"
    # The best dev accuracy first.
    assert table.index("| B |") < table.index("| A |")


def test_steps_to_a_return_are_a_median_in_which_a_run_without_it_is_endless() -> None:
    groups = {"A": made("A", [-100.0, -300.0, -150.0]), "B": made("B", [-300.0, -300.0, -90.0])}
    table = returns_table(groups, [-110, -200])
    row = cells(table, "A")
    # Evaluations at half the return after 10, 20, 40 updates, at the whole after twice as many.
    assert row["steps to an evaluation of -200, median"] == "20"
    assert row["steps to an evaluation of -110, median"] == "40"
    assert cells(table, "B")["steps to an evaluation of -110, median"] == "not reached"


def test_without_counts_there_are_no_columns_of_programs_and_coverage_has_one() -> None:
    runs = [
        replace(r, coverage=c) for r, c in zip(made("A", [0.8, 0.9], None), (0.5, 0.6), strict=True)
    ]
    row = cells(results_table({"A": runs}, [0.7]), "A")
    assert "programs to 70 % dev" not in row
    assert row["coverage"] == "55.0"


def test_spread_gives_an_interval_from_three_seeds_on() -> None:
    assert spread([0.5]) == "50.0"
    assert spread([0.4, 0.6]) == "50.0 ± 14.1"
    assert spread([0.4, 0.5, 0.6]).startswith("50.0 ± 10.0 [4")


def test_statistics_of_pairs_against_arithmetic() -> None:
    strata = [(np.array([0.5, 0.7]), np.array([0.4, 0.6])), (np.array([0.1]), np.array([0.4]))]
    # (0.1 + (−0.3)) / 2
    assert difference(strata).value == pytest.approx(-0.1)
    # Of four pairs of runs A wins (0.5, 0.4), (0.7, 0.4) and (0.7, 0.6); of one pair, none.
    assert improvement(strata).value == pytest.approx((3 / 4 + 0) / 2)
    assert improvement([(np.array([0.5]), np.array([0.5]))]).value == 0.5


def test_few_seeds_have_no_interval_and_decide_nothing() -> None:
    two = (np.array([0.9, 0.8]), np.array([0.1, 0.2]))
    assert difference([two]).interval is None
    assert difference([two, (np.array([1.0]), np.array([0.0]))]).interval is None
    assert difference([two, two]).interval is not None
    assert verdict("A", difference([two])) == "not decided"


@pytest.mark.parametrize(
    ("interval", "words"),
    [((0.1, 0.2), "A ahead"), ((-0.2, -0.1), "A behind"), ((-0.1, 0.1), "not decided")],
)
def test_the_verdict_is_the_intervals_sign(interval: tuple[float, float], words: str) -> None:
    assert verdict("A", Estimate(0.0, interval)) == words


def test_regimes_are_bootstrapped_apart() -> None:
    """No spread within the regimes, much between them: the interval has no width."""
    strata = [(np.full(3, 0.9), np.full(3, 0.1)), (np.full(3, 0.1), np.full(3, 0.2))]
    estimate = difference(strata)
    assert estimate.interval == pytest.approx((0.35, 0.35))


accuracies = st.lists(st.floats(0, 1), min_size=3, max_size=3).map(np.array)


@settings(max_examples=10, deadline=None)
@given(accuracies, accuracies)
def test_exchanging_the_methods_turns_the_sign(a: np.ndarray, b: np.ndarray) -> None:
    there, back = difference([(a, b)]), difference([(b, a)])
    assert there.value == pytest.approx(-back.value)
    low, high = there.interval or (0, 0)
    assert low <= there.value + 1e-9 and there.value - 1e-9 <= high
    assert improvement([(a, b)]).value == pytest.approx(1 - improvement([(b, a)]).value)


def test_pairs_have_a_row_per_regime_and_one_for_all() -> None:
    few = {"A": made("A", [0.8, 0.9, 0.8]), "B": made("B", [0.5, 0.6])}
    many = {"A": made("A", [0.8, 0.9, 0.7]), "B": made("B", [0.5, 0.6, 0.6])}
    table = paired_table({"few": few, "many": many, "none": {"A": few["A"]}}, [("A", "B")])
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]
    ]
    assert [row[:3] + row[-1:] for row in rows] == [
        ["A − B", "few", "2", "not decided"],
        ["A − B", "many", "3", "A ahead"],
        ["A − B", "all", "5", "A ahead"],
    ]
    assert rows[0][4] == "+30.0" and rows[1][4].startswith("+23.3 [+10.0, +30.0")
    assert rows[1][5].startswith("1.00 [1.00, 1.00")


def test_the_figure_has_a_panel_per_regime_and_axis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from comparing import plots

    drawn = []
    monkeypatch.setattr(plots.plt, "close", drawn.append)
    runs = {"A": made("A", [0.8, 0.9]), "B": made("B", [0.5], programs=None)}
    plot({"none": runs, "all": runs}, tmp_path / "images" / "figure.png")
    (figure,) = drawn
    above, below = figure.axes[:2], figure.axes[2:]
    assert [panel.get_xlabel() for panel in figure.axes] == ["programs executed"] * 2 + [
        "updates"
    ] * 2
    assert [panel.get_xscale() for panel in (above[0], below[0])] == ["log", "linear"]
    assert [len(panel.lines) for panel in (above[0], below[0])] == [1, 2]
    (line,) = above[0].lines
    assert list(line.get_xdata()) == [150, 300] and list(line.get_ydata()) == pytest.approx(
        [42.5, 85]
    )


def test_spurious_rates_have_a_column_once_measured() -> None:
    judged = [
        replace(r, spurious=rate) for r, rate in zip(made("A", [0.8] * 2), (0.3, 0.4), strict=True)
    ]
    table = results_table({"A": judged, "B": made("B", [0.9])}, [])
    assert cells(table, "A")["spurious B"] == "35.0 ± 7.1"
    assert cells(table, "B")["spurious B"] == "–"
