"""The page, as Streamlit runs it anew for every action of a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from sparse_rl.annotation.readers.column_options import TYPES, ColumnOptions
from sparse_rl.annotation.readers.dates import ORDERS
from sparse_rl.app import views
from sparse_rl.app.answers import NO_ANSWER, typed_items, unknown_items
from sparse_rl.app.choices import with_column, with_file_options
from sparse_rl.app.desk import Desk, Sheet
from sparse_rl.app.server import current_desk
from sparse_rl.app.table_names import shown_name
from sparse_rl.asking import plain_view
from sparse_rl.asking.result import Result
from sparse_rl.datamodules.tables.table_options import TableOptions
from sparse_rl.errors import SparseRLError
from sparse_rl.interpreters.tables.table import Scalar

_CSS = Path(__file__).with_name("app.css")
_AS_FOUND = "as found"
_UNITS = {"m": "metres"}
state = st.session_state


def main() -> None:
    """Draws the page."""
    st.set_page_config("sparse_rl", layout="wide")
    st.html(_CSS)
    desk = current_desk()
    learning = desk.is_learning()
    with st.sidebar:
        _choose_table(desk)
        _learn(desk, learning)
    problem = state.pop("problem", None)
    if problem:
        st.error(views.markdown_text(problem))
    if "refused" in state:
        _reading_of_the_file(desk, TableOptions(), "refused")
    sheet: Sheet | None = state.get("sheet")
    if sheet is None:
        st.html('<div class="empty">Drop a table on the left, then ask a question about it.</div>')
        return
    _table(desk, sheet)
    result: Result | None = state.get("result")
    if result is None:
        st.html(views.plain_table(sheet.opened.text))
    else:
        _result(desk, sheet, result)
    _asked(desk, sheet)


def _attempt(action: Callable[[], Any]) -> bool:
    """Runs an action; its error becomes a line of the page."""
    try:
        action()
    except SparseRLError as error:
        state.problem = str(error)
        return False
    return True


def _show_sheet(sheet: Sheet) -> None:
    state.sheet = sheet
    state.pop("result", None)
    state.pop("refused", None)


def _choose_table(desk: Desk) -> None:
    def upload() -> None:
        file = state.upload
        if file is None:
            return
        content = file.getvalue()
        state.pop("sheet", None)
        state.refused = (file.name, content)
        _attempt(lambda: _show_sheet(desk.open(file.name, content)))

    def reopen() -> None:
        if state.kept is not None:
            _attempt(lambda: _show_sheet(desk.reopen(state.kept)))

    st.html('<div class="brand">sparse_rl</div>')
    st.file_uploader(
        "Drop a table: CSV, TSV, Excel, OpenDocument or Parquet", key="upload", on_change=upload
    )
    tables = desk.folder.tables()
    if tables:
        st.selectbox(
            "or open one that was dropped before",
            tables,
            index=None,
            format_func=shown_name,
            key="kept",
            on_change=reopen,
        )


def _learn(desk: Desk, learning: bool) -> None:
    asked = desk.folder.asked()
    answers = sum(one.answer is not None for one in asked)
    st.html(
        f'<div class="counts"><b>{len(asked)}</b> asked<b>{answers}</b> answered</div>'
        f'<div class="more">answered by {desk.model_name}</div>'
    )
    st.button(
        f"Learn from {answers} answer{'' if answers == 1 else 's'}",
        on_click=desk.learn,
        disabled=learning,
        key="learn",
        width="stretch",
    )
    if learning:
        _progress()
        return
    done = desk.learning
    if done is not None and done.error:
        st.error(views.markdown_text(done.error))
    elif done is not None and done.result is not None:
        (st.success if done.result["kept"] else st.warning)(views.learned(done.result))


@st.fragment(run_every=1.0)
def _progress() -> None:
    desk = current_desk()
    if not desk.is_learning():
        st.rerun()
    elif desk.learning is not None:
        st.html(f'<div class="doing">learning: {desk.learning.doing} …</div>')


def _table(desk: Desk, sheet: Sheet) -> None:
    text, read = sheet.opened.text, sheet.opened.read
    st.html(views.heading(sheet.name, text))
    with st.expander("How the table was read, and corrections"):
        if read is not None:
            st.html(views.columns_table(read.columns, text))
        st.html(views.lines(text.notes))
        _reading_of_a_column(desk, sheet)
        _reading_of_the_file(desk, sheet.options, "file")
    with st.form("ask", border=False):
        left, right = st.columns([6, 1], vertical_alignment="bottom")
        question = left.text_input("Your question", placeholder="how many … ?")
        if right.form_submit_button("Ask", type="primary", width="stretch"):
            state.pop("result", None)
            _attempt(lambda: _show_result(desk.ask(sheet, question)))
            st.rerun()


def _show_result(result: Result) -> None:
    state.result, state.shown, state.serial = result, 0, state.get("serial", 0) + 1


def _reading_of_a_column(desk: Desk, sheet: Sheet) -> None:
    header = list(dict.fromkeys(sheet.opened.text.header))
    name = st.selectbox("Correct a column", header, index=None, key="column")
    if name is None:
        return
    chosen = sheet.options.columns.get(name, ColumnOptions())
    with st.form(f"column-{name}", border=False):
        parts = st.columns(5, vertical_alignment="bottom")
        type_ = _choice(parts[0], "Read as", TYPES, chosen.type)
        decimal = _choice(parts[1], "Decimal mark", (".", ","), chosen.decimal)
        order = _choice(parts[2], "Dates", ORDERS, chosen.order)
        unit = _choice(parts[3], "5m is 5", ("m",), chosen.unit)
        missing = parts[4].text_input(
            "Missing values, by commas", ", ".join(chosen.missing or ()), key="missing"
        )
        if st.form_submit_button("Read the column again"):
            options = with_column(sheet.options, name, type_, decimal, order, unit, missing)
            _attempt(lambda: _show_sheet(desk.reopen(sheet.table, options)))
            st.rerun()


def _choice(place: Any, label: str, options: tuple[str, ...], chosen: str | None) -> str | None:
    all_ = (_AS_FOUND, *options)
    found = place.selectbox(
        label, all_, all_.index(chosen or _AS_FOUND), lambda o: _UNITS.get(o, o)
    )
    return None if found == _AS_FOUND else str(found)


def _reading_of_the_file(desk: Desk, chosen: TableOptions, key: str) -> None:
    with st.form(key, border=False):
        parts = st.columns(4, vertical_alignment="bottom")
        encoding = parts[0].text_input("Encoding, such as cp1252", chosen.encoding or "")
        delimiter = parts[1].text_input("Cells separated by", chosen.delimiter or "", max_chars=2)
        header = parts[2].number_input("Line of the headers", 1, None, chosen.header)
        sheet = parts[3].text_input("Sheet of a spreadsheet", chosen.sheet or "")
        if not st.form_submit_button("Read the file again"):
            return
    options = with_file_options(chosen, encoding, delimiter, header, sheet)
    if key == "refused":
        name, content = state.refused
        _attempt(lambda: _show_sheet(desk.open(name, content, options)))
    else:
        _attempt(lambda: _show_sheet(desk.reopen(state.sheet.table, options)))
    st.rerun()


def _result(desk: Desk, sheet: Sheet, result: Result) -> None:
    shown = result.programs[state.shown]
    left, right = st.columns(2, gap="medium")
    left.html(views.answer_card(result))
    answer = plain_view.values(shown.answer, 3)
    labels = views.step_labels(shown, sheet.opened, desk.model.language, result.question)
    step = right.radio(
        "Steps" if state.shown == 0 else f"Steps to {views.markdown_text(answer)}",
        range(len(labels)),
        len(labels) - 1,
        format_func=lambda place: views.markdown_text(labels[place]),
        key=f"step-{state.serial}-{state.shown}",
    )
    many = len(sheet.opened.text.rows) > views.FEW_ROWS and right.toggle("more rows")
    most_rows = views.MANY_ROWS if many else views.FEW_ROWS
    st.html(views.steps_table(sheet.opened, shown, step, most_rows))
    with st.expander("SQL"):
        st.caption(plain_view.SQL_HEADING)
        st.code(shown.sql or plain_view.NO_SQL, "sql", wrap_lines=True)
    _right_answer(desk, sheet, result)


def _right_answer(desk: Desk, sheet: Sheet, result: Result) -> None:
    def keep(items: Sequence[Scalar]) -> None:
        _attempt(lambda: desk.keep_answer(sheet, result.question, items))

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


def _asked(desk: Desk, sheet: Sheet) -> None:
    asked = desk.folder.asked(sheet.table)
    if asked:
        with st.expander(f"Asked about this table: {len(asked)}"):
            st.html(views.asked_list(asked))


if __name__ == "__main__":
    main()
