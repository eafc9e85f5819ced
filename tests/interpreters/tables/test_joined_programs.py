"""The grammar of the whole language: chains, joined chains, and trigger words."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.errors import ExecutionError
from sparse_rl.interpreters.tables.annotated import AnnotatedCell
from sparse_rl.interpreters.tables.answers import ListAnswer
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language, wtq_language
from sparse_rl.interpreters.tables.program import (
    Expression,
    Program,
    format_program,
    parse_program,
    run_program,
)
from sparse_rl.interpreters.tables.signature import OneRow, Ordered, Strings
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_world import State, TableWorld
from sparse_rl.interpreters.tables.triggers import Triggers, load_triggers
from sparse_rl.interpreters.world import replay_actions

MakeExample = Callable[[random.Random], Example]
Walk = Callable[..., State]
seeds = st.integers(0, 2**32 - 1)
MAPO = load_triggers()


def all_walks(world: TableWorld) -> set[tuple[int, ...]]:
    found, stack = set(), [world.start()]
    while stack:
        state = stack.pop()
        if world.is_terminal(state):
            found.add(state.actions)
        stack.extend(world.step(state, action) for action in world.valid_actions(state))
    return found


def expressions(world: TableWorld, count: int) -> Iterator[Expression]:
    """Every function with every variable, property and constant, whether or not they fit."""
    variables = ["all_rows", *(f"v{i}" for i in range(count))]
    properties = [p.name for p in world.example.table.properties]
    constants = [c.value for c in world.example.constants]
    literals = {
        OneRow: variables[1:],
        Strings: [c for c in constants if isinstance(c, tuple)],
        Ordered: [c for c in constants if not isinstance(c, tuple)],
    }
    for function in world.language.functions:
        kinds = [literals.get(kind, properties) for kind in function.parameters]
        for rows, *arguments in product(variables, *kinds):
            yield Expression(function.name, str(rows), tuple(arguments))


def programs_that_run(world: TableWorld) -> set[str]:
    """All programs that have a value, use every variable, and change rows with every selection."""
    language, table = world.language, world.example.table
    returns_rows = {f.name: f.returns_rows for f in language.functions}
    found = set()

    def extend(program: Program) -> None:
        for expression in expressions(world, len(program)):
            longer = (*program, expression)
            try:
                steps = run_program(longer, table, language)
            except ExecutionError:
                continue
            values = {"all_rows": table.all_rows} | {
                f"v{i}": step.value for i, step in enumerate(steps)
            }
            named = [a for a in (expression.rows, *expression.arguments) if a in values]
            if named != sorted(named):
                continue
            if not returns_rows[expression.function]:
                used = {a for e in longer for a in (e.rows, *e.arguments) if isinstance(a, str)}
                if used >= {f"v{i}" for i in range(len(program))}:
                    found.add(format_program(longer))
            elif len(longer) < language.max_expressions and not (
                language.narrowing and steps[-1].value == values[expression.rows]
            ):
                extend(longer)

    extend(())
    return found


@settings(max_examples=6)
@given(seed=seeds, narrowing=st.booleans())
def test_walks_are_exactly_the_programs_that_run(
    seed: int, narrowing: bool, annotated_example: MakeExample
) -> None:
    example = annotated_example(random.Random(seed))
    world = TableWorld(example, wtq_language(2, narrowing))
    walks = all_walks(world)
    assert {format_program(world.program(walk)) for walk in walks} == programs_that_run(world)


def tiny() -> Example:
    rows = [[AnnotatedCell("peru", 7.0)], [AnnotatedCell("chile", 3.0)], [AnnotatedCell("", 3.0)]]
    table = Table.annotated("t", ["x"], rows)
    constants = (Constant(("peru",), 0, 1), Constant(("chile",), 1, 2))
    gold = ListAnswer((4.0,))
    return Example("t", "peru or chile", ("peru", "or", "chile"), table, constants, gold)


@pytest.mark.parametrize("max_expressions", [3, 4])
def test_joined_chains_are_exactly_the_programs_that_run(max_expressions: int) -> None:
    names = ("filter_in", "first", "next", "diff", "count")
    functions = tuple(f for f in wtq_language().functions if f.name in names)
    world = TableWorld(tiny(), Language(functions, max_expressions))
    walks = {format_program(world.program(walk)) for walk in all_walks(world)}
    assert walks == programs_that_run(world)
    joined = [walk for walk in walks if "diff" in walk]
    assert len(joined) > 5, "the comparison is of something"


def test_two_rows_found_apart_can_be_joined() -> None:
    text = (
        "( filter_in all_rows ['peru'] r.x-string ) ( filter_in all_rows ['chile'] r.x-string ) "
        "( diff v0 v1 r.x-number ) <END>"
    )
    world = TableWorld(tiny(), wtq_language())
    actions = world.actions(parse_program(text, world.language))
    assert replay_actions(world, actions).reward == 1.0
    state = world.start()
    for action in actions[:8]:
        state = world.step(state, action)
    offered = {world.function(action).name for action in state.valid}
    assert offered == {"diff"}, "two variables stand unused and one expression is left"


@given(seed=seeds, triggers=st.sampled_from([Triggers(), MAPO]))
def test_walks_complete_replay_and_print(
    seed: int, triggers: Triggers, annotated_example: MakeExample, random_walk: Walk
) -> None:
    rng = random.Random(seed)
    world = TableWorld(annotated_example(rng), wtq_language(triggers=triggers))
    for _ in range(5):
        end = random_walk(world, rng, filtering=0.5)
        program = world.program(end.actions)
        assert world.actions(program) == end.actions
        assert parse_program(format_program(program), world.language) == program
        assert replay_actions(world, end.actions).actions == end.actions
        steps = run_program(program, world.example.table, world.language)
        assert steps[-1].value == end.answer and end.answer


def test_functions_without_a_trigger_are_not_offered() -> None:
    rules = Triggers.from_state_dict({"count": ["how"], "maximum": ["JJS"], "mode": ["most"]})
    world = TableWorld(tiny(), wtq_language(triggers=rules))
    offered = {world.function(action).name for action in world.start().valid}
    assert "hop" in offered and not offered & {"count", "maximum", "mode"}
    used = {e.function for walk in all_walks(world) for e in world.program(walk)}
    assert not used & {"count", "maximum", "mode"}
    for state in all_walks(world):
        assert replay_actions(world, state).actions == state, "no prefix is a dead end"


@pytest.mark.parametrize(
    ("tokens", "tags", "forbidden"),
    [
        (("how", "many"), (), False),
        (("which",), ("JJS",), True),
        ((), (), True),
    ],
)
def test_rules_match_tokens_and_tags(
    tokens: tuple[str, ...], tags: tuple[str, ...], forbidden: bool
) -> None:
    names = MAPO.forbidden(tokens, tags)
    assert ("count" in names) is forbidden
    assert ("argmax" in names) is ("JJS" not in tags)
    assert "hop" not in names and "filter_in" not in names, "what is not listed is allowed"


def test_triggers_that_leave_no_program_do_not_count() -> None:
    names = ("count", "first")
    functions = tuple(f for f in wtq_language().functions if f.name in names)
    rules = Triggers.from_state_dict({"count": ["how"]})
    world = TableWorld(tiny(), Language(functions, 2, triggers=rules))
    assert {world.function(a).name for a in world.start().valid} == {"count", "first"}


def test_triggers_are_saved_with_the_language() -> None:
    language = wtq_language(triggers=MAPO)
    assert Language.from_state_dict(language.state_dict()) == language


def test_triggers_of_unknown_functions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"drop the trigger words of \['median'\]"):
        wtq_language(triggers=Triggers.from_state_dict({"median": ["middle"]}))
