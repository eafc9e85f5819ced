"""Rule-based annotation in CoreNLP's style: questions token by token, cells as typed values."""

from sparse_rl.annotation.cells import annotate_cell
from sparse_rl.annotation.questions import annotate_question
from sparse_rl.annotation.types import Annotation, CellTags

__all__ = ["Annotation", "CellTags", "annotate_cell", "annotate_question"]
