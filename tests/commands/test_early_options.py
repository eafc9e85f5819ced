"""A mistyped option is found without Lightning, by a list that is the parser's.

python tests/commands/test_early_options.py      writes the list anew
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from typing import Any

import pytest

from sparse_rl.commands.early_options import FILE, check_options
from sparse_rl.config_files import find_config
from sparse_rl.errors import SparseRLError

CONFIG = f"--config={find_config('gaca_quickstart.yaml')}"


class _ParsedError(Exception):
    pass


def current() -> dict[str, Any]:
    """Options of the training commands, and of the package's data modules, tasks and estimators."""
    from sparse_rl.commands import programs
    from sparse_rl.datamodules.base import ExampleDataModule
    from sparse_rl.estimators.base import Estimator
    from sparse_rl.modules.task import Task

    options: set[str] = set()
    groups: set[str] = set()

    class Collecting(programs.ProgramCLI):
        def parse_arguments(self, parser: Any, args: Any) -> None:
            for action in self._options._actions:
                named = hasattr(action, "_typehint") and not action.dest.endswith(".help")
                (options if named else groups).add(action.dest)
            raise _ParsedError

    for command in ("fit", "validate", "test", "predict"):
        with pytest.raises(_ParsedError):
            programs.build(Collecting, [command])
    classes = {}
    for class_ in _subclasses(ExampleDataModule, Estimator, Task):
        parameters = inspect.signature(class_).parameters.values()
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            classes[class_.__name__] = sorted(p.name for p in parameters)
    return {"options": sorted(options), "groups": sorted(groups), "classes": classes}


def _subclasses(*bases: type) -> list[type]:
    found = list(bases)
    for class_ in found:
        found += class_.__subclasses__()
    ours = {class_ for class_ in found if class_.__module__.startswith("sparse_rl.")}
    return sorted(ours - set(bases), key=lambda class_: class_.__name__)


def test_the_list_is_the_parsers() -> None:
    written = json.loads(FILE.read_text(encoding="utf-8"))
    found = current()
    assert set(written["options"]) == set(found["options"])
    assert set(written["groups"]) == set(found["groups"])
    assert written["classes"] == {name: found["classes"][name] for name in written["classes"]}
    assert {"Gaca", "TableTask", "WikiSQLDataModule"} <= set(written["classes"])


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--modle.lr=3", "use an option that exists: no modle.lr; did you mean model.lr?"),
        ("--trainer.max_epoch=3", "no trainer.max_epoch; did you mean trainer.max_epochs?"),
        ("--model.task.hiden=3", "use an option of TableTask: no hiden; did you mean hidden?"),
        ("--data.limt=3", "no limt; did you mean limit?"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(option: str, told: str) -> None:
    with pytest.raises(SparseRLError) as raised:
        check_options([CONFIG, option])
    assert told in str(raised.value)


@pytest.mark.parametrize(
    "option",
    [
        *("--model.lr=3", "--trainer.max_time.hours=1", "--model.task.hidden=3", "--help"),
        *("--data=mine.Data", "--data.init_args.limit=3", "--model.estimator.help", "--data.limit"),
        *("--trainer.logger.save_dir=x", "--trainer.callbacks+=Mine", "--print_config"),
    ],
)
def test_what_may_be_right_is_left_to_the_parser(option: str) -> None:
    check_options([CONFIG, option])
    check_options([CONFIG, "--data=mine.Data", "--data.anything=3", option])


@pytest.mark.parametrize(
    "command",
    [
        ("fit",),
        ("ensemble", "best.ckpt"),
        ("spurious",),
        ("credibility", "--programs=found.jsonl", "--out=kept.jsonl"),
    ],
)
def test_nothing_heavy_is_imported_for_it(command: tuple[str, ...]) -> None:
    code = (
        "import sys; from sparse_rl.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as error: print(error)\n"
        "print([name for name in ('torch', 'pytorch_lightning', 'pandas') if name in sys.modules])"
    )
    args = [sys.executable, "-c", code, *command, CONFIG, "--modle.lr=3"]
    done = subprocess.run(args, capture_output=True, text=True)
    told, heavy = done.stdout.splitlines()
    assert told.startswith("error: use an option that exists: no modle.lr")
    assert heavy == "[]"


if __name__ == "__main__":
    FILE.write_text(json.dumps(current(), indent=1) + "\n", encoding="utf-8")
