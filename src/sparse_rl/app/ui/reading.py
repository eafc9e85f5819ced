"""Forms that correct how a table was read."""

from __future__ import annotations

from typing import Any

import streamlit as st

from sparse_rl.annotation.readers.column_options import TYPES, ColumnOptions
from sparse_rl.annotation.readers.dates import ORDERS
from sparse_rl.app.choices import with_column, with_file_options
from sparse_rl.app.desk import Desk, Sheet
from sparse_rl.app.ui.session import attempt, show_sheet, state
from sparse_rl.datamodules.tables.table_options import TableOptions

_AS_FOUND = "as found"
_UNITS = {"m": "metres"}


def reading_of_a_column(desk: Desk, sheet: Sheet) -> None:
    """Draws the choices for one column."""
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
            attempt(lambda: show_sheet(desk.reopen(sheet.table, options)))
            st.rerun()


def _choice(place: Any, label: str, options: tuple[str, ...], chosen: str | None) -> str | None:
    all_ = (_AS_FOUND, *options)
    found = place.selectbox(
        label, all_, all_.index(chosen or _AS_FOUND), lambda o: _UNITS.get(o, o)
    )
    return None if found == _AS_FOUND else str(found)


def reading_of_the_file(desk: Desk, chosen: TableOptions, key: str) -> None:
    """Draws the choices for a file: the open one's, or one that was refused."""
    with st.form(f"read-{key}", border=False):
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
        attempt(lambda: show_sheet(desk.open(name, content, options)))
    else:
        attempt(lambda: show_sheet(desk.reopen(state.sheet.table, options)))
    st.rerun()
