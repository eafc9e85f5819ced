"""Kills a small run at random moments, again and again, and looks at what each kill leaves.

    python benchmarks/kills.py --kills 200

A run on generated questions writes a checkpoint after every step and gets SIGKILL at a random
moment: while it starts, trains, validates or writes. After each kill its checkpoints are loaded,
and the next life goes on from the last one. At the end a run that was never killed trains for as
many steps: both must be equal to the last bit. The lives are forks of this process, which has
imported everything and read the config and the questions. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from sparse_rl.analysis.results_page import machine, write_section
from sparse_rl.checkpoint_file import read_checkpoint
from sparse_rl.commands.programs import ProgramCLI, instantiate
from sparse_rl.config_files import find_config
from sparse_rl.errors import CheckpointError
from sparse_rl.replay.strata import Strata

OPTIONS = (
    "--model.estimator.fresh=1",
    "--model.estimator.replay_c=1",
    "--model.explore_per_visit=2",
    "--model.task.embedding=16",
    "--model.lr_end=1",
    "--data.limit=64",
    "--data.batch_size=8",
    "--warm_start.max_programs=1",
    "--warm_start.workers=1",
    "--last_checkpoint.every_n_train_steps=1",
    "--trainer.max_epochs=100000",
    "--trainer.accelerator=cpu",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
)
PARTS = ("state_dict", "optimizer_states", "sparse_rl", "epoch", "global_step")
Programs = dict[str, list[tuple[int, ...]]]


@dataclass
class Tally:
    """What was seen over all kills."""

    kills: int = 0
    before_first_step: int = 0
    while_writing: int = 0
    checkpoints: int = 0
    unloadable: int = 0
    lost_programs: int = 0
    errors: list[str] = field(default_factory=list)


def prepare(folder: Path, *options: str) -> ProgramCLI:
    """A run that is ready to be forked."""
    return instantiate(
        [f"--config={find_config('gaca_quickstart.yaml')}", *OPTIONS, *options]
        + [f"--data.cache={folder / 'cache'}", f"--trainer.logger.save_dir={folder}"]
    )


def live(cli: ProgramCLI, folder: Path, checkpoint: Path | None) -> int:
    """Forks a process that trains, from the checkpoint on; its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    # The forked process must never come back to the caller's loop.
    try:
        with (folder / "log").open("a") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        cli.trainer.fit(cli.model, datamodule=cli.datamodule, ckpt_path=checkpoint)
        status = 0
    except BaseException:
        (folder / "error").write_text(traceback.format_exc())
    finally:
        os._exit(status)


def processor_seconds(pid: int) -> float:
    """Processor time of a child, which other jobs do not lengthen; without end if it has ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    if fields[0] == "Z":
        return float("inf")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def newest(folder: Path) -> Path | None:
    """The last.ckpt that `--ckpt_path=last` would take."""
    found = folder.glob("*/*/checkpoints/last.ckpt")
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def rewarded(state: dict[str, Any]) -> set[tuple[str, tuple[int, ...]]]:
    """All rewarded programs of a checkpoint, with their questions."""
    replay = Strata()
    replay.load_state_dict(state["sparse_rl"]["replay"])
    return {(id_, actions) for id_, found in replay.programs().items() for actions in found}


def kill_once(cli: ProgramCLI, folder: Path, seconds: float, rest: float, tally: Tally) -> None:
    """One life of so many seconds on the processor and then on the clock, and what it left."""
    start = newest(folder)
    child = live(cli, folder, start)
    while processor_seconds(child) < seconds:
        time.sleep(0.001)
    time.sleep(rest)
    # The last complete checkpoint under a second name, whatever happens to the first one.
    kept = folder / "kept.ckpt"
    kept.unlink(missing_ok=True)
    if (path := newest(folder)) is not None:
        os.link(path, kept)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
        raise SystemExit(f"a life ended by itself: see {folder}/error\n{_error(folder)}")
    tally.kills += 1
    after = newest(folder)
    tally.before_first_step += after == start
    for partial in folder.glob("*/*/checkpoints/.*.partial"):
        tally.while_writing += 1
        partial.unlink()
    if after is None or not kept.is_file():
        return
    lives = {after, *after.parent.glob("*.ckpt")}
    try:
        states = {path: read_checkpoint(path) for path in [kept, *lives]}
    except CheckpointError as error:
        tally.unloadable += 1
        tally.errors.append(str(error))
        return
    tally.checkpoints += len(lives)
    tally.lost_programs += len(rewarded(states[kept]) - rewarded(states[after]))


def _error(folder: Path) -> str:
    path = folder / "error"
    return path.read_text()[-2000:] if path.is_file() else ""


def equal(a: Any, b: Any) -> bool:
    """Equality of nested containers and tensors to the last bit."""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and a.equal(b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return bool(a == b)


def measure(folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """Kills, then trains straight on, and compares."""
    rng = random.Random(seed)
    cli = prepare(folder)
    cli.datamodule.prepare_data()
    cli.datamodule.setup("fit")
    # The first life shows how long one takes to its first checkpoint.
    child = live(cli, folder, None)
    while newest(folder) is None:
        time.sleep(0.01)
        if os.waitpid(child, os.WNOHANG)[0]:
            raise SystemExit(_error(folder))
    span = processor_seconds(child)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

    tally = Tally()
    begin = time.perf_counter()
    for _ in range(kills):
        # The rest, less than a step, lets kills fall into the waiting for the disk too.
        kill_once(cli, folder, rng.uniform(0, 2.5 * span), rng.uniform(0, 0.03), tally)
    seconds = time.perf_counter() - begin
    last = newest(folder)
    assert last is not None
    killed = read_checkpoint(last)
    straight_on = prepare(folder, f"--trainer.max_steps={killed['global_step']}")
    child = live(straight_on, folder, None)
    os.waitpid(child, 0)
    path = newest(folder)
    assert path is not None and path != last, _error(folder)
    straight = read_checkpoint(path)
    return {
        **vars(tally),
        "seconds": seconds,
        "steps": killed["global_step"],
        "rewarded": len(rewarded(killed)),
        "equal": {part: equal(killed[part], straight[part]) for part in PARTS},
    }


def text(report: dict[str, Any], command: str) -> str:
    """The section of the result page."""
    same = all(report["equal"].values())
    parts = ", ".join(f"`{part}`" for part in report["equal"])
    return (
        f"{report['kills']} times SIGKILL at a random moment of a run on generated questions that "
        f"writes a checkpoint after every step: {report['before_first_step']} before the first "
        f"checkpoint of that life, {report['while_writing']} while a checkpoint was written.\n\n"
        "| | |\n|---|---|\n"
        f"| checkpoints loaded afterwards | {report['checkpoints']} |\n"
        f"| kills after which one could not be loaded | {report['unloadable']} |\n"
        "| rewarded programs of the last complete checkpoint that were lost "
        f"| {report['lost_programs']} |\n"
        f"| steps trained in the end | {report['steps']}, with {report['rewarded']} rewarded "
        "programs in memory |\n"
        f"| equal to a run of as many steps that was never killed | {'yes' if same else 'NO'}, "
        f"to the last bit: {parts} |\n\n"
        f"`{command}`; {machine()}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--out", type=Path, help="result page to write a section of")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        report = measure(Path(folder), options.kills, options.seed)
    if options.out:
        command = f"python benchmarks/kills.py --kills {options.kills} --seed {options.seed}"
        write_section(options.out, "Killed again and again", text(report, command))
    print(json.dumps(report))
    sys.exit(0 if all(report["equal"].values()) and not report["unloadable"] else 1)


if __name__ == "__main__":
    main()
