"""A result: answer, steps on the table, SQL, and which answer is right."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from sparse_rl.app import table_views, views
from sparse_rl.app.answers import typed_items, unknown_items
from sparse_rl.app.desk import Desk, Sheet
from sparse_rl.app.ui.session import attempt, state
from sparse_rl.asking import plain_view
from sparse_rl.asking.result import Result
from sparse_rl.interpreters.tables.functions import NO_ANSWER
from sparse_rl.interpreters.tables.table import Scalar


def result_panel(desk: Desk, sheet: Sheet, result: Result) -> None:
    """Draws the answer, a step on the table, the SQL, and the choice of the right answer."""
    shown = result.programs[state.shown]
    left, right = st.columns(2, gap="medium")
    left.html(views.answer_card(result))
    answer = plain_view.values(shown.answer, 3)
    labels = views.step_labels(shown)
    key = f"step-{state.serial}-{state.shown}"
    right.radio(
        "Steps" if state.shown == 0 else f"Steps to {views.markdown_text(answer)}",
        range(len(labels)),
        len(labels) - 1,
        format_func=lambda place: views.markdown_text(labels[place]),
        key=key,
    )
    many = len(sheet.opened.text.rows) > table_views.FEW_ROWS and right.toggle("more rows")
    most_rows = table_views.MANY_ROWS if many else table_views.FEW_ROWS
    st.html(table_views.steps_table(sheet.opened, shown, state[key], most_rows))
    with st.expander("SQL"):
        st.caption(plain_view.SQL_HEADING)
        st.code(shown.sql or plain_view.NO_SQL, "sql", wrap_lines=True)
    _right_answer(desk, sheet, result)


def _right_answer(desk: Desk, sheet: Sheet, result: Result) -> None:
    def keep(items: Sequence[Scalar]) -> None:
        attempt(lambda: desk.keep_answer(sheet, result.question, items))

    def keep_typed() -> None:
        keep(typed_items(state[typed]))

    def show(place: int) -> None:
        state.shown = place

    with st.container(border=True, gap="small"):
        st.html(views.kept_answer(desk.folder.find_answer(result.question, sheet.table)))
        for place, candidate in enumerate(result.programs):
            words, steps, right = st.columns([9, 1, 1.7], vertical_alignment="center")
            words.html(views.alternative(candidate, place == state.shown))
            steps.button("Steps", f"steps-{place}", on_click=show, args=(place,), type="tertiary")
            right.button("This is right", f"right-{place}", on_click=keep, args=(candidate.answer,))
        typed = f"typed-{state.serial}"
        text, one, none = st.columns([6, 1.6, 2], vertical_alignment="bottom")
        text.text_area(
            "None of these: type the right answer, an item on each line", key=typed, height=68
        )
        one.button("Keep this answer", "keep", on_click=keep_typed)
        none.button("The table has no answer", "none", on_click=keep, args=((NO_ANSWER,),))
        unknown = unknown_items(sheet.opened, typed_items(state[typed]))
        if unknown:
            st.warning(views.markdown_text(f"No cell of the table is {', '.join(unknown)}"))
