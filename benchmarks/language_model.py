"""Processor time and memory of a training step by the size of a language model.

    python benchmarks/language_model.py --sizes 128x4 256x8

Models have random weights: time and memory do not depend on what they have learned. A step draws
some completions for each of some prompts and takes one gradient step of MAPO on them.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

import sparse_rl as sr
from sparse_rl.modules.language_models import CompletionTask, NewModel

MB = 1024


def never(completion: str) -> float:
    """No completion is rewarded: every draw counts as fresh."""
    return 0.0


def prompts(number: int) -> list[sr.Prompt]:
    return [sr.Prompt(str(n), f"{n} from {n % 7} {n % 5} 8 :", never) for n in range(number)]


def measure(width: int, layers: int, draws: int, steps: int) -> str:
    """Returns a row: parameters, seconds of processor time per step, and greatest memory."""
    torch.set_num_threads(1)
    new = NewModel(layers=layers, width=width, heads=width // 32, vocabulary=512, context=64)
    task = CompletionTask(new, prompts(8 * steps), prompts(1), max_tokens=16)
    assert task.data is not None
    task.data.batch_size = 8
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        run = sr.fit(
            task,
            sr.Reinforce(fresh=draws),
            folder=Path(folder),
            max_epochs=1,
            accelerator="cpu",
            learner={"beam_width": 1},
        )
        seconds = (time.process_time() - begin) / steps
        count = sum(weights.numel() for weights in run.learner.policy.parameters())
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = (after - before) / MB
    return f"| {width} x {layers} | {count / 1e6:.1f} | {seconds:.1f} | {grown:,.0f} |"


def main() -> None:
    """Prints a table, each row from a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sizes", nargs="+", default=["128x4", "256x6", "384x8"])
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--one", action="store_true", help="one size, in this process")
    options = parser.parse_args()
    if options.one:
        width, layers = map(int, options.sizes[0].split("x"))
        print(measure(width, layers, options.draws, options.steps))
        return
    print("| width x layers | parameters (M) | processor s per step | memory beyond start (MB) |")
    print("|---|---|---|---|", flush=True)
    for size in options.sizes:
        more = ["--draws", str(options.draws), "--steps", str(options.steps)]
        words = [sys.executable, __file__, "--one", "--sizes", size, *more]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        print(done.stdout.strip().splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()
