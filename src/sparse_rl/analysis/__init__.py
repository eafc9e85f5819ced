"""Analysis of finished runs: curves, breakdowns, reports."""

from sparse_rl.analysis.diagnosis import Training, diagnose
from sparse_rl.analysis.report import RunPage, read_page, render
from sparse_rl.analysis.runs import (
    CurvePoint,
    FinishedRun,
    read_config,
    read_metrics,
    read_predictions,
    read_run,
    read_test,
)

__all__ = [
    "CurvePoint",
    "FinishedRun",
    "RunPage",
    "Training",
    "diagnose",
    "read_config",
    "read_metrics",
    "read_page",
    "read_predictions",
    "read_run",
    "read_test",
    "render",
]
