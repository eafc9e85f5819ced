"""Answers of trained models to questions about tables."""

from sparse_rl.asking.candidates import Candidate, TraceStep
from sparse_rl.asking.model import Model, load_model
from sparse_rl.asking.result import Result

__all__ = ["Candidate", "Model", "Result", "TraceStep", "load_model"]
