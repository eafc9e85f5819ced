"""The grammar of programs over a table: what it offers can be finished, and means what it says."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.errors import ExecutionError
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.functions import medals
from sparse_rl.interpreters.tables.language import Language, wikisql_language
from sparse_rl.interpreters.tables.program import format_program, parse_program, run_program
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import State, TableWorld
from sparse_rl.interpreters.world import replay_actions

MakeExample = Callable[[random.Random], Example]
Walk = Callable[..., State]
seeds = st.integers(0, 2**32 - 1)


def medal_world(language: Language, answer: tuple[str, ...] | None = None) -> TableWorld:
    constants = (Constant(("peru",), 0, 1), Constant(3.0, 1, 2), Constant(99.0, 2, 3))
    return TableWorld(
        Example(
            "m", "peru 3 99", ("peru", "3"), medals(), constants, answer and ListAnswer(answer)
        ),
        language,
    )


@given(seed=seeds)
def test_walks_complete_and_replay(
    seed: int, language: Language, random_example: MakeExample, random_walk: Walk
) -> None:
    rng = random.Random(seed)
    world = TableWorld(random_example(rng), language)
    for _ in range(5):
        end = random_walk(world, rng, filtering=0.5)
        trajectory = replay_actions(world, end.actions)
        assert trajectory.actions == end.actions
        assert trajectory.reward == world.reward(end)
        assert all(a in valid for a, valid in zip(end.actions, trajectory.valid, strict=True))
        assert len(trajectory.valid_index[0]) == sum(map(len, trajectory.valid))


@given(seed=seeds)
def test_every_walk_is_a_program_and_every_program_a_walk(
    seed: int, language: Language, random_example: MakeExample, random_walk: Walk
) -> None:
    rng = random.Random(seed)
    world = TableWorld(random_example(rng), language)
    for _ in range(5):
        end = random_walk(world, rng, filtering=0.5)
        program = world.program(end.actions)
        assert world.actions(program) == end.actions
        assert parse_program(format_program(program), language) == program
        assert 1 <= len(program) <= language.max_expressions
        used = {expression.rows for expression in program}
        assert used >= {f"v{i}" for i in range(len(program) - 1)}


@given(seed=seeds)
def test_states_hold_what_running_the_program_gives(
    seed: int, language: Language, random_example: MakeExample, random_walk: Walk
) -> None:
    rng = random.Random(seed)
    example = random_example(rng)
    world = TableWorld(example, language)
    for _ in range(5):
        end = random_walk(world, rng, filtering=0.5)
        steps = run_program(world.program(end.actions), example.table, language)
        assert steps[-1].value == end.answer and end.answer
        assert example.answer is not None
        assert world.reward(end) == example.answer.accepts(end.answer)
        if language.narrowing:
            rows = [example.table.all_rows, *(step.value for step in steps[:-1])]
            assert all(a != b for a, b in pairwise(rows)), "a filter drops rows"


def _paths(world: TableWorld, state: State) -> set[tuple[int, ...]]:
    if world.is_terminal(state):
        return {state.actions}
    below = [_paths(world, world.step(state, action)) for action in world.valid_actions(state)]
    assert below and all(below), "every valid action can be completed"
    return set().union(*below)


def _programs_that_run(world: TableWorld) -> set[tuple[int, ...]]:
    """All chains of expressions with all arguments, kept where the interpreter has a value."""
    language, found = world.language, set()
    table = world.example.table

    def extend(program: tuple[object, ...], rows: str) -> None:
        for candidate in _expressions(world, rows):
            longer = parse_program(" ".join((*map(str, program), candidate)), language)
            try:
                steps = run_program(longer, table, language)
            except ExecutionError:
                continue
            value = steps[-1].value
            before = steps[-2].value if len(steps) > 1 else table.all_rows
            if not isinstance(value, int):
                found.add(world.actions(longer))
            elif len(longer) < language.max_expressions and not (
                language.narrowing and value == before
            ):
                extend((*program, candidate), f"v{len(longer) - 1}")

    extend((), "all_rows")
    return found


def _expressions(world: TableWorld, rows: str) -> list[str]:
    """Every function with every property and constant, whether or not the types fit."""
    names = [p.name for p in world.example.table.properties]
    texts = [f"['{c.value[0]}']" for c in world.example.constants if isinstance(c.value, tuple)]
    numbers = [f"[{c.value!r}]" for c in world.example.constants if c.kind == "number"]
    found = [f"( count {rows} )"]
    for name in names:
        for function in ("hop", "maximum", "minimum", "sum", "average"):
            found.append(f"( {function} {rows} {name} )")
        found += [f"( filter_in {rows} {text} {name} )" for text in texts]
        for relation in ("eq", "gt", "lt"):
            found += [f"( filter_{relation} {rows} {number} {name} )" for number in numbers]
    return found


@settings(max_examples=20)
@given(seed=seeds)
def test_no_dead_ends_and_nothing_left_out(
    seed: int, language: Language, random_example: MakeExample
) -> None:
    """The tree of walks is exactly the set of programs that run."""
    small = wikisql_language(2, language.narrowing)
    world = TableWorld(random_example(random.Random(seed)), small)
    assert _paths(world, world.start()) == _programs_that_run(world)


def test_narrowing_offers_a_filter_only_where_it_drops_a_row() -> None:
    keeps_all = "( filter_lt all_rows [99] r.golds-number ) ( count v0 )"
    drops_two = "( filter_in all_rows ['peru'] r.nation-string ) ( count v0 )"
    for narrowing, offered in ((True, [False, True]), (False, [True, True])):
        world = medal_world(wikisql_language(2, narrowing))
        walks = _paths(world, world.start())
        programs = [parse_program(text, world.language) for text in (keeps_all, drops_two)]
        assert [world.actions(program) in walks for program in programs] == offered


def test_reward_is_one_for_the_gold_answer_alone(language: Language) -> None:
    text = "( filter_in all_rows ['peru'] r.nation-string ) ( hop v0 r.nation-string )"
    actions = medal_world(language).actions(parse_program(text, language))
    for answer, reward in ((("peru",), 1.0), (("brazil",), 0.0), (None, 0.0)):
        assert replay_actions(medal_world(language, answer), actions).reward == reward


def test_a_table_without_rows_can_still_be_counted(language: Language) -> None:
    table = Table("empty", ["x"], ["text"], [])
    world = TableWorld(Example("e", "x", ("x",), table, (), ListAnswer((0,))), language)
    (walk,) = _paths(world, world.start())
    assert format_program(world.program(walk)) == "( count all_rows ) <END>"
    assert replay_actions(world, walk).reward == 1.0


def test_states_are_values(language: Language) -> None:
    world = medal_world(language)
    start = world.start()
    before = (start.actions, start.valid, start.answer, hash(start))
    children = [world.step(start, action) for action in start.valid]
    assert (start.actions, start.valid, start.answer, hash(start)) == before
    assert len({start, *children}) == 1 + len(children)
    assert world.step(world.start(), start.valid[0]) == children[0]
    assert world.step(start, start.valid[0]) is children[0], "remembered, not computed again"
    assert start != start.actions


def test_symbols_say_the_type_of_every_action(language: Language) -> None:
    world = medal_world(language)
    own = len(world.tokens)
    assert len(world.symbols) == world.num_actions == own + 2 + 3
    assert world.symbols[:own] == tuple(range(own))
    assert world.symbols[own:] == (own, own + 1, own + 2, own + 3, own + 3)


def test_replay_refuses_what_no_walk_does(language: Language) -> None:
    world = medal_world(language)
    good = world.actions(parse_program("( hop all_rows r.golds-number )", language))
    with pytest.raises(ValueError, match="action 0 is not valid at step 0"):
        replay_actions(world, (0,))
    with pytest.raises(ValueError, match="does not end after 3 actions"):
        replay_actions(world, good[:-1])
    with pytest.raises(ValueError, match="not valid at step 4"):
        replay_actions(world, (*good, 0))


def test_programs_of_other_questions_are_refused(language: Language) -> None:
    for text in ("( hop all_rows r.x-string )", "( filter_eq all_rows [5] r.golds-number )"):
        with pytest.raises(ValueError, match="is not offered by its question"):
            medal_world(language).actions(parse_program(text, language))
