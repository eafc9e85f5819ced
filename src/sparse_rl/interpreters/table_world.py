"""The world of one question: programs over its table, action by action.

An action id is also the index of the policy's memory slot: first the language (end, functions,
`all_rows`, variables), then the table's properties, then the question's constants. Brackets are
never a choice, so they are no actions.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from sparse_rl.interpreters.answers import same_answer, value_types
from sparse_rl.interpreters.example import Example
from sparse_rl.interpreters.language import (
    Answer,
    Function,
    Language,
    Number,
    Strings,
)
from sparse_rl.interpreters.program import ALL_ROWS, END, Expression, Program
from sparse_rl.interpreters.table import Property


class Choice:
    """Arguments still to choose: what each valid action leads to, a `Choice` or a value."""

    __slots__ = ("next", "valid")

    def __init__(self, next_: dict[int, Any]) -> None:
        self.next = next_
        self.valid = tuple(next_)


class State:
    """A prefix of a program. Immutable to its users; remembers the children it has led to."""

    __slots__ = (
        "_children",
        "_choice",
        "_count",
        "_function",
        "_rows",
        "actions",
        "answer",
        "valid",
    )

    def __init__(
        self,
        actions: tuple[int, ...],
        valid: tuple[int, ...],
        rows: int,
        count: int,
        function: Function | None = None,
        choice: Choice | None = None,
        answer: Answer | None = None,
    ) -> None:
        self.actions = actions
        self.valid = valid
        self.answer = answer
        self._rows = rows
        self._count = count
        self._function = function
        self._choice = choice
        self._children: dict[int, State] = {}

    def __hash__(self) -> int:
        return hash(self.actions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self.actions == other.actions


class ActionTokens:
    """Names and numbers of the language's own actions, the same for every question."""

    def __init__(self, language: Language) -> None:
        variables = tuple(f"v{i}" for i in range(language.max_expressions - 1))
        self.names = (END, *language.names, ALL_ROWS, *variables)
        self.end = 0
        self.first_function = 1
        self.all_rows = 1 + len(language.functions)
        self.first_variable = self.all_rows + 1

    def __len__(self) -> int:
        return len(self.names)


