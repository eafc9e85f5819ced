"""`sparse-rl sweep`: runs a W&B sweep file locally, without account or network."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from sparse_rl.bounds import Count, Seed
from sparse_rl.commands.arguments import Arguments, add_engine, out_folder
from sparse_rl.config_files import find_config
from sparse_rl.ray_cluster import check_engine
from sparse_rl.ray_runs import ray_runs
from sparse_rl.sweep.plan import SweepError, read_sweep
from sparse_rl.sweep.results import write_results
from sparse_rl.sweep.trials import Trials


def main(args: Sequence[str]) -> None:
    """Draws the trials, trains them, and writes their results.

    Raises:
        SweepError: the file or the folder cannot be used, or a trial failed.
    """
    parser = Arguments(
        "sweep",
        description="Runs a W&B sweep file offline; `wandb sweep` takes the same file. The same "
        "command resumes a stopped sweep. Further options go to every trial.",
    )
    parser.add_argument("sweep", metavar="SWEEP.yaml", help="W&B's format; see configs/sweeps")
    parser.add_argument("--trials", type=Count, required=True, help="total number of trials")
    parser.add_argument("--jobs", type=Count, default=1, help="trials at the same time")
    parser.add_argument("--out", type=out_folder, required=True, help="folder of the sweep")
    parser.add_argument("--seed", type=Seed, default=0, help="seed of the draws")
    add_engine(parser)
    options, rest = parser.parse_known_args(args)
    check_engine(options.engine, options.address)
    plan = read_sweep(Path(find_config(options.sweep, "SWEEP.yaml")))
    trials = Trials(plan, options.out.resolve(), options.seed, rest)
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        if options.engine == "ray":
            with ray_runs(trials.out, options.jobs, address=options.address) as start:
                failed = trials.run(options.trials, options.jobs, start)
        else:
            failed = trials.run(options.trials, options.jobs)
    finally:
        signal.signal(signal.SIGTERM, before)
        files = write_results(trials)
    print(files[1].read_text(encoding="utf-8"), end="")
    print(f"Written to {', '.join(map(str, files))}")
    if failed:
        names = ", ".join(str(trial.folder / "log.txt") for trial in failed)
        raise SweepError(f"read {names}: these trials failed; the same command tries them again")


def _stop(signum: int, frame: FrameType | None) -> None:
    """Exits through the `finally` blocks, which stop the trials."""
    sys.exit(128 + signum)
