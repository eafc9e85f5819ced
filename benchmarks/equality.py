"""One process against several with the same options and seeds: is it the same training?

    python benchmarks/equality.py --root DIR

Trains `gaca_wikisql.yaml` twice, in batches of eight, and compares every step's loss and gradient
norm, and in the end B, C, the explored set and the prior. Options that
are not the script's own are those of `train.py`, for both runs. Prints one JSON object as its last
line.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparse_rl.analysis.results_page import machine, write_section
from sparse_rl.checkpoint_file import read_checkpoint
from sparse_rl.checkpoint_parts import memory_states
from sparse_rl.exploration.explored import BloomExplored
from sparse_rl.replay.memory import Memory
from sparse_rl.replay.strata import Strata

REPOSITORY = Path(__file__).resolve().parents[1]
OPTIONS = (
    "--config=gaca_wikisql.yaml",
    "--model.task.dropout=0",
    "--data.batch_size=8",
    "--trainer.max_epochs=4",
    "--trainer.log_every_n_steps=1",
)
WORDS = {2: "two", 3: "three", 4: "four", 6: "six"}


@dataclass(frozen=True)
class Run:
    """What a run left: a number per step for each name, and its last checkpoint's state."""

    steps: dict[str, list[float]]
    state: dict[str, Any]

    def programs(self) -> dict[str, tuple[list[Any], list[Any], int]]:
        """B, C and visits of every example, in their order."""
        replay = Strata()
        replay.load_state_dict(self.state["replay"])
        return replay.contents()


def train(options: list[str], folder: Path) -> Run:
    """Runs `train.py fit` with one thread a process; shows all that it printed if it fails."""
    folder.mkdir()
    log = folder / "output.log"
    with log.open("w") as output:
        ended = subprocess.run(
            [sys.executable, str(REPOSITORY / "train.py"), "fit", *options]
            + ["--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false"]
            + [f"--trainer.logger.save_dir={folder}"],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if ended.returncode:
        print(log.read_text(errors="replace"), file=sys.stderr)
        raise SystemExit(f"a training has ended with status {ended.returncode}: see above")
    (version,) = folder.glob("*/version_0")
    with (version / "metrics.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["train/loss"]]
    names = ("train/loss", "train/gradient_norm")
    steps = {name: [float(row[name]) for row in rows] for name in names}
    state = read_checkpoint(version / "checkpoints" / "last.ckpt")["sparse_rl"]
    # Of several processes, the memory is in parts.
    whole = Memory(explored=BloomExplored(1)).union(memory_states(state))
    return Run(steps, {**state, **whole})


def difference(one: list[float], two: list[float]) -> dict[str, float]:
    """Largest and mean difference, relative to one process's value."""
    relative = [abs(a - b) / max(abs(a), 1e-12) for a, b in zip(one, two, strict=True)]
    return {"max": max(relative), "mean": sum(relative) / len(relative)}


def compare(one: Run, two: Run) -> dict[str, Any]:
    """The report: figures of the steps, and counts of what is not equal."""
    programs = one.programs(), two.programs()
    filters = [run.state["explored"] for run in (one, two)]
    priors = [run.state["prior"] for run in (one, two)]
    ids = programs[0].keys() | programs[1].keys()
    return {
        "steps": len(one.steps["train/loss"]),
        **{
            name.removeprefix("train/"): difference(one.steps[name], two.steps[name])
            for name in one.steps
        },
        "examples": len(ids),
        "rewarded": sum(len(b) for b, _, _ in programs[0].values()),
        "unrewarded": sum(len(c) for _, c, _ in programs[0].values()),
        "explored": filters[0]["count"],
        "templates": len(priors[0]["templates"]),
        "different_examples": sorted(i for i in ids if programs[0].get(i) != programs[1].get(i)),
        "different_bits": int((filters[0]["bits"] != filters[1]["bits"]).sum())
        + abs(filters[0]["count"] - filters[1]["count"]),
        "different_templates": len(
            set(map(str, priors[0]["templates"])) ^ set(map(str, priors[1]["templates"]))
        ),
    }


def text(report: dict[str, Any], processes: str, command: str) -> str:
    """The section of the result page."""
    rows = "\n".join(
        f"| {name.replace('_', ' ')} | {report[name]['max']:.1e} | {report[name]['mean']:.1e} |"
        for name in ("loss", "gradient_norm")
    )
    return (
        f"The same {report['steps']} steps by one process with a batch of 8 and by {processes} "
        "that share it, with fresh draws, draws from C and systematic exploration. Relative "
        f"differences over the steps:\n\n| | max | mean |\n|---|---|---|\n{rows}\n\n"
        f"In the end, of {report['examples']} questions {len(report['different_examples'])} have "
        f"a different B ({report['rewarded']} programs in all), C ({report['unrewarded']}), order "
        f"of them or number of visits; {report['different_bits']} bytes of the Bloom filter of "
        f"{report['explored']} explored prefixes differ, and {report['different_templates']} of "
        f"{report['templates']} templates of the prior are in one run only.\n\n"
        f"`{command}`, seed 0, one thread a process; {machine()}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--limit", type=int, default=104, help="questions; 13 steps an epoch")
    parser.add_argument("--out", type=Path, help="result page to write a section of")
    parser.add_argument(
        "--processes", type=int, choices=sorted(WORDS), default=2, help="of the second run"
    )
    options, rest = parser.parse_known_args()
    several = (f"--trainer.devices={options.processes}", "--trainer.strategy=ddp")
    data = [f"--data.root={options.root}", f"--data.limit={options.limit}"]
    with tempfile.TemporaryDirectory() as folder:
        one, two = (
            train([*OPTIONS, *data, *rest, *more], Path(folder, str(len(more))))
            for more in ((), several)
        )
    report = compare(one, two)
    if options.out:
        command = " ".join(["python benchmarks/equality.py --root DIR", *map(shlex.quote, rest)])
        if options.processes != 2:
            command += f" --processes {options.processes}"
        word = WORDS[options.processes]
        write_section(options.out, f"One process and {word}", text(report, word, command))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
