"""The README's commands and its Python run as printed, on small data."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from sparse_rl.cli import main

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
ESTIMATORS = (REPOSITORY / "docs" / "estimators.md").read_text(encoding="utf-8")


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of every fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


SMALL = (
    "--model.task.hidden=16 --model.task.embedding=16 --trainer.max_epochs=1 "
    "--trainer.accelerator=cpu --trainer.enable_progress_bar=false --warm_start.workers=1 "
    "--trainer.enable_model_summary=false --trainer.log_every_n_steps=1 --data.limit=12"
)


def commands() -> list[list[str]]:
    """Arguments of every `sparse-rl` and `python train.py` in the README, in order.

    Then comes the estimator of one's own, whose class the page on estimators has.
    """
    found = []
    for language, text in blocks(README) + blocks(ESTIMATORS):
        if language:
            continue
        for line in text.replace("\\\n", " ").splitlines():
            words = shlex.split(line.split("  #")[0])
            words = [word for word in words if word != "PYTHONPATH=."]
            if words[:1] == ["sparse-rl"]:
                found.append(words[1:])
            elif words[:2] == ["python", "train.py"]:
                found.append(words[2:])
    return found


@pytest.mark.slow(ci=True)
def test_every_command_runs(
    small_wikisql: Path,
    small_own_tables: Path,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Except `fetch`, which needs a network, and `sweep`: both have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARSE_RL_CACHE", str(cache))
    (python,) = (text for language, text in blocks(ESTIMATORS) if language == "python")
    (tmp_path / "my_package.py").write_text(python)
    monkeypatch.syspath_prepend(str(tmp_path))
    for folder in ("data/wikisql", "DIR"):
        shutil.copytree(small_wikisql, folder)
    shutil.copytree(small_own_tables, "MINE")
    Path("mine.csv").write_text("Nation,Continent\nPeru,America\nItaly,Europe\n")
    ran = []
    # Asking comes last: the quickstart that it needs is a target of the Makefile.
    for command in sorted(commands(), key=lambda words: words[0] == "ask"):
        if command[0] in ("fetch", "sweep"):
            continue
        if "PATH/TO/best.ckpt" in command:
            (best,) = Path("runs").glob("gaca_wikisql/*/checkpoints/best.ckpt")
            command[command.index("PATH/TO/best.ckpt")] = str(best)
        own = {"explore": ["--data.limit=12", "--workers=1"], "report": [], "ask": []}
        own |= {"check": ["--data.limit=2", "--warm_start.workers=1"], "generate": []}
        main([*command, *own.get(command[0], SMALL.split())])
        ran.append(command[0] if not command[0].startswith("-") else "fit")
    assert ran.count("fit") >= 3
    assert {"validate", "test", "predict", "explore", "report", "ask", "check", "generate"} <= set(
        ran
    )


def test_the_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (python,) = (text for language, text in blocks(README) if language == "python")
    short = re.sub(r"max_epochs=\d+", "max_epochs=2", python)
    assert short != python
    names: dict[str, Any] = {}
    exec(compile(short, "README.md", "exec"), names)
    assert (names["run"].folder / "report.html").is_file()


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^make (\w+)", README, re.MULTILINE)
    assert targets[:2] == ["quickstart", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_link_leads_somewhere() -> None:
    for path in [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("**/*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            if not link.startswith("http"):
                assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_every_shipped_config_is_valid_yaml_with_a_run_name_of_its_own() -> None:
    names = []
    for path in (REPOSITORY / "configs").glob("*.yaml"):
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        names.append(config["trainer"]["logger"]["init_args"]["name"])
        assert names[-1] == path.stem
    assert len(names) == len(set(names))
