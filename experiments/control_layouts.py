"""Measures the layouts of actors: environment steps a second, bytes and forward calls per step.

    python experiments/control_layouts.py

CartPole-v1, eight actors with one environment each, a network of a million parameters.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from sparse_rl.analysis.results_page import machine, write_section
from sparse_rl.control import GymDataModule, VTraceLearner
from sparse_rl.control.layouts import Actors

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "results" / "control_layouts.md"
HEAD = """\
| layout | parameters | steps/second | bytes per step | forward calls per step | mean policy lag |
|---|---|---|---|---|---|"""


def measure(layout: Any, actors: int, hidden: int, unroll: int, unrolls: int) -> str:
    """Runs a layout without learning; returns a row of the table.

    The version of the weights rises with every unroll as it would in a training, so that copies are
    sent and age.
    """
    learner = VTraceLearner(layout=layout, actors=actors, hidden=hidden)
    data = GymDataModule(environments=actors, unroll=unroll)
    learner._trainer = SimpleNamespace(datamodule=data)  # type: ignore[assignment]
    learner.build(data.spaces())
    running = learner.start()
    assert isinstance(running, Actors)
    running.unroll(learner.act, unroll)  # The actors are up.
    running.steps = running.bytes = running.forwards = 0
    lags = []
    begin = time.perf_counter()
    for _ in range(unrolls):
        learner.network.version += 1
        versions = running.unroll(learner.act, unroll)["version"]
        lags.append(float((learner.network.version - versions).float().mean()))
    seconds = time.perf_counter() - begin
    found = running.measured()
    running.close()
    size = sum(weights.numel() for weights in learner.parameters())
    cells = [f"{layout}, {actors} actors", f"{size:,}", f"{running.steps / seconds:,.0f}"]
    cells += [f"{found['actors/bytes_per_step']:,.0f}"]
    cells += [f"{found['actors/forwards_per_step']:.3f}", f"{sum(lags) / len(lags):.2f}"]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Writes the section of the result page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--actors", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=712, help="width; 712 has 1.02 M parameters")
    parser.add_argument("--unroll", type=int, default=20)
    parser.add_argument("--unrolls", type=int, default=20)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    sizes = (options.actors, options.hidden, options.unroll, options.unrolls)
    rows = [measure(layout, *sizes) for layout in ("impala", "seed")]
    table = "\n".join([HEAD, *rows])
    command = " ".join(["python experiments/control_layouts.py", *sys.argv[1:]])
    text = f"{table}\n\nMachine: {machine()}. Command: `{command}`."
    write_section(options.page, "Cost of the layouts", text)
    print(table)


if __name__ == "__main__":
    main()
