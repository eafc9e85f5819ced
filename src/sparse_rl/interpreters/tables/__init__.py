"""Tables, the language of programs over them, answers, and SQL."""

from sparse_rl.interpreters.tables.answers import Gold, ListAnswer
from sparse_rl.interpreters.tables.cell_answers import CellAnswer
from sparse_rl.interpreters.tables.constants import Constant, find_constants
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.lambda_dcs import LogicalForm, format_form, parse_forms
from sparse_rl.interpreters.tables.language import Language, wikisql_language, wtq_language
from sparse_rl.interpreters.tables.program import (
    Expression,
    Program,
    format_program,
    parse_program,
    run_program,
)
from sparse_rl.interpreters.tables.signature import Function
from sparse_rl.interpreters.tables.sketch import Sketch, form_sketch, program_sketch
from sparse_rl.interpreters.tables.sql import run_sql, sql_if_any, to_sql
from sparse_rl.interpreters.tables.sql_import import ImportedTable
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.interpreters.tables.table_features import Clues, clues, table_features
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.triggers import Triggers, load_triggers
from sparse_rl.interpreters.tables.typed_answers import SetAnswer

__all__ = [
    "CellAnswer",
    "Clues",
    "Constant",
    "Date",
    "Example",
    "Expression",
    "Function",
    "Gold",
    "ImportedTable",
    "Language",
    "ListAnswer",
    "LogicalForm",
    "Program",
    "SetAnswer",
    "Sketch",
    "Table",
    "TableWorld",
    "Triggers",
    "clues",
    "find_constants",
    "form_sketch",
    "format_form",
    "format_program",
    "load_triggers",
    "parse_forms",
    "parse_program",
    "program_sketch",
    "run_program",
    "run_sql",
    "sql_if_any",
    "table_features",
    "to_sql",
    "wikisql_language",
    "wtq_language",
]
