"""Bytes in memory per training question, by part, after some passes over the questions.

    python benchmarks/memory_parts.py --root DIR --config gaca_wikisql.yaml

Trains with the config and adds up the sizes of all objects that are reached from each part, an
object in the first part that reaches it. Options that are not the script's own are those of
`train.py`. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from sparse_rl.analysis.results_page import machine
from sparse_rl.commands.programs import instantiate
from sparse_rl.config_files import find_config

OPTIONS = (
    "--data=WikiSQLDataModule",
    "--trainer.accelerator=cpu",
    "--trainer.limit_val_batches=0",
    "--trainer.logger=CSVLogger",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
)


class Sizes:
    """Adds up the bytes of objects, each of them once."""

    def __init__(self, known: Iterable[Any]) -> None:
        self._seen = set(map(id, known))
        self._kept: list[Any] = []

    def of(self, *roots: Any) -> int:
        """Returns the bytes of what is reached from some objects and is not counted yet."""
        total, waiting = 0, list(roots)
        while waiting:
            found = waiting.pop()
            if id(found) in self._seen or isinstance(found, type | ModuleType | FunctionType):
                continue
            self._seen.add(id(found))
            # An id is one object's as long as the object is there.
            self._kept.append(found)
            total += sys.getsizeof(found)
            if isinstance(found, torch.Tensor):
                total += found.untyped_storage().nbytes()
            elif not isinstance(found, np.ndarray):
                waiting += gc.get_referents(found)
        return total


def measure(arguments: list[str]) -> dict[str, float]:
    """Trains with the command line's arguments; returns bytes per question."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        cli = instantiate([*arguments, f"--trainer.logger.save_dir={folder}"])
        learner, data, trainer = cli.model, cli.datamodule, cli.trainer
        trainer.callbacks = [c for c in trainer.callbacks if not isinstance(c, ModelCheckpoint)]
        trainer.fit(learner, datamodule=data)
    examples, replay = data.examples("train"), learner.memory.replay
    language = [data.language, learner.task, learner.policy.vocabulary]
    sizes = Sizes([])
    sizes.of(*language)
    tables = list({id(e.table): e.table for e in examples}.values())
    read = [(t.name, t.header, t.types, t.properties, t.columns) for t in tables]
    entries = replay._entries.values()
    found = {
        "dealing and order": sizes.of(data.shares, data._order),
        "tables": sizes.of(*read),
        "and what their worlds have kept of them": sizes.of(*tables),
        "questions": sizes.of(*examples),
        "features": sizes.of(*learner.policy._arrays.values()),
        "worlds": sizes.of(*learner._worlds.values()),
        "B": sizes.of(*(e.rewarded for e in entries)),
        "C": sizes.of(*(e.unrewarded for e in entries)),
        "programs as objects": sizes.of(replay._unpacked),
        "visits and places in memory": sizes.of(replay),
        "explored set": sizes.of(learner.memory.explored),
    }
    number = len(examples)
    rewarded, unrewarded = replay.sizes()
    return {
        "questions": number,
        "tables": len(tables),
        "b": rewarded / number,
        "c": unrewarded / number,
        "explored": len(learner.memory.explored) / number,
        **{f"{name} (bytes)": size / number for name, size in found.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--config", default="gaca_wikisql.yaml", help="training config")
    parser.add_argument("--limit", type=int, default=2000, help="training questions; 0: all")
    parser.add_argument("--epochs", type=int, default=2, help="passes over them")
    options, rest = parser.parse_known_args()
    torch.set_num_threads(1)
    own = [f"--config={find_config(options.config)}", *OPTIONS, f"--data.root={options.root}"]
    own += [f"--data.limit={options.limit}", f"--trainer.max_epochs={options.epochs}"]
    report = measure([*own, *rest])
    print(machine())
    print(json.dumps(report))


if __name__ == "__main__":
    main()
