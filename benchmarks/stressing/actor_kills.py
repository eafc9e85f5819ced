"""Kills control runs and their actors at random moments."""

from __future__ import annotations

import csv
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sparse_rl.config_files import find_config
from stressing.kills import Target, a_child, add, kill, main_process, trains

OPTIONS = (
    "--model.hidden=8",
    "--data.environments=4",
    "--data.unroll=5",
    "--data.unrolls_per_epoch=20",
    "--data.episodes=2",
    "--data.max_episode_steps=12",
    "--last_checkpoint.every_n_train_steps=1",
    "--trainer.max_epochs=6",
    "--trainer.log_every_n_steps=1",
    "--trainer.logger.init_args.flush_logs_every_n_steps=1",
    "--trainer.enable_progress_bar=false",
)
REPLAY = ("--model.replay_start=10", "--model.replay_batch=2")

TARGETS = {
    Target("ACER's process", REPLAY, trains, main_process, 1.0): "acer_cartpole.yaml",
    Target("IMPALA's learner", (), trains, main_process, 1.0): "impala_cartpole.yaml",
    Target("SEED RL's learner", (), trains, main_process, 1.0): "seed_cartpole.yaml",
    Target("an actor of IMPALA", (), trains, a_child, 1.0, 120.0): "impala_cartpole.yaml",
    Target("an actor of SEED RL", (), trains, a_child, 1.0, 120.0): "seed_cartpole.yaml",
}


def measure(folder: Path, kills: int, seed: int) -> Iterator[tuple[str, Counter[str]]]:
    """Yields what was seen, by target; the kills are SIGKILLs, divided among the targets."""
    for turn, (target, config) in enumerate(TARGETS.items()):
        seen: Counter[str] = Counter()
        for number in range(round(kills / len(TARGETS)) or 1):
            place = folder / f"{turn}-{number}"
            place.mkdir()
            command = [
                "fit",
                f"--config={find_config(config)}",
                f"--trainer.logger.init_args.save_dir={place}",
                *OPTIONS,
            ]
            one = kill(target, signal.SIGKILL, command, place, f"{seed} {turn} {number}")
            one["replaced"] = replaced(place)
            one["stopped"] = int(target.victim is a_child and not one["went on"])
            seen = add(seen, one)
            shutil.rmtree(place)
        yield target.name, seen


def replaced(folder: Path) -> int:
    """Actors that the runs of a folder have replaced, by their logs."""
    found = 0
    for path in folder.rglob("metrics.csv"):
        with path.open() as file:
            logged = [row.get("train/actors/restarts") or 0 for row in csv.DictReader(file)]
        found += int(max(map(float, logged), default=0))
    return found
