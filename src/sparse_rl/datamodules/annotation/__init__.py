"""Annotation in CoreNLP's style by rules: questions token by token, cells as typed values."""

from sparse_rl.datamodules.annotation.cells import CellAnnotation, annotate_cell
from sparse_rl.datamodules.annotation.questions import QuestionAnnotation, annotate_question

__all__ = ["CellAnnotation", "QuestionAnnotation", "annotate_cell", "annotate_question"]