class TableWorld:
    """All programs over one example's table and constants.

    Every variable but the last is used: with functions of one set of rows that makes programs
    chains, so each expression works on the rows of the one before it.

    Args:
        example: question, table, constants, answer.
        language: functions and limits.
    """

    def __init__(self, example: Example, language: Language) -> None:
        self.example = example
        self.language = language
        self.tokens = ActionTokens(language)
        table = example.table
        self.first_property = len(self.tokens)
        self.first_constant = self.first_property + len(table.properties)
        self.num_actions = self.first_constant + len(example.constants)
        self._trees: dict[tuple[str, int], Choice] = {}
        self._starts: dict[tuple[int, int], tuple[int, ...]] = {}

    @cached_property
    def symbols(self) -> tuple[int, ...]:
        """Language actions stand for themselves, properties and constants for their type."""
        table, first = self.example.table, len(self.tokens)
        properties = tuple(first + ("text", "real").index(type_) for type_ in table.types)
        kinds = tuple(first + 2 + (c.kind == "number") for c in self.example.constants)
        return (*range(first), *properties, *kinds)

    def start(self) -> State:
        rows = self.example.table.all_rows
        return State((), self._start_of_expression(rows, 0), rows, 0)

    def valid_actions(self, state: State) -> tuple[int, ...]:
        return state.valid

    def is_terminal(self, state: State) -> bool:
        return not state.valid

    def reward(self, state: State) -> float:
        return float(state.answer is not None and self.is_right(state.answer))

    def is_right(self, answer: Answer) -> bool:
        """Whether a denotation is the example's gold answer."""
        gold = self.example.answer
        return gold is not None and same_answer(gold, answer)

    def may_be_rewarded(self, state: State) -> bool:
        """Whether the function under way can still give an answer of the gold answer's types.

        Values are not compared. True between expressions, as any function may follow.
        """
        gold = self.example.answer
        if gold is None or state.answer is not None:
            return gold is not None and value_types(gold) == value_types(state.answer or ())
        if state._choice is None or state._function is None or state._function.returns_rows:
            return True
        return any(value_types(gold) == value_types(answer) for answer in _values(state._choice))

    def step(self, state: State, action: int) -> State:
        child = state._children.get(action)
        if child is None:
            child = state._children[action] = self._advance(state, action)
        return child

    def _advance(self, state: State, action: int) -> State:
        actions = (*state.actions, action)
        choice: Any
        if action == self.tokens.end:
            return State(actions, (), state._rows, state._count, answer=state.answer)
        if state._choice is None:
            function = self.language.functions[action - self.tokens.first_function]
            choice = self._rows_choice(function, state._rows, state._count)
        else:
            function = state._function  # type: ignore[assignment]
            choice = state._choice.next[action]
        if isinstance(choice, Choice):
            return State(actions, choice.valid, state._rows, state._count, function, choice)
        if function.returns_rows:
            count = state._count + 1
            return State(actions, self._start_of_expression(choice, count), choice, count)
        return State(actions, (self.tokens.end,), state._rows, state._count + 1, answer=choice)

    def _start_of_expression(self, rows: int, count: int) -> tuple[int, ...]:
        """Functions that have a value on these rows; the last expression must be an answer."""
        last = count == self.language.max_expressions - 1
        valid = self._starts.get((rows, last))
        if valid is None:
            valid = self._starts[rows, last] = tuple(
                action
                for action, function in enumerate(self.language.functions, 1)
                if not (last and function.returns_rows) and self.has_value(function, rows)
            )
        return valid

    def has_value(self, function: Function, rows: int) -> bool:
        """Whether some arguments give the function a value on the rows."""
        return self.arguments(function, rows) is not None

    def _rows_choice(self, function: Function, rows: int, count: int) -> Choice:
        return Choice({self.rows_variable(count): self.arguments(function, rows)})

    def rows_variable(self, count: int) -> int:
        """Action that names the rows which expression number `count` works on."""
        return self.tokens.first_variable + count - 1 if count else self.tokens.all_rows

    def arguments(self, function: Function, rows: int) -> Any:
        """Tree of all argument choices with a value; a bare value where there is no argument.

        Returns:
            A `Choice`, or the value of a function without arguments; None where no choice works.
        """
        key = (function.name, rows)
        if key not in self._trees:
            self._trees[key] = self._grow(function, rows, ())
        return self._trees[key]

    def _grow(self, function: Function, rows: int, arguments: tuple[Any, ...]) -> Any:
        if len(arguments) == len(function.parameters):
            value = function.call(self.example.table, rows, *arguments)
            useless = self.language.narrowing and function.returns_rows and value == rows
            return None if useless or not value else value
        branches = {}
        for action, argument in self._candidates[function.parameters[len(arguments)]]:
            branch = self._grow(function, rows, (*arguments, argument))
            if branch is not None:
                branches[action] = branch
        return Choice(branches) if branches else None

    @cached_property
    def _candidates(self) -> dict[Any, list[tuple[int, Any]]]:
        """Action ids and values that fit each annotated parameter type."""
        constants = list(enumerate(self.example.constants, self.first_constant))
        candidates: dict[Any, list[tuple[int, Any]]] = {
            Strings: [(a, c.value) for a, c in constants if c.kind == "string"],
            Number: [(a, c.value) for a, c in constants if c.kind == "number"],
        }
        properties = list(enumerate(self.example.table.properties, self.first_property))
        for kind in {p for f in self.language.functions for p in f.parameters} - {Strings, Number}:
            candidates[kind] = [(a, p) for a, p in properties if isinstance(p, kind)]
        return candidates

    def program(self, actions: tuple[int, ...]) -> Program:
        """The program that a finished action sequence spells."""
        program = []
        position = 0
        while actions[position] != self.tokens.end:
            function = self.language.functions[actions[position] - self.tokens.first_function]
            stop = position + 2 + len(function.parameters)
            rows = self.tokens.names[actions[position + 1]]
            arguments = tuple(self._argument(a) for a in actions[position + 2 : stop])
            program.append(Expression(function.name, rows, arguments))
            position = stop
        return tuple(program)

    def _argument(self, action: int) -> Any:
        if action >= self.first_constant:
            return self.example.constants[action - self.first_constant].value
        return self.example.table.properties[action - self.first_property].name

    def actions(self, program: Program) -> tuple[int, ...]:
        """Action ids of a program; the inverse of `program`.

        Raises:
            ValueError: the program uses a constant or property that the question does not offer.
        """
        ids: dict[Any, int] = {name: i for i, name in enumerate(self.tokens.names)}
        properties: tuple[Property, ...] = self.example.table.properties
        ids.update((p.name, i) for i, p in enumerate(properties, self.first_property))
        ids.update((c.value, i) for i, c in enumerate(self.example.constants, self.first_constant))
        actions = []
        for expression in program:
            for word in (expression.function, expression.rows, *expression.arguments):
                if word not in ids:
                    raise ValueError(f"drop this program: {word!r} is not offered by its question")
                actions.append(ids[word])
        return (*actions, self.tokens.end)


def _values(choice: Any) -> Iterator[Any]:
    """Values of all ways to choose the arguments."""
    if not isinstance(choice, Choice):
        yield choice
        return
    for branch in choice.next.values():
        yield from _values(branch)
