"""The diagnosis says what the figures show, and nothing else."""

from __future__ import annotations

import math
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.analysis.diagnosis import Training, diagnose, diagnosis_lines

DEV = "val/greedy_accuracy"
NAMES = (
    DEV,
    "val/unseen_words",
    "memory/coverage",
    "train/loss",
    "train/pi_b_mean",
    "train/fresh_rewarded",
    "train/programs",
    "train/nan_examples",
)


def training(mode: Literal["max", "min"] = "max", **series: list[float]) -> Training:
    """A training with metrics `a__b` of the name `a/b`, a value an epoch."""
    rows = [
        {"step": float(step), name.replace("__", "/"): value}
        for name, values in series.items()
        for step, value in enumerate(values)
    ]
    return Training(sorted(rows, key=lambda row: row["step"]), DEV, mode)


WELL = {
    "val__greedy_accuracy": [0.2, 0.4, 0.5, 0.5, 0.495],
    "val__unseen_words": [0.02] * 5,
    "memory__coverage": [0.9] * 5,
    "train__loss": [3.0, -2.0, 4.0] * 5,
    "train__pi_b_mean": [0.1, 0.3, 0.5, 0.6, 0.7],
    "train__fresh_rewarded": [0.1] * 5,
    "train__programs": [20.0] * 5,
}


def test_a_training_without_trouble_gets_one_line() -> None:
    assert diagnose(training(**WELL)) == []
    assert diagnosis_lines(training(**WELL)) == [
        "diagnosis: nothing stands out in the figures of 5 validations"
    ]


@pytest.mark.parametrize(
    ("name", "values", "figure", "remedy"),
    [
        ("memory__coverage", [0.5, 0.63], "37% of the training questions", "check --search"),
        ("memory__coverage", [0.0], "no training question", "--warm_start.method"),
        ("train__loss", [1.0, math.nan, 1.0], "at step 2", "Lower --model.lr"),
        ("train__loss", [1.0] * 10 + [50.0] * 10, "from 1 at most", "Lower --model.lr"),
        ("train__nan_examples", [0.0, 3.0], "3 examples", "Lower --model.lr"),
        ("val__unseen_words", [0.25], "25% of the words", "--model.task.glove"),
        ("val__greedy_accuracy", [0.2, 0.6, 0.4], "from 0.600 in validation 2 to 0.400", "dropout"),
        ("val__greedy_accuracy", [0.0, 0.0], "right in 2 validations", "max_epochs"),
        ("val__greedy_accuracy", [0.2, 0.3, 0.4], "the last of 3 validations", "max_epochs"),
    ],
)
def test_every_symptom_has_its_figure_and_one_remedy(
    name: str, values: list[float], figure: str, remedy: str
) -> None:
    (sentence,) = diagnose(training(**{**WELL, name: values}))
    assert figure in sentence and remedy in sentence


def test_nothing_to_learn_from() -> None:
    empty = {"memory__coverage": [0.0], "train__programs": [0.0] * 4}
    first, second = diagnose(training(**{**WELL, **empty, "train__fresh_rewarded": [0.0] * 4}))
    assert "no training question" in first and "none of the 4 logged steps" in second


def test_draws_that_find_nothing() -> None:
    none = {"train__fresh_rewarded": [0.0] * 5}
    _, sentence = diagnose(training(**{**WELL, **none, "memory__coverage": [0.5]}))
    assert "no fresh draw of the 5" in sentence and "explore_per_visit" in sentence
    assert diagnose(training(**{**WELL, **none})) == [], "little is left to find"


def test_what_is_not_logged_is_not_judged() -> None:
    assert diagnose(Training([])) == []
    assert diagnose(training(val__greedy_accuracy=[0.6, 0.4])) == [], "it may not be overfitting"
    found = {**WELL, "memory__coverage": [1.0], "train__fresh_rewarded": [0.0] * 5}
    assert diagnose(training(**found)) == [], "nothing is left to find"


def test_the_least_value_may_be_the_best() -> None:
    (sentence,) = diagnose(training("min", val__greedy_accuracy=[3.0, 2.0, 1.0]))
    assert "1.000, is that of the last of 3" in sentence


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(NAMES), st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf])
        ),
        max_size=30,
    )
)
def test_any_figures_can_be_judged(rows: list[dict[str, float]]) -> None:
    found = Training([{"step": float(step), **row} for step, row in enumerate(rows)])
    assert diagnosis_lines(found)
