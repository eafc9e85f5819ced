"""Bytes that a program in memory takes, with millions of them.

    python benchmarks/memory_bytes.py --programs 10000000 --questions 500000

Fills a memory with random programs: a C of eight walks for every question, as draws file them, and
a B of all others, as a search files them. Then visits questions as training does, which computes
the valid sets of their programs, and takes a checkpoint's snapshot. Bytes are what the process's
resident memory has grown by. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sparse_rl.analysis.results_page import machine
from sparse_rl.interpreters.world import Trajectory, replay_actions
from sparse_rl.replay.memory import Memory

CHOICES = 3
CAPACITY_C = 8


class Words:
    """World of all words with one of `CHOICES` letters at each place: as many as a step of a
    program on WikiSQL's tables has valid actions."""

    def __init__(self, length: int, reward: float) -> None:
        self.length = length
        self.symbols = range(CHOICES * length)
        self._reward = reward

    def start(self) -> int:
        return 0

    def valid_actions(self, state: int) -> Sequence[int]:
        return range(CHOICES * state, CHOICES * (state + 1))

    def step(self, state: int, action: int) -> int:
        return state + 1

    def is_terminal(self, state: int) -> bool:
        return state == self.length

    def reward(self, state: int) -> float:
        return self._reward


def question(number: int) -> str:
    return f"question-{number}"


def fill(memory: Memory, options: argparse.Namespace) -> None:
    """Files all programs, a question's one after another."""
    rng = np.random.default_rng(0)
    each = options.programs // options.questions
    wrong = Words(options.length, 0.0)
    first_letters = CHOICES * np.arange(options.length)
    for number in range(options.questions):
        choices = rng.integers(0, CHOICES, (each, options.length))
        programs = list(map(tuple, (first_letters + choices).tolist()))
        memory.file_found(question(number), programs[CAPACITY_C:])
        for actions in programs[:CAPACITY_C]:
            memory.file(question(number), replay_actions(wrong, actions))


def visit(memory: Memory, options: argparse.Namespace) -> None:
    """Reads B and C of some questions, with all that a policy's packing keeps of a program."""
    right, wrong = Words(options.length, 1.0), Words(options.length, 0.0)
    for number in np.random.default_rng(1).permutation(options.questions)[: options.visits]:
        id_ = question(int(number))
        memory.replay.visit(id_)
        programs: list[Trajectory] = memory.replay.rewarded(id_, right)
        programs += memory.replay.unrewarded(id_, wrong)
        for program in programs:
            _ = program.action_array, program.valid_index
        memory.pack([id_])


def resident() -> int:
    """Bytes of the process's memory, after what is free has been given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Returns bytes per program after each step, and the seconds of each."""
    memory = Memory()
    memory.replay.capacity_c = CAPACITY_C
    empty = resident()
    report: dict[str, float] = {}

    def note(name: str, begin: float) -> None:
        report[f"{name}_seconds"] = time.process_time() - begin
        report[f"{name}_bytes"] = (resident() - empty) / options.programs

    begin = time.process_time()
    fill(memory, options)
    note("filled", begin)
    begin = time.process_time()
    memory.pack()
    note("packed", begin)
    begin = time.process_time()
    visit(memory, options)
    note("visited", begin)
    begin = time.process_time()
    state = memory.snapshot()
    note("snapshot", begin)
    del state
    rewarded, unrewarded = memory.replay.sizes()
    return {"rewarded": rewarded, "unrewarded": unrewarded, **report}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=int, default=1_000_000, help="programs of B and C")
    parser.add_argument("--questions", type=int, default=50_000, help="questions they are of")
    parser.add_argument("--length", type=int, default=8, help="actions of a program")
    parser.add_argument("--visits", type=int, default=5_000, help="questions visited afterwards")
    options = parser.parse_args()
    report = measure(options)
    print(machine())
    print(json.dumps({**vars(options), **report}))


if __name__ == "__main__":
    main()
