"""Compares methods by how many of their rewarded programs agree with no human logical form.

    python experiments/human_forms.py RUN … --out docs/results/wtq_human_forms.md \
        --data.root=DIR

A RUN is a folder such as runs/NAME/version_0. Runs of the same name are seeds of one method; every
figure is that of `sparse-rl spurious --ckpt_path RUN`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import bootstrap

from sparse_rl.analysis.results_page import write_section
from sparse_rl.analysis.runs import read_config
from sparse_rl.commands.spurious_rates import command_line_of, measure
from sparse_rl.exploration.tables.agreement import HEADLINE, AnnotatedQuestion, rates

COLUMNS = {
    "B, columns": ("columns", "b"),
    "B, columns and operations": (HEADLINE, "b"),
    "the same, all programs alike": (HEADLINE, "b_uniform"),
    "rewarded greedy, columns": ("columns", "greedy"),
    "rewarded greedy, columns and operations": (HEADLINE, "greedy"),
    "all greedy, columns and operations": (HEADLINE, "greedy_all"),
}
TITLE = "Trained policies"


def matrix(
    seeds: Sequence[Sequence[AnnotatedQuestion]], level: str, kind: str
) -> npt.NDArray[np.float64]:
    """Rates (seed, question), NaN where a seed has none."""
    found = [
        [next(iter(rates([question])[level][kind]), np.nan) for question in questions]
        for questions in seeds
    ]
    return np.array(found, dtype=float)


def cell(rates_SQ: npt.NDArray[np.float64]) -> str:
    """Per cent: mean ± standard deviation over seeds [95 % bootstrap interval over questions]."""
    known_SQ = 100 * rates_SQ[:, ~np.isnan(rates_SQ).all(0)]
    if not known_SQ.size or np.isnan(known_SQ).all(1).any():
        return "–"

    def mean(questions: npt.NDArray[np.int64]) -> float:
        chosen_SQ = known_SQ[:, questions.astype(int)]
        per_seed = [row[~np.isnan(row)].mean() for row in chosen_SQ if not np.isnan(row).all()]
        return float(np.mean(per_seed))

    questions = np.arange(known_SQ.shape[1])
    by_seed = np.nanmean(known_SQ, axis=1)
    text = f"{by_seed.mean():.1f}"
    if len(by_seed) > 1:
        text += f" ± {by_seed.std(ddof=1):.1f}"
    if len(questions) < 2:
        return text
    ends = bootstrap(
        (questions,), mean, vectorized=False, n_resamples=2000, method="percentile", rng=0
    ).confidence_interval
    return f"{text} [{ends.low:.1f}, {ends.high:.1f}]"


def table(methods: Mapping[str, Sequence[Sequence[AnnotatedQuestion]]]) -> str:
    """The table in Markdown, the least spurious B first."""
    found = {
        name: {head: matrix(seeds, *key) for head, key in COLUMNS.items()}
        for name, seeds in methods.items()
    }
    first = "B, columns and operations"
    order = sorted(found, key=lambda name: float(np.nanmean(found[name][first])))
    lines = [f"| method | seeds | {' | '.join(COLUMNS)} |", "|---|" + "--:|" * (1 + len(COLUMNS))]
    for name in order:
        cells = " | ".join(cell(found[name][head]) for head in COLUMNS)
        lines.append(f"| {name} | {len(methods[name])} | {cells} |")
    return "\n".join(lines)


def section(methods: Mapping[str, Sequence[Sequence[AnnotatedQuestion]]]) -> str:
    """The table with its explanation."""
    return "\n".join(
        [
            "Per cent of programs that agree with no human form: mean ± standard deviation over",
            "seeds [95 % bootstrap interval over questions]. B: mass of the policy within B, on",
            "annotated training questions; greedy: on annotated training and dev questions.",
            "Written by `python experiments/human_forms.py RUN … --out PAGE --data.root=DIR`.",
            "",
            table(methods),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folders of runs")
    parser.add_argument("--forms", type=Path, help="by default data/annotated-all.examples")
    parser.add_argument("--out", type=Path, required=True, help="Markdown page of the section")
    options, rest = parser.parse_known_args()
    methods: dict[str, list[list[AnnotatedQuestion]]] = {}
    for run in options.runs:
        summary: dict[str, Any] = measure(command_line_of(run, None, rest), run, options.forms)
        questions = [AnnotatedQuestion(**question) for question in summary["questions"]]
        name = read_config(Path(run))["trainer"]["logger"]["init_args"]["name"]
        methods.setdefault(name, []).append(questions)
        print(f"{run}: {summary['spurious_b']}")
    write_section(options.out, TITLE, section(methods))
    print(json.dumps({name: len(seeds) for name, seeds in methods.items()}))


if __name__ == "__main__":
    main()
