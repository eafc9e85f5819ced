"""The command line: a thin front that starts at once and dispatches to the commands.

Torch and Lightning take seconds to import, so each command imports what it needs when it runs.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import NoReturn

from sparse_rl.commands import COMMANDS, TRAINING, WITH_TRAINING_OPTIONS
from sparse_rl.commands.early_options import check_options
from sparse_rl.config_files import family, resolve_configs
from sparse_rl.errors import SparseRLError, is_out_of_memory
from sparse_rl.lifetime import end_with_first_rank

HELP = """\
usage: sparse-rl [fit] --config CONFIG [--key=value ...]
       sparse-rl COMMAND --help
       sparse-rl --version

Trains policies that write programs from weak supervision: questions, answers.

commands:
  fit          train, then test the best checkpoint (the default command)
  validate     evaluate a checkpoint on the dev split
  test         evaluate a checkpoint on the test split; writes test_metrics.json
  predict      write programs for the test split to predictions.jsonl
  explore      fill the memory without training; prints coverage and throughput
  credibility  leave out programs that are probably spurious
  spurious     compare rewarded programs with logical forms that people wrote
  borl         choose an auxiliary reward by short trainings, then train
  ensemble     average several checkpoints by answer
  sweep        draw options from a W&B sweep file and train with each, offline
  report       write a page about runs: curves, accuracies, every program
  ask          answer questions about a table: programs, steps, SQL
  app          a page in the browser: ask, see the steps, correct, learn
  check        list all problems of a config and its data, without training
  generate     draft questions with answers over your own tables
  learn        train a model on with answers about your own tables
  fetch        download a public dataset: wikisql or wikitablequestions
  completion   print a script by which shells complete commands and paths
  annotate     write tokens, tags and values of questions and tables

examples:
  python train.py --config gaca_quickstart.yaml
  python train.py --config gaca_wikisql.yaml --data.root DIR --model.lr=0.003
  python train.py --config mapo_wikisql.yaml --model.estimator.clip_low=0.2
  python train.py test --config gaca_wikisql.yaml --ckpt_path P --data.root DIR
  sparse-rl ask --ckpt_path runs/gaca_wikisql --table mine.csv "who won most?"
  sparse-rl explore --config gaca_wikisql.yaml --out programs.jsonl
  sparse-rl fit --config gaca_quickstart.yaml --ckpt_path last  (resumes)
  sparse-rl fit --config gaca_quickstart.yaml --verbose  (libraries' messages)

A config that is no file is looked up in configs/, then in the package.
"""


GO_ON = {
    "fit": "--ckpt_path=last goes on from the last checkpoint, if any",
    "borl": "the same command goes on",
    "sweep": "the same command goes on",
    "fetch": "the same command resumes the download",
    "ask": "ask again",
}
"""How to go on with a stopped command."""


def main(args: Sequence[str] | None = None) -> None:
    """Runs one command; an error that the user can fix ends in one line."""
    args = list(sys.argv[1:] if args is None else args)
    ctrl_c, stopped = _CtrlC(), False
    # Where Ctrl-C is ignored, as in a job in the background, it stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, ctrl_c)
    try:
        _main(args)
        # A closed reader shows itself here, and not while the interpreter ends.
        sys.stdout.flush()
    except BrokenPipeError:
        _unread()
    except KeyboardInterrupt:
        stopped = True
    except (Exception, SystemExit) as error:
        # Lightning turns Ctrl-C into status 1; an import that it breaks off fails in many ways.
        stopped = ctrl_c.pressed or isinstance(error.__context__, KeyboardInterrupt)
        # So does rich with the end of a reader.
        if not stopped and isinstance(error.__context__, BrokenPipeError):
            _unread()
        if not stopped:
            message = _told(error)
            if message is None:
                raise
            sys.exit(f"error: {message}")
    finally:
        if signal.getsignal(signal.SIGINT) is ctrl_c:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    # After the exception is gone: progress bars in its frames write once more as they close.
    if stopped:
        _stopped(args)


def _main(args: list[str]) -> None:
    if not args or args[0] in ("-h", "--help"):
        print(HELP, end="")
        return
    if args[0] == "--version":
        print(f"sparse-rl {version('sparse_rl')}")
        return
    # For modules of the user's own, named by a config; last, so that they hide nothing.
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    run(args)


class _Interrupt(KeyboardInterrupt):
    """Ctrl-C. After a plain KeyboardInterrupt, Python may end by the signal, without our status."""


class _CtrlC:
    """Handler of Ctrl-C, which remembers it: libraries' imports may lose the exception."""

    pressed = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        self.pressed = True
        raise _Interrupt


def _unread() -> NoReturn:
    """Ends where the reader, such as `head`, has what it wants."""
    # Python must not flush the rest.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(128 + signal.SIGPIPE)


def _stopped(args: list[str]) -> NoReturn:
    """Ends after Ctrl-C."""
    command = args[0] if args and not args[0].startswith("-") else "fit"
    how = GO_ON.get(command, "nothing was written; the same command begins again")
    print(f"\nstopped by Ctrl-C: {how}", file=sys.stderr)
    sys.exit(128 + signal.SIGINT)


def _told(error: BaseException) -> str | None:
    """Words an error that the user can fix; None for others."""
    if isinstance(error, SparseRLError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return _remedy(error)
    if is_out_of_memory(error):
        return "give the run more memory, or smaller sizes: it is used up"
    return None


def _remedy(error: OSError) -> str:
    """Words an error of the system about a file or folder."""
    what = f"{error.filename}: {error.strerror}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"make room on the disk of {what}"
    if error.errno == errno.ENOENT and Path(error.filename).parent.is_dir():
        return f"give a file or folder that exists, or can be written: {what}"
    return f"give a file or folder that can be read and written: {what}"


def run(args: list[str]) -> None:
    """Dispatches to the command; `fit` by default."""
    command, rest = ("fit", args) if args[0].startswith("-") else (args[0], args[1:])
    if command in WITH_TRAINING_OPTIONS:
        rest = ["--quiet=false" if word == "--verbose" else word for word in rest]
    end_with_first_rank()
    if command in TRAINING:
        words = resolve_configs(rest)
        trained = family(words)
        if trained == "programs":
            check_options(words)
        import_module(f"sparse_rl.commands.{trained}").train([command, *words])
    elif command in COMMANDS:
        # `check` reports a wrong config name itself.
        words = rest if command == "check" else resolve_configs(rest)
        import_module(f"sparse_rl.commands.{command}").main(words)
    else:
        commands = ", ".join((*TRAINING, *COMMANDS))
        raise SparseRLError(f"use one of {commands}: no command {command!r}")
