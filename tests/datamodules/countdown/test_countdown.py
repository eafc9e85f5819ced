"""Expressions and tasks: the parser agrees with exact arithmetic, and every task has an answer."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.datamodules.countdown import (
    CountdownDataModule,
    CountdownTask,
    Difficulty,
    ExpressionError,
    generate_tasks,
    random_expression,
    reachable_values,
    value_of,
)
from sparse_rl.datamodules.countdown.expressions import OPERATORS
from sparse_rl.errors import DataError

# A tree with its value beside its text, so that no parser of the test's own is needed.
NUMBERS = st.integers(0, 999).map(lambda n: (str(n), Fraction(n), (n,)))


def _join(pair: tuple) -> tuple:
    (left, a, first), joint, (right, b, second) = pair
    value = None
    if a is not None and b is not None and not (joint == "/" and b == 0):
        value = OPERATORS[joint](a, b)
    return f"({left}) {joint}({right} )", value, first + second


TREES = st.recursive(
    NUMBERS, lambda trees: st.tuples(trees, st.sampled_from("+-*/"), trees).map(_join), max_leaves=8
)


@given(TREES)
def test_values_and_numbers_are_those_of_the_tree(tree: tuple) -> None:
    text, value, numbers = tree
    if value is None:
        with pytest.raises(ExpressionError, match="zero"):
            value_of(text)
    else:
        found = value_of(text)
        assert (found.value, found.numbers) == (value, numbers)


@given(st.lists(st.integers(1, 99), min_size=2, max_size=6), st.data())
def test_operators_bind_as_in_arithmetic(numbers: list[int], data: st.DataObject) -> None:
    signs = data.draw(st.lists(st.sampled_from("+-*/"), min_size=5, max_size=5))
    text = str(numbers[0]) + "".join(f"{s}{n}" for s, n in zip(signs, numbers[1:], strict=False))
    # Sums of products, from left to right.
    total, sign, part = Fraction(0), 1, Fraction(numbers[0])
    for joint, number in zip(signs, numbers[1:], strict=False):
        if joint in "+-":
            total, sign, part = total + sign * part, 1 if joint == "+" else -1, Fraction(number)
        else:
            part = part * number if joint == "*" else part / number
    assert value_of(text).value == total + sign * part


@given(st.text("0123456789+-*/() x", max_size=30))
def test_any_text_has_a_value_or_one_error(text: str) -> None:
    try:
        found = value_of(text)
    except ExpressionError:
        return
    assert found.numbers
    assert "x" not in text


@pytest.mark.parametrize(
    "text",
    ["", " ", "1 +", "+ 1", "-1", "1 2", "(1", "1)", "()", "1 ** 2", "1 // 2", "1e3", "1.5", "٣",
     "1234567890", "__import__('os')", "(" * 10_000 + "1", "1 / ( 2 - 2 )"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        value_of(text)
    assert CountdownTask((1, 2), 1).reward(text) == 0.0


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers())
def test_random_expressions_use_every_number_once(numbers: list[int], seed: int) -> None:
    text = random_expression(random.Random(seed), numbers)
    try:
        found = value_of(text)
    except ExpressionError as error:
        assert "zero" in str(error)
        return
    assert Counter(found.numbers) == Counter(numbers)
    assert found.value in reachable_values(tuple(sorted(numbers)))


def test_random_expressions_reach_every_value() -> None:
    rng = random.Random(0)
    found = set()
    for _ in range(20_000):
        try:
            found.add(value_of(random_expression(rng, (2, 3, 7))).value)
        except ExpressionError:
            continue
    assert found == reachable_values((2, 3, 7))


def test_reachable_values_are_those_of_all_expressions() -> None:
    values = set()
    for a, b, c in permutations((1, 1, 4)):
        for s, t in product("+-*/", repeat=2):
            for text in (f"({a}{s}{b}){t}{c}", f"{a}{s}({b}{t}{c})"):
                try:
                    values.add(value_of(text).value)
                except ExpressionError:
                    continue
    assert reachable_values((1, 1, 4)) == values


def test_a_number_counts_as_often_as_it_is_given() -> None:
    task = CountdownTask((2, 3, 3), 6)
    assert task.prompt == "6 from 2 3 3 :"
    assert [task.reward(t) for t in ("2 * 3", "3 + 3", "3+3", "( 3 + 3 )")] == [1.0] * 4
    assert [task.reward(t) for t in ("2 + 2 + 2", "6", "3 * 3", "2 * 3 * 3 / 3")] == [0.0] * 4


def test_division_is_exact() -> None:
    assert CountdownTask((1, 3, 3), 1).reward("1 / 3 * 3") == 1.0
    assert CountdownTask((2, 7), 3).reward("7 / 2") == 0.0


DIFFICULTIES = st.builds(
    Difficulty, st.integers(2, 4), st.integers(5, 20), st.integers(20, 200), st.booleans()
)


@settings(max_examples=25, deadline=None)
@given(DIFFICULTIES, st.integers(0, 99))
def test_every_task_can_be_solved_and_none_is_drawn_twice(
    difficulty: Difficulty, seed: int
) -> None:
    splits = generate_tasks(difficulty, seed, {"train": 5, "dev": 3, "test": 2})
    tasks = [task for split in splits.values() for task in split]
    assert [len(split) for split in splits.values()] == [5, 3, 2]
    assert len({task.id for task in tasks}) == 10
    for task in tasks:
        assert len(task.numbers) == difficulty.numbers
        assert task.target in reachable_values(task.numbers)
        assert 1 <= task.target <= difficulty.highest
        assert max(task.numbers) <= difficulty.largest


def test_all_numbers_are_needed_where_asked_for() -> None:
    difficulty = Difficulty(numbers=3, largest=9, all_needed=True)
    for task in generate_tasks(difficulty, sizes={"train": 50})["train"]:
        for a, b in permutations(task.numbers, 2):
            assert task.reward(str(a)) == 0.0
            assert not any(task.reward(f"{a} {sign} {b}") for sign in "+-*/")


def test_splits_depend_on_the_seed_alone_and_not_on_the_size_of_train() -> None:
    small = generate_tasks(Difficulty(), 3, {"train": 5, "dev": 20})
    large = generate_tasks(Difficulty(), 3, {"train": 50, "dev": 20})
    assert small["dev"] == large["dev"]
    assert small["train"] == large["train"][:5]
    assert generate_tasks(Difficulty(), 4, {"dev": 20})["dev"] != small["dev"]


def test_too_few_tasks_and_wrong_ranges_say_what_to_do() -> None:
    with pytest.raises(DataError, match="ask for fewer tasks"):
        generate_tasks(Difficulty(numbers=2, largest=2), sizes={"train": 100})
    with pytest.raises(DataError, match="set numbers to 2 to 5"):
        Difficulty(numbers=7)
    with pytest.raises(DataError, match="set largest and highest"):
        Difficulty(largest=0)


def test_the_data_module_has_prompts_that_reward_right_answers() -> None:
    data = CountdownDataModule(numbers=2, largest=30, tasks=7, seed=1)
    again = CountdownDataModule(numbers=2, largest=30, tasks=7, seed=1)
    assert [len(data.examples(split)) for split in ("train", "dev", "test")] == [7, 128, 256]
    for prompt, same in zip(data.examples("train"), again.examples("train"), strict=True):
        target, numbers = prompt.text.removesuffix(" :").split(" from ")
        rewards = [prompt.verify(f"{a} {sign} {b}")
                   for a, b in permutations(numbers.split()) for sign in "+-*/"]  # fmt: skip
        assert max(rewards) == 1.0
        assert prompt.verify(target) == float(target in numbers.split())
        assert same.text == prompt.text
