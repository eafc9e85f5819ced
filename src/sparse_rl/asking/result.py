"""Results of `ask`, with views for an interpreter and a notebook."""

from __future__ import annotations

from dataclasses import dataclass

from sparse_rl.asking.candidates import RankedPrograms
from sparse_rl.asking.html_view import html
from sparse_rl.asking.plain_view import text


@dataclass(frozen=True, repr=False, eq=False)
class Result(RankedPrograms):
    """Answer to a question, with its derivation."""

    def __repr__(self) -> str:
        return text(self)

    def _repr_html_(self) -> str:
        return html(self)
