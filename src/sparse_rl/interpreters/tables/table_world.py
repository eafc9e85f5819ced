"""World of one question: programs over its table, action by action.

An action id is also the index of the policy's memory slot: first the language (end, functions,
`all_rows`, variables), then the table's properties, then the question's constants. Brackets leave
no choice, so they are not actions.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sparse_rl.interpreters.tables.answers import ListAnswer, value_types
from sparse_rl.interpreters.tables.argument_trees import ArgumentTrees, Choice
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.lazy_answer import LazyAnswer
from sparse_rl.interpreters.tables.offers import Offers, Scope
from sparse_rl.interpreters.tables.program import ALL_ROWS, END, Expression, Program
from sparse_rl.interpreters.tables.signature import (
    Answer,
    Function,
    Number,
    OneRow,
    Ordered,
    Strings,
)
from sparse_rl.interpreters.tables.table import Property

# Dates come last, so that the symbols of tables without dates do not change.
_PROPERTY_SYMBOLS = {"text": 0, "real": 1, "date": 4}
_CONSTANT_SYMBOLS = {"string": 2, "number": 3, "date": 5}


class State:
    """Prefix of a program. Immutable to users; caches its children."""

    __slots__ = (
        "_answer",
        "_children",
        "_choice",
        "_function",
        "actions",
        "scope",
        "valid",
    )

    def __init__(
        self,
        actions: tuple[int, ...],
        valid: tuple[int, ...],
        scope: Scope,
        function: Function | None = None,
        choice: Choice | None = None,
        answer: Answer | LazyAnswer | None = None,
    ) -> None:
        self.actions = actions
        self.valid = valid
        self.scope = scope
        self._answer = answer
        self._function = function
        self._choice = choice
        self._children: dict[int, State] = {}

    @property
    def answer(self) -> Answer | None:
        """The denotation, after the last expression."""
        answer = self._answer
        return answer.values if isinstance(answer, LazyAnswer) else answer

    def __hash__(self) -> int:
        return hash(self.actions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self.actions == other.actions


class ActionTokens:
    """Names and ids of the language's own actions, the same for every question."""

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
    """World of all programs over one example's table and constants.

    If the question's trigger words leave no program at all, they are ignored.

    Args:
        example: question, table, constants, answer.
        language: functions, limits and trigger words.
    """

    def __init__(self, example: Example, language: Language) -> None:
        self.example = example
        self.language = language
        self.tokens = ActionTokens(language)
        self.first_property = len(self.tokens)
        self.first_constant = self.first_property + len(example.table.properties)
        self.num_actions = self.first_constant + len(example.constants)
        # Many programs have few denotations.
        self._right: dict[Answer, bool] = {}

    @cached_property
    def offers(self) -> Offers:
        """Valid expressions; made on first use, as it executes programs."""
        language, example = self.language, self.example
        functions = dict(enumerate(language.functions, self.tokens.first_function))
        forbidden = language.triggers.forbidden(example.tokens, example.pos_tags)
        allowed = {a: f for a, f in functions.items() if f.name not in forbidden}
        trees = ArgumentTrees(example.table, self._candidates, language.narrowing)
        all_rows = (self.tokens.all_rows, example.table.all_rows)
        offers = Offers(trees, allowed, language.max_expressions, all_rows)
        if offers.functions(Scope()):
            return offers
        return Offers(trees, functions, language.max_expressions, all_rows)

    @cached_property
    def symbols(self) -> tuple[int, ...]:
        """Symbols: a language action has its own, a property or constant that of its type."""
        first = len(self.tokens)
        properties = (first + _PROPERTY_SYMBOLS[type_] for type_ in self.example.table.types)
        constants = (first + _CONSTANT_SYMBOLS[c.kind] for c in self.example.constants)
        return (*range(first), *properties, *constants)

    def start(self) -> State:
        scope = Scope()
        return State((), self.offers.functions(scope), scope)

    def valid_actions(self, state: State) -> tuple[int, ...]:
        return state.valid

    def is_terminal(self, state: State) -> bool:
        return not state.valid

    def reward(self, state: State) -> float:
        return float(state._answer is not None and self.is_right(state._answer))

    def is_right(self, answer: Answer | LazyAnswer) -> bool:
        """Whether a denotation is the example's gold answer."""
        gold = self.example.answer
        if gold is None or isinstance(answer, LazyAnswer):
            return gold is not None and gold.accepts(answer)
        right = self._right.get(answer)
        if right is None:
            right = self._right[answer] = gold.accepts(answer)
        return right

    def may_be_rewarded(self, state: State) -> bool:
        """Whether the current function can still give an answer of the gold answer's types.

        It does not compare values. True between expressions, as any function may follow.
        """
        gold = self.example.answer
        if not isinstance(gold, ListAnswer):
            return gold is not None
        types = value_types(gold.values)
        if state._answer is not None:
            return types == value_types(state._answer)
        if state._choice is None or state._function is None or state._function.returns_rows:
            return True
        return any(types == value_types(answer) for _, answer in state._choice.leaves())

    def step(self, state: State, action: int) -> State:
        child = state._children.get(action)
        if child is None:
            child = state._children[action] = self._advance(state, action)
        return child

    def _advance(self, state: State, action: int) -> State:
        actions = (*state.actions, action)
        scope = state.scope
        if action == self.tokens.end:
            return State(actions, (), scope, answer=state._answer)
        if state._choice is None:
            function = self.function(action)
            choice = self.offers.choice(action, scope)
            return State(actions, choice.valid, scope, function, choice)
        function = state._function  # type: ignore[assignment]
        if self.tokens.first_variable <= action < self.first_property:
            scope = scope.use(action - self.tokens.first_variable)
        value = state._choice.follow(action)
        if isinstance(value, Choice):
            return State(actions, value.valid, scope, function, value)
        if function.returns_rows:
            scope = scope.bind(value)
            return State(actions, self.offers.functions(scope), scope)
        return State(actions, (self.tokens.end,), scope, answer=value)

    def function(self, action: int) -> Function:
        """Returns the function of an action."""
        return self.language.functions[action - self.tokens.first_function]

    @cached_property
    def _candidates(self) -> dict[Any, list[tuple[int, Any]]]:
        """Action ids and values for each annotated parameter type."""
        constants = list(enumerate(self.example.constants, self.first_constant))
        candidates: dict[Any, list[tuple[int, Any]]] = {
            Strings: [(a, c.value) for a, c in constants if c.kind == "string"],
            Number: [(a, c.value) for a, c in constants if c.kind == "number"],
            Ordered: [(a, c.value) for a, c in constants if c.kind != "string"],
        }
        properties = list(enumerate(self.example.table.properties, self.first_property))
        kinds = {kind for function in self.language.functions for kind in function.parameters}
        for kind in kinds - {Strings, Number, Ordered, OneRow}:
            candidates[kind] = [(a, p) for a, p in properties if isinstance(p, kind)]
        return candidates

    def program(self, actions: tuple[int, ...]) -> Program:
        """Converts a finished action sequence to its program."""
        program = []
        position = 0
        while actions[position] != self.tokens.end:
            function = self.function(actions[position])
            stop = position + 2 + len(function.parameters)
            rows = self.tokens.names[actions[position + 1]]
            arguments = tuple(self._argument(a) for a in actions[position + 2 : stop])
            program.append(Expression(function.name, rows, arguments))
            position = stop
        return tuple(program)

    def _argument(self, action: int) -> Any:
        if action >= self.first_constant:
            return self.example.constants[action - self.first_constant].value
        if action >= self.first_property:
            return self.example.table.properties[action - self.first_property].name
        return self.tokens.names[action]

    def actions(self, program: Program) -> tuple[int, ...]:
        """Converts a program to its action ids; the inverse of `program`.

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
