"""Exploration of tables: search over denotations, coverage, credibility."""

from sparse_rl.exploration.tables.coverage import Coverage, coverage, coverage_page, coverage_table
from sparse_rl.exploration.tables.credibility import (
    credibility,
    fictitious_tables,
    meaning,
    mentions,
    select,
)
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.exploration.tables.exhaustive import exhaustive_programs, search_denotations

__all__ = [
    "Coverage",
    "TableDomain",
    "coverage",
    "coverage_page",
    "coverage_table",
    "credibility",
    "exhaustive_programs",
    "fictitious_tables",
    "meaning",
    "mentions",
    "search_denotations",
    "select",
]
