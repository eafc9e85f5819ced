"""Kills processes of small runs at random moments, and looks at what each kill leaves."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sparse_rl.checkpoint_file import read_weights
from sparse_rl.checkpoint_parts import memory_states
from sparse_rl.config_files import find_config
from sparse_rl.datamodules.quickstart.data import generate
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.errors import CheckpointError
from stressing.caches import SIZES
from stressing.lives import Life, live

OPTIONS = (
    "--model.estimator.fresh=1",
    "--model.explore_per_visit=1",
    "--model.explored=exact",
    "--model.answerable_seconds=0.01",
    "--model.task.hidden=8",
    "--model.task.embedding=8",
    "--model.lr_end=1",
    "--data.batch_size=8",
    "--data.limit=24",
    "--warm_start.method=exhaustive",
    "--warm_start.max_programs=2",
    "--warm_start.workers=2",
    "--last_checkpoint.every_n_train_steps=1",
    "--trainer.max_epochs=2",
    "--trainer.accelerator=cpu",
    "--trainer.log_every_n_steps=1",
    "--trainer.logger.init_args.flush_logs_every_n_steps=1",
    "--trainer.enable_progress_bar=false",
)


@dataclass(frozen=True)
class Target:
    """What is killed.

    Attributes:
        name: in the table.
        more: further options of the run.
        ready: whether the moment has come, given the run's life and its folder.
        victim: the process to kill; None where there is none any more.
        waits: longest random time, in seconds, between both.
        ends: seconds in which all that is left of the run must end by itself.
    """

    name: str
    more: tuple[str, ...]
    ready: Callable[[Life, Path], object]
    victim: Callable[[Life, random.Random], int | None]
    waits: float
    ends: float = 20.0


def main_process(life: Life, _: random.Random) -> int:
    return life.pid


def a_child(life: Life, rng: random.Random) -> int | None:
    children = life.children()
    return rng.choice(children) if children else None


def last_child(life: Life, _: random.Random) -> int | None:
    return max(life.children(), default=None)


def at_once(life: Life, folder: Path) -> bool:
    return True


def with_children(life: Life, folder: Path) -> list[int]:
    return life.children()


def filling(life: Life, folder: Path) -> bool:
    return any((folder / "cache").glob("*.partial"))


def trains(life: Life, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("metrics.csv") if path.read_text().count("\n") > 1]


TWO = ("--trainer.strategy=ddp", "--trainer.devices=2", "--trainer.max_epochs=20")
TWO += ("--warm_start.workers=1",)

TARGETS = (
    Target("main process, any moment", (), at_once, main_process, 5.0),
    Target("main process in training", (), trains, main_process, 1.0),
    Target("main process with warm start workers", (), with_children, main_process, 0.1),
    Target("a warm start worker", (), with_children, a_child, 0.1),
    Target("main process that fills a cache", (), filling, main_process, 0.2),
    Target("first of two ranks", TWO, trains, main_process, 1.0),
    Target("second of two ranks", TWO, trains, last_child, 1.0),
    Target("first of two ranks, at the start", TWO, with_children, main_process, 8.0),
    Target("second of two ranks, at the start", TWO, with_children, last_child, 8.0),
)


def command(folder: Path, root: Path) -> list[str]:
    return [
        "fit",
        f"--config={find_config('gaca_wikisql.yaml')}",
        f"--data.root={root}",
        f"--data.cache={folder / 'cache'}",
        f"--trainer.logger.init_args.save_dir={folder}",
        *OPTIONS,
    ]


def kill(
    target: Target, number: signal.Signals, command: Sequence[str], folder: Path, seed: str
) -> Counter[str]:
    """One kill, what it left, and the run after it."""
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    life = live([*command, *target.more], folder / "first")
    try:
        life.wait_for(lambda: target.ready(life, folder))
        time.sleep(rng.uniform(0, target.waits))
        victim = target.victim(life, rng) if life.running() else None
        if victim is None:
            seen["over before"] += 1
        else:
            os.kill(victim, number)
            seen["kills"] += 1
        # A run that has a worker less may go on to its end, if it does not need it.
        took = life.wait(target.ends)
        seen["hung"] += took is None
        seen["slowest"] = round(1000 * (took or 0))
        seen["orphans"] += len(life.session())
        seen["went on"] += life.status == 0
    finally:
        life.end()
    seen["tracebacks"] += "Traceback" in life.said
    checkpoints = list(folder.rglob("*.ckpt"))
    for path in checkpoints:
        try:
            memory_states(read_weights(path).get("sparse_rl", {}))
        except CheckpointError:
            seen["broken checkpoints"] += 1
    seen["checkpoints"] += len(checkpoints)
    last = [path for path in checkpoints if path.name == "last.ckpt"]
    more = []
    if last:
        epochs = max(read_weights(path)["epoch"] for path in last) + 2
        more = ["--ckpt_path=last", f"--trainer.max_epochs={epochs}"]
    again = live([*command, *more], folder / "second")
    try:
        again.wait(120)
    finally:
        again.end()
    right = again.status == 0 and "Traceback" not in again.said
    seen["resumed" if last else "began"] += right
    seen["wrong second starts"] += not right
    if seen["hung"] or seen["tracebacks"] or seen["broken checkpoints"] or not right:
        print(f"--- {target.name}, {number.name}, seed {seed}: status {life.status}")
        print(life.said[-3000:], "\n--- second start\n", again.said[-3000:], flush=True)
    return seen


def fill(root: Path, cache: Path) -> None:
    """Fills the cache of examples that most runs begin with."""
    data = WikiSQLDataModule(str(root), cache=str(cache))
    for split in data.splits:
        data.examples(split)


def measure(folder: Path, kills: int, seed: int) -> Iterator[tuple[str, str, Counter[str]]]:
    """Yields what was seen, by target and signal.

    Of 64 kills, 8 are of two ranks, which import everything anew and take longest.
    """
    root = folder / "data"
    generate(root, 0, SIZES)
    fill(root, folder / "cache")
    kinds = [(t, s) for t in TARGETS for s in (signal.SIGKILL, signal.SIGTERM)]
    for turn, (target, number) in enumerate(kinds):
        seen: Counter[str] = Counter()
        for kill_number in range(round(kills / 64 * (1 if target.more is TWO else 4)) or 1):
            place = folder / f"{turn}-{kill_number}"
            place.mkdir()
            if target.ready is not filling:
                # With examples, and without the search's result.
                shutil.copytree(folder / "cache", place / "cache")
            turn_seed = f"{seed} {turn} {kill_number}"
            seen = add(seen, kill(target, number, command(place, root), place, turn_seed))
            shutil.rmtree(place)
        yield target.name, number.name, seen


def add(seen: Counter[str], one: Counter[str]) -> Counter[str]:
    """Adds what one kill left; of the slowest end there is one."""
    slowest = max(seen["slowest"], one["slowest"])
    found = seen + one
    found["slowest"] = slowest
    return found
