"""What one person's page remembers between its runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from sparse_rl.app.desk import Sheet
from sparse_rl.asking.result import Result
from sparse_rl.errors import SparseRLError

state = st.session_state
"""The `sheet`; the `result`, its `serial` number, and the program `shown`; a `problem` to tell
once; the file that was `refused`."""


def attempt(action: Callable[[], Any]) -> None:
    """Runs an action; its error becomes a line of the page."""
    try:
        action()
    except SparseRLError as error:
        state.problem = str(error)


def show_sheet(sheet: Sheet) -> None:
    """Works on a table from now on, without a question."""
    state.sheet = sheet
    state.pop("result", None)
    state.pop("refused", None)


def show_result(result: Result) -> None:
    """Shows a result, and the steps of its best program."""
    state.result, state.shown, state.serial = result, 0, state.get("serial", 0) + 1
