"""Self-contained page about runs, for `sparse-rl report`."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparse_rl.analysis import breakdown
from sparse_rl.analysis.breakdown import FREQUENCIES, Share
from sparse_rl.analysis.diagnosis import Training, diagnosis_lines
from sparse_rl.analysis.programs import functions
from sparse_rl.analysis.runs import (
    SUMMARY,
    of_training,
    read_config,
    read_metrics,
    read_predictions,
    read_test,
)
from sparse_rl.errors import DataError
from sparse_rl.records import check_record

# More cannot be distinguished in one chart.
MAX_RUNS = 6
POINTS = 400
TEMPLATES = 20


@dataclass(frozen=True)
class RunPage:
    """Content of the page for one run.

    Attributes:
        name: unique on the page.
        folder: folder of the run.
        config: options by dotted name.
        metrics: rows of `metrics.csv` from the training.
        test: content of `test_metrics.json`, if there is one.
        predictions: lines of `predictions.jsonl`, if there are any.
    """

    name: str
    folder: Path
    config: dict[str, str]
    metrics: list[dict[str, float]]
    test: dict[str, Any] | None
    predictions: list[dict[str, Any]] | None

    @property
    def estimator(self) -> str:
        return self.config.get("model.estimator.class_path", "").rpartition(".")[2]

    @property
    def steps(self) -> int:
        return int(max((row["step"] for row in self.metrics), default=-1)) + 1

    @property
    def minutes(self) -> float | None:
        """Training time, without warm start and validation."""
        return max(
            (r["seconds/training"] / 60 for r in self._with("seconds/training")), default=None
        )

    @property
    def counts_programs(self) -> bool:
        """Whether the run logged how many programs it had executed."""
        return bool(self._with("programs/executed"))

    @property
    def monitor(self) -> str:
        """Metric that chose the best checkpoint."""
        return self.config.get("best_checkpoint.monitor", "val/greedy_accuracy")

    @property
    def best_dev(self) -> float | None:
        best = min if self.config.get("best_checkpoint.mode") == "min" else max
        return best((row[self.monitor] for row in self._with(self.monitor)), default=None)

    @property
    def diagnosis(self) -> list[str]:
        """What the figures of the training show, a line each."""
        mode = self.config.get("best_checkpoint.mode")
        training = Training(self.metrics, self.monitor, "min" if mode == "min" else "max")
        return diagnosis_lines(training)

    @property
    def of_programs(self) -> bool:
        """Whether the run's test, if any, counted right programs."""
        return self.test is None or "accuracy" in self.test

    @property
    def command(self) -> str:
        """Command that writes missing predictions."""
        return (
            f"sparse-rl test --config {self.folder}/config.yaml "
            f"--ckpt_path {self.folder}/checkpoints/best.ckpt"
        )

    def _with(self, name: str) -> list[dict[str, float]]:
        return [row for row in self.metrics if name in row]

    def series(self) -> dict[str, list[list[float]]]:
        """Steps and values of every metric, thinned evenly if there are too many."""
        names = sorted({name for row in self.metrics for name in row} - {"step", "epoch"})
        found = {}
        for name in names:
            rows = self._with(name)
            every = -(-len(rows) // POINTS)
            # From the end, to keep the last row.
            rows = rows[::-1][::every][::-1]
            steps = [row["step"] + 1 for row in rows]
            found[name] = [steps, [float(f"{row[name]:.5g}") for row in rows]]
        return found


def read_page(folders: Sequence[Path]) -> list[RunPage]:
    """Reads the runs.

    Raises:
        DataError: a folder is not a run's or is given twice, or there are too many.
    """
    if not 1 <= len(folders) <= MAX_RUNS:
        raise DataError(f"give 1 to {MAX_RUNS} runs, not {len(folders)}")
    if len(set(folders)) < len(folders):
        raise DataError("give each run once: a folder is named twice")
    configs = [dict(_flat(read_config(folder))) for folder in folders]
    return [
        RunPage(
            name,
            folder,
            config,
            of_training(read_metrics(folder), config.get("best_checkpoint.monitor")),
            _summarised(folder),
            read_predictions(folder),
        )
        for name, folder, config in zip(_names(folders, configs), folders, configs, strict=True)
    ]


def _summarised(folder: Path) -> dict[str, Any] | None:
    """Reads a run's test; that of a learner of programs has its whole summary."""
    test = read_test(folder)
    if test is not None and SUMMARY.keys() & test.keys():
        check_record(test, SUMMARY, str(folder / "test_metrics.json"))
    return test


def _names(folders: Sequence[Path], configs: Sequence[dict[str, str]]) -> list[str]:
    """Names of the configs, with parts of the folders if needed to distinguish the runs."""
    short = [
        config.get("trainer.logger.init_args.name", folder.parent.name)
        for folder, config in zip(folders, configs, strict=True)
    ]
    longer = [f"{name}/{folder.name}" for name, folder in zip(short, folders, strict=True)]
    for names in (short, longer):
        if len(set(names)) == len(names):
            return names
    return list(map(str, folders))


def _flat(value: Any, name: str = "") -> Iterable[tuple[str, str]]:
    """Yields options by dotted name, without Lightning's `init_args` in the names."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _flat(part, f"{name}.{key}" if name else str(key))
    else:
        yield name, value if isinstance(value, str) else json.dumps(value)


def differences(runs: Sequence[RunPage]) -> list[tuple[str, list[str]]]:
    """Lists the options in which runs differ, with each run's value ("–" without one)."""
    names = sorted({name for run in runs for name in run.config})
    rows = [
        (name.replace("init_args.", ""), [run.config.get(name, "–") for run in runs])
        for name in names
    ]
    return [row for row in rows if len(set(row[1])) > 1]


def other_tests(runs: Sequence[RunPage]) -> list[tuple[str, list[float | None]]]:
    """Lists the test metrics of models that write no programs."""
    found = [{} if run.of_programs else (run.test or {}).get("test", {}) for run in runs]
    names = sorted({name for test in found for name in test})
    return [(name, [test.get(name) for test in found]) for name in names]


@dataclass(frozen=True)
class Breakdown:
    """Accuracy by one property of the programs, for every run.

    Attributes:
        title: title of the table.
        group: header of the groups.
        rows: a group, and its share in each run; None if the run has none.
    """

    title: str
    group: str
    rows: list[tuple[str, list[Share | None]]]


def breakdowns(runs: Sequence[RunPage]) -> list[Breakdown]:
    """Breaks accuracy down by function, number of expressions, template frequency, and template."""
    lines = [run.predictions or [] for run in runs]
    by_function = _table(map(breakdown.by_function, lines))
    by_length = _table(map(breakdown.by_length, lines))
    by_frequency = _table(map(breakdown.by_frequency, lines))
    by_template = _table(map(breakdown.by_template, lines))
    order = [name for _, name in FREQUENCIES]
    return [
        Breakdown("By function", "Function", by_function),
        Breakdown("By number of expressions", "Expressions", sorted(by_length, key=_number)),
        Breakdown(
            "By how often the run wrote the template",
            "Template written",
            sorted(by_frequency, key=lambda row: order.index(row[0])),
        ),
        Breakdown(f"The {TEMPLATES} most frequent templates", "Template", by_template[:TEMPLATES]),
    ]


def _number(row: tuple[str, Any]) -> int:
    return int(row[0])


def _table(shares: Iterable[dict[str, Share]]) -> list[tuple[str, list[Share | None]]]:
    """Makes a row for each group, the largest first."""
    columns = list(shares)
    groups = {group for column in columns for group in column}

    def size(group: str) -> int:
        return sum(column[group].count for column in columns if group in column)

    ordered = sorted(groups, key=lambda group: (-size(group), group))
    return [(group, [column.get(group) for column in columns]) for group in ordered]


def questions(runs: Sequence[RunPage]) -> dict[str, Any]:
    """Columns of the table of questions; a run's are None without a prediction."""
    asked: dict[str, dict[str, Any]] = {}
    for run in runs:
        for line in run.predictions or []:
            asked.setdefault(line["id"], line)
    return {
        "id": list(asked),
        "question": [line["question"] for line in asked.values()],
        "answer": [_text(line.get("answer")) for line in asked.values()],
        "runs": [_answers(run.predictions or [], list(asked)) for run in runs],
    }


def _answers(lines: Sequence[dict[str, Any]], ids: Sequence[str]) -> list[list[Any] | None]:
    """Right (1, 0, or None if unknown), answer, log-probability, program, SQL and functions of
    each question."""
    found = {
        line["id"]: [
            None if line["reward"] is None else int(bool(line["reward"])),
            _text(line["denotation"]),
            round(line["log_prob"], 4),
            line["program"].removesuffix(" <END>"),
            line.get("sql"),
            functions(line["program"]),
        ]
        for line in lines
    }
    return [found.get(id_) for id_ in ids]


def _text(values: Sequence[Any] | None) -> str | None:
    if values is None:
        return None
    whole = (int(v) if isinstance(v, float) and v.is_integer() else v for v in values)
    return " · ".join(map(str, whole))


def render(runs: Sequence[RunPage]) -> str:
    """Renders the page; it needs no network: styles, scripts and data are in it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader("sparse_rl.analysis", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    charts = [{"name": run.name, "metrics": run.series()} for run in runs]
    return pages.get_template("report.html").render(
        runs=runs,
        differences=differences(runs),
        other_tests=other_tests(runs),
        overall=[breakdown.overall(run.predictions or []) for run in runs],
        breakdowns=breakdowns(runs),
        data=_packed({"runs": charts, "questions": questions(runs)}),
    )


def _packed(data: dict[str, Any]) -> str:
    """Encodes data as JSON, compressed (programs and SQL repeat themselves), in base 64."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
