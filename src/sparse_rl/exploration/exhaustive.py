"""Exhaustive search: every rewarded program of a table world, found and not sampled.

The interpreter is deterministic, so programs that reach the same rows with the same number of
expressions left have the same continuations. The search keeps one entry per set of rows and level
together with all ways to reach it, and checks an answer once per entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sparse_rl.interpreters.table_world import Choice, TableWorld

Actions = tuple[int, ...]


def exhaustive_programs(world: TableWorld, max_programs: int = 100) -> list[Actions]:
    """Rewarded programs by increasing number of expressions.

    Args:
        world: an example's world.
        max_programs: stop after the level (number of expressions) that reaches this many, and
            keep this many.

    Returns:
        Action sequences; the same set that systematic exploration finds at exhaustion, as long
        as it is smaller than `max_programs`.
    """
    found: list[Actions] = []
    reached: dict[int, list[Actions]] = {world.example.table.all_rows: [()]}
    for count in range(world.language.max_expressions):
        following: dict[int, list[Actions]] = {}
        for rows, ways in reached.items():
            endings, selections = _expressions(world, rows, count)
            found.extend((*way, *ending, world.tokens.end) for way in ways for ending in endings)
            for selected, expression in selections:
                following.setdefault(selected, []).extend((*way, *expression) for way in ways)
        if len(found) >= max_programs:
            break
        reached = following
    return found[:max_programs]


def _expressions(
    world: TableWorld, rows: int, count: int
) -> tuple[list[Actions], list[tuple[int, Actions]]]:
    """Expressions on `rows` that give the right answer, and those that select rows."""
    endings: list[Actions] = []
    selections: list[tuple[int, Actions]] = []
    last = count == world.language.max_expressions - 1
    for action, function in enumerate(world.language.functions, world.tokens.first_function):
        if (last and function.returns_rows) or not world.has_value(function, rows):
            continue
        variable = world.rows_variable(count)
        for arguments, value in _leaves(world.arguments(function, rows), ()):
            expression = (action, variable, *arguments)
            if function.returns_rows:
                selections.append((value, expression))
            elif world.is_right(value):
                endings.append(expression)
    return endings, selections


def _leaves(choice: object, path: Actions) -> Iterator[tuple[Actions, Any]]:
    if not isinstance(choice, Choice):
        yield path, choice
        return
    for action, branch in choice.next.items():
        yield from _leaves(branch, (*path, action))
