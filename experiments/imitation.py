"""Scores of imitation by the number of trajectories: table and figure of both environments.

    python experiments/compare.py experiments/comparisons/imitation_cartpole.yaml
    python experiments/compare.py experiments/comparisons/imitation_acrobot.yaml
    python experiments/imitation.py

Reads the records of the two comparisons, runs nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

import matplotlib
from matplotlib import pyplot

from comparing.records import read_records
from sparse_rl.control.imitation.trajectories import Demonstrations, find_demonstrations

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
COMPARISONS = {"CartPole-v1": "imitation_cartpole", "Acrobot-v1": "imitation_acrobot"}
Scores = Mapping[tuple[str, int], Sequence[float]]
"""Scores of all seeds, by method and number of trajectories."""

HEAD = """\
# GAIL and behavioural cloning

Score of the return on 20 test episodes with drawn actions: 0 is the return of random actions, 1
the expert's; mean ± standard deviation over seeds, and the worst seed. Every twentieth
step of each trajectory is learned from, from a drawn one on. GAIL is tested with its last policy,
cloning with that of the least loss on held-out steps."""


def scores_of(path: Path, demonstrations: Demonstrations) -> Scores:
    """Reads the records of a comparison."""
    found: dict[tuple[str, int], list[float]] = {}
    for record in read_records(path):
        count = int(record.regime.split()[0])
        found.setdefault((record.method, count), []).append(demonstrations.score(record.test))
    return found


def table(scores: Scores) -> str:
    """A row for every method, a column for every number of trajectories."""
    counts = sorted({count for _, count in scores})
    head = [f"{count} {'trajectory' if count == 1 else 'trajectories'}" for count in counts]
    lines = ["| method | " + " | ".join(head) + " |", "|---" * (len(counts) + 1) + "|"]
    for method in dict.fromkeys(method for method, _ in scores):
        cells = [_cell(scores.get((method, count))) for count in counts]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(values: Sequence[float] | None) -> str:
    if values is None:
        return "–"
    spread = f" ± {stdev(values):.2f}" if len(values) > 1 else ""
    return f"{mean(values):.2f}{spread}, worst {min(values):.2f} ({len(values)} seeds)"


def plot(by_environment: Mapping[str, Scores], path: Path) -> None:
    """A panel for every environment: means of the seeds, and the seeds themselves."""
    matplotlib.rcParams["svg.hashsalt"] = "imitation"  # The same file from the same records.
    figure, panels = pyplot.subplots(
        1, len(by_environment), figsize=(9, 3.5), sharey=True, layout="constrained"
    )
    for panel, (environment, scores) in zip(panels, by_environment.items(), strict=True):
        for index, method in enumerate(dict.fromkeys(method for method, _ in scores)):
            counts = [count for name, count in scores if name == method]
            runs = [scores[method, count] for count in counts]
            colour = f"C{index}"
            panel.plot(counts, [mean(values) for values in runs], "o-", color=colour, label=method)
            for count, values in zip(counts, runs, strict=True):
                panel.plot([count] * len(values), values, ".", color=colour, alpha=0.4)
        panel.axhline(1.0, color="grey", linestyle=":")
        panel.set_title(environment)
        panel.set_xlabel("trajectories")
        panel.set_xticks(sorted({count for _, count in scores}))
        panel.grid(alpha=0.3)
        panel.legend(fontsize="small", loc="lower right")
    panels[0].set_ylabel("score: 0 random, 1 expert")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Writes page and figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the page")
    options = parser.parse_args()
    by_environment, parts = {}, [HEAD]
    for environment, name in COMPARISONS.items():
        demonstrations = find_demonstrations(environment, None)
        scores = scores_of(options.results / "data" / f"{name}.jsonl", demonstrations)
        by_environment[environment] = scores
        parts.append(
            f"## {environment}\n\n{table(scores)}\n\nThe expert has a return of "
            f"{demonstrations.expert_return:.1f} over 100 episodes, random actions have "
            f"{demonstrations.random_return:.1f}. Learning curves, returns and the command of the "
            f"runs: [{name}]({name}.md)."
        )
    image = options.results.parent / "images" / "imitation.svg"
    plot(by_environment, image)
    command = " ".join(["python experiments/imitation.py", *sys.argv[1:]])
    parts.append(
        "## By the number of trajectories\n\n![Scores](../images/imitation.svg)\n\n"
        f"Points are seeds, lines their means. Command: `{command}`."
    )
    page = options.results / "imitation.md"
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(*parts[1:], sep="\n\n")


if __name__ == "__main__":
    main()
