"""`sparse-rl borl`: chooses the auxiliary reward of `Borl` by Bayesian optimisation on dev."""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from sparse_rl.bounds import Count, PositiveAmount, Seed
from sparse_rl.commands.arguments import Arguments, out_folder
from sparse_rl.commands.early_options import check_options
from sparse_rl.errors import SparseRLError
from sparse_rl.folders import write_text
from sparse_rl.narrow import narrow
from sparse_rl.progress import time_left

PHI = "--model.estimator.phi"


def main(args: Sequence[str]) -> None:
    """Runs short trainings with phi from the sampler, then a full one with the best phi."""
    parser = Arguments(
        "borl",
        "Chooses the numbers of Borl's auxiliary reward by the dev accuracy of short "
        "trainings, then trains in full with the best. The first two trials are plain MAPO "
        "(phi = 0) and the config's own phi. The same command resumes an earlier search. "
        "Further options are those of fit.",
    )
    parser.add_argument("--config", required=True, help="a config with the estimator Borl")
    parser.add_argument("--out", type=out_folder, required=True, help="folder of the search")
    parser.add_argument("--trials", type=Count, default=30, help="total number of short trainings")
    parser.add_argument("--trial_epochs", type=Count, default=2, help="epochs of a short training")
    parser.add_argument(
        "--range", type=PositiveAmount, default=5.0, help="phi lies within [-range, range]"
    )
    parser.add_argument("--seed", type=Seed, default=0, help="seed of the sampler")
    options, rest = parser.parse_known_args(args)
    training = [f"--config={options.config}", *rest]
    check_options(training)
    best = search(training, options)
    path = options.out / "phi.json"
    write_text(path, json.dumps(best) + "\n")
    print(f"Wrote {path}; now the full training.")

    from sparse_rl.commands.programs import train

    train(["fit", *training, f"{PHI}={path}"])


def search(training: Sequence[str], options: argparse.Namespace) -> list[float]:
    """Finds the best phi in `options.trials` trials, including trials of earlier calls.

    Raises:
        SparseRLError: Optuna is not installed, or the config has another estimator.
    """
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
    except ImportError as error:
        raise SparseRLError("pip install 'sparse_rl[borl]': the search needs Optuna") from error
    start = _phi(training)
    if any(abs(number) > options.range for number in start):
        raise SparseRLError(f"set --range to at least the largest of the config's |phi|: {start}")
    names = [f"phi_{i + 1}" for i in range(len(start))]
    options.out.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name="borl",
        storage=JournalStorage(JournalFileBackend(str(options.out / "trials.log"))),
        direction="maximize",
        load_if_exists=True,
    )
    states = optuna.trial.TrialState
    for stopped in study.get_trials(deepcopy=False, states=(states.RUNNING,)):
        study.tell(stopped.number, state=states.FAIL)
    if not study.trials:
        for first in ([0.0] * len(names), start):
            study.enqueue_trial(dict(zip(names, first, strict=True)))
    done = len(study.get_trials(deepcopy=False, states=(states.COMPLETE,)))
    begin = time.monotonic()
    for number in range(done, options.trials):
        # A seed for each trial, so that a resumed search does not repeat its draws.
        study.sampler = optuna.samplers.TPESampler(seed=options.seed + len(study.trials))
        trial = study.ask()
        phi = [trial.suggest_float(name, -options.range, options.range) for name in names]
        accuracy = _dev_accuracy(training, phi, options)
        study.tell(trial, accuracy)
        rest = options.trials - number - 1
        left = f", {time_left(time.monotonic() - begin, number + 1 - done, rest)}" if rest else ""
        print(f"trial {number + 1} of {options.trials}: dev accuracy {accuracy:.1%}{left}")
    print(narrow(f"best: dev accuracy {study.best_value:.1%}, phi {study.best_params}"))
    return [study.best_params[name] for name in names]


def _phi(training: Sequence[str]) -> list[float]:
    """Reads the config's own phi."""
    from sparse_rl.commands.programs import instantiate
    from sparse_rl.estimators import Borl

    estimator = instantiate(list(training)).model.estimator
    if not isinstance(estimator, Borl):
        raise SparseRLError(
            f"give --config a config with the estimator Borl, not {type(estimator).__name__}"
        )
    phi: list[float] = estimator.phi_P.tolist()
    return phi


def _dev_accuracy(
    training: Sequence[str], phi: Sequence[float], options: argparse.Namespace
) -> float:
    """Runs a short training; returns its best greedy dev accuracy and keeps no checkpoint."""
    from sparse_rl.callbacks.checkpoints import BestCheckpoint
    from sparse_rl.commands.programs import instantiate

    cli = instantiate(
        [
            *training,
            f"{PHI}={json.dumps(list(phi))}",
            f"--trainer.max_epochs={options.trial_epochs}",
            f"--trainer.logger.init_args.save_dir={options.out / 'trials'}",
        ]
    )
    cli.trainer.fit(cli.model, datamodule=cli.datamodule)
    (checkpoint,) = (c for c in cli.trainer.callbacks if isinstance(c, BestCheckpoint))  # type: ignore[attr-defined]
    if checkpoint.best_model_score is None:
        raise SparseRLError("let every trial reach a validation: there is no dev accuracy")
    shutil.rmtree(Path(checkpoint.best_model_path).parent)
    return float(checkpoint.best_model_score)
