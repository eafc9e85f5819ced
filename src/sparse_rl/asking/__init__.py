"""A trained model over tables, asked questions."""

from sparse_rl.asking.candidates import Candidate, TraceStep
from sparse_rl.asking.model import Model, load_model
from sparse_rl.asking.result import Result

__all__ = ["Candidate", "Model", "Result", "TraceStep", "load_model"]
