"""Exploration of tables: search over denotations, coverage, reach, credibility, human forms."""

from sparse_rl.exploration.tables.agreement import (
    AnnotatedQuestion,
    agreement_page,
    agreement_table,
    comparable_forms,
    spurious_mass,
    spurious_summary,
)
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
from sparse_rl.exploration.tables.reach import Reach, Unreached, reach

__all__ = [
    "AnnotatedQuestion",
    "Coverage",
    "Reach",
    "TableDomain",
    "Unreached",
    "agreement_page",
    "agreement_table",
    "comparable_forms",
    "coverage",
    "coverage_page",
    "coverage_table",
    "credibility",
    "exhaustive_programs",
    "fictitious_tables",
    "meaning",
    "mentions",
    "reach",
    "search_denotations",
    "select",
    "spurious_mass",
    "spurious_summary",
]
