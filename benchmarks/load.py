"""Seconds until the training and dev examples are loaded, without a cache and with one.

    python benchmarks/load.py --root DIR

Loads twice, each time in a fresh process: first with an empty cache, then with the cache that
the first left. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def load(root: Path, cache: Path, started: float) -> dict[str, float]:
    """Loads both splits in this process, which began at `started` (seconds of the epoch)."""
    from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule

    imported = time.time()
    data = WikiSQLDataModule(str(root), cache=str(cache))
    # As lists: they stay in their files until they are read.
    examples = sum(len(list(data.examples(split))) for split in ("train", "dev"))
    loaded = time.time()
    return {
        "seconds": loaded - started,
        "import_seconds": imported - started,
        "load_seconds": loaded - imported,
        "examples": examples,
    }


def load_in_fresh_process(root: Path, cache: Path) -> dict[str, Any]:
    """`load` in a new interpreter; its clock starts when the process does."""
    command = [sys.executable, __file__, "--root", str(root), "--cache", str(cache)]
    started = ["--started", repr(time.time())]
    done = subprocess.run([*command, *started], stdout=subprocess.PIPE, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def main() -> None:
    started = time.time()
    parser = argparse.ArgumentParser(description="Measures loading of the train and dev splits.")
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--cache", type=Path, help="load once, in this process, with this cache")
    parser.add_argument(
        "--started", type=float, default=started, help="with --cache: when the process began"
    )
    options = parser.parse_args()
    if options.cache:
        print(json.dumps(load(options.root, options.cache, options.started)))
        return
    with tempfile.TemporaryDirectory() as cache:
        cold = load_in_fresh_process(options.root, Path(cache))
        cached = load_in_fresh_process(options.root, Path(cache))
    report = {
        "cold_seconds": cold["seconds"],
        "cached_seconds": cached["seconds"],
        "examples": cached["examples"],
        "import_seconds": cached["import_seconds"],
        "cold_load_seconds": cold["load_seconds"],
        "cached_load_seconds": cached["load_seconds"],
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
