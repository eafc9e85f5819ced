"""Tasks of questions over tables, and their policy with key-variable memory."""

from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.spelled_task import SpelledTableTask
from sparse_rl.modules.tables.table_task import TableTask
from sparse_rl.modules.tables.transformer_task import TransformerTableTask
from sparse_rl.modules.tables.vocabulary import Vocabulary

__all__ = ["SpelledTableTask", "TablePolicy", "TableTask", "TransformerTableTask", "Vocabulary"]
