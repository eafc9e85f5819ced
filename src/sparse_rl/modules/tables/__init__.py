"""Tasks of questions over tables, and their policies."""

from typing import TYPE_CHECKING

from sparse_rl.late import late_names
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.table_task import TableTask
from sparse_rl.modules.tables.transformer_task import TransformerTableTask
from sparse_rl.modules.tables.vocabulary import Vocabulary

if TYPE_CHECKING:
    from sparse_rl.modules.tables.spelled_task import SpelledTableTask

__all__ = ["SpelledTableTask", "TablePolicy", "TableTask", "TransformerTableTask", "Vocabulary"]

# It imports Lightning, which answering a question does without.
__getattr__ = late_names(__name__, {"SpelledTableTask": "sparse_rl.modules.tables.spelled_task"})
