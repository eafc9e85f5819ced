"""Memory of one process and of several with many questions, and seconds to the first step.

    python benchmarks/memory_questions.py --questions 300000

Questions are copies of generated ones, each thirty on a table of their own, in a cache that is
there already. Every process reports its memory at the first step, and after all its questions have
been in a batch: what has grown with the first step and the worlds is not in it. Memory is that
which belongs to one process alone; pages of mapped files are the system's. Prints one JSON object
as its last line.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

import sparse_rl as sr
from sparse_rl import processes
from sparse_rl.analysis.results_page import machine
from sparse_rl.datamodules.everyday.everyday import EverydayDataModule
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.tables.table_task import TableTask

TABLES, EACH = 50, 30
STEPS = 3
BEGUN = "SPARSE_RL_BENCHMARK_BEGUN"


class Copies(EverydayDataModule):
    """Generated questions, and copies of them in train."""

    def __init__(self, questions: int, cache: Path) -> None:
        super().__init__(TABLES, EACH, cache=str(cache), seed=0)
        self.number = questions

    def preprocess(self, split: str) -> list[Example]:
        examples = super().preprocess(split)
        if split != "train":
            return examples
        copies = -(-self.number // len(examples))
        return [e for n in range(copies) for e in copied(examples, n)][: self.number]

    def compute_digest(self, split: str) -> str:
        return f"{super().compute_digest(split)}-{self.number}"


def copied(examples: list[Example], number: int) -> list[Example]:
    """Returns the examples with ids and tables of their own."""
    tables = {
        t.name: Table.of_views(
            f"{number}/{t.name}",
            t.header,
            t.types,
            [p.name for p in t.properties],
            t.columns,
            t.size,
            t.wording,
        )
        for t in {id(e.table): e.table for e in examples}.values()
    }
    return [
        Example(
            f"{number}/{e.id}",
            e.question,
            e.tokens,
            tables[e.table.name],
            e.constants,
            e.answer,
            e.pos_tags,
        )
        for e in examples
    ]


class Meter(pl.Callback):
    """Writes down a process's memory and seconds."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.report: dict[str, float] = {}

    def on_train_batch_end(self, trainer: pl.Trainer, *args: Any) -> None:
        if not self.report:
            self.report = {
                "first_step_seconds": time.time() - float(os.environ[BEGUN]),
                "first_step_processor_seconds": time.process_time(),
                "first_step_megabytes": private(),
            }

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        owned = sum(len(part) for part in data.train_dataloader())
        self.report |= {"questions": owned, "megabytes": private()}
        path = self.out / f"{processes.rank()}.json"
        path.write_text(json.dumps(self.report), encoding="utf-8")


def private() -> float:
    """Megabytes of this process's own memory, after what is free has been given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    status = Path("/proc/self/status").read_text()
    return float(status.partition("RssAnon:")[2].split()[0]) / 1024


def train(options: argparse.Namespace) -> None:
    """Trains for some steps in this process and, with several, in others that Lightning starts."""
    torch.set_num_threads(1)
    data = Copies(options.questions, options.cache)
    task = TableTask(embedding=64, hidden=64)
    learner = PolicyLearner(task, sr.Mapo(fresh=1), seed=0)
    trainer = pl.Trainer(
        default_root_dir=options.out,
        use_distributed_sampler=False,
        accelerator="cpu",
        devices=options.processes,
        strategy="ddp" if options.processes > 1 else "auto",
        max_steps=STEPS,
        limit_val_batches=0,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        callbacks=[Meter(options.out)],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(learner, datamodule=data)


def measure(questions: int, number: int, cache: Path) -> list[dict[str, float]]:
    """Returns the reports of the processes of a run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--questions", str(questions), "--cache", str(cache)]
        command += ["--processes", str(number), "--out", folder]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", BEGUN: str(time.time())}
        subprocess.run(command, check=True, env=environment, stdout=2)
        reports = sorted(Path(folder).glob("*.json"))
        return [json.loads(path.read_text(encoding="utf-8")) for path in reports]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--questions", type=int, default=100_000, help="training questions")
    parser.add_argument("--cache", type=Path, help="folder of the data; a new one by default")
    parser.add_argument("--processes", type=int, default=2, help="of the second run")
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.out:
        train(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        cache = options.cache or Path(folder)
        few = TABLES * EACH
        for number in (few, options.questions):
            data = Copies(number, cache)
            data.prepare_data()
            data.setup("fit")
            del data
        runs = {
            "few": measure(few, 1, cache),
            "one": measure(options.questions, 1, cache),
            "several": measure(options.questions, options.processes, cache),
        }
    base, one = runs["few"][0]["megabytes"], runs["one"][0]["megabytes"]
    most = max(run["megabytes"] for run in runs["several"])
    report = {
        **runs,
        "share": most / one,
        "share_above_base": (most - base) / (one - base),
        "bytes_a_question": 1024**2 * (one - base) / (options.questions - few),
    }
    print(machine())
    print(json.dumps(report))


if __name__ == "__main__":
    main()
