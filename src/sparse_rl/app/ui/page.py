"""The page, which Streamlit runs anew for every action of a person."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from sparse_rl.app import table_views, views
from sparse_rl.app.desk import Desk, Sheet
from sparse_rl.app.server import current_desk
from sparse_rl.app.table_names import shown_name
from sparse_rl.app.ui.reading import reading_of_a_column, reading_of_the_file
from sparse_rl.app.ui.result import result_panel
from sparse_rl.app.ui.session import attempt, show_result, show_sheet, state
from sparse_rl.asking.result import Result
from sparse_rl.datamodules.tables.table_options import TableOptions

_CSS = Path(__file__).with_name("app.css")


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
        reading_of_the_file(desk, TableOptions(), "refused")
        return
    sheet: Sheet | None = state.get("sheet")
    if sheet is None:
        st.html('<div class="empty">Drop a table on the left, then ask a question about it.</div>')
        return
    _table(desk, sheet)
    result: Result | None = state.get("result")
    if result is None:
        st.html(table_views.plain_table(sheet.opened.text))
    else:
        result_panel(desk, sheet, result)
    _asked(desk, sheet)


def _choose_table(desk: Desk) -> None:
    def upload() -> None:
        file = state.upload
        if file is None:
            state.pop("refused", None)
            return
        content = file.getvalue()
        state.pop("sheet", None)
        state.refused = (file.name, content)
        attempt(lambda: show_sheet(desk.open(file.name, content)))

    def reopen() -> None:
        if state.kept is not None:
            attempt(lambda: show_sheet(desk.reopen(state.kept)))

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
            st.html(table_views.columns_table(read.columns, text))
        st.html(views.lines(text.notes))
        reading_of_a_column(desk, sheet)
        reading_of_the_file(desk, sheet.options, "file")
    with st.form("ask", border=False):
        left, right = st.columns([6, 1], vertical_alignment="bottom")
        question = left.text_input("Your question", placeholder="how many … ?")
        if right.form_submit_button("Ask", type="primary", width="stretch"):
            state.pop("result", None)
            attempt(lambda: show_result(desk.ask(sheet, question)))
            st.rerun()


def _asked(desk: Desk, sheet: Sheet) -> None:
    asked = desk.folder.asked(sheet.table)
    if asked:
        with st.expander(f"Asked about this table: {len(asked)}"):
            st.html(table_views.asked_list(asked))


if __name__ == "__main__":
    main()
