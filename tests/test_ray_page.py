"""The launch files of the page on Ray parse, and their commands have options that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from sparse_rl.commands.early_options import check_options
from sparse_rl.config_files import resolve_configs

PAGE = (Path(__file__).parents[1] / "docs" / "ray.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    return str(text)


def commands() -> list[list[str]]:
    """Options of all commands of the page, in one list each."""
    job = yaml.safe_load(block("yaml"))
    lines = [*PAGE.replace("\\\n", "").splitlines(), str(job["spec"]["entrypoint"])]
    begins = ("sparse-rl explore ", "python train.py ")
    return [shlex.split(line)[2:] for line in lines if line.startswith(begins)]


def test_the_job_of_slurm_parses() -> None:
    script = block("bash")
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash parses the file")
    subprocess.run([bash, "-n"], input=script, text=True, check=True)
    first, *lines = script.splitlines()
    assert first == "#!/bin/bash"
    directives = [line for line in lines if line.startswith("#SBATCH")]
    # SLURM reads directives only up to the first command.
    assert lines[: len(directives)] == directives


def test_the_job_of_kubernetes_parses() -> None:
    loaded = yaml.safe_load(block("yaml"))
    assert (loaded["apiVersion"], loaded["kind"]) == ("ray.io/v1", "RayJob")
    cluster = loaded["spec"]["rayClusterSpec"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        (container,) = group["template"]["spec"]["containers"]
        assert {"name", "image", "resources"} <= container.keys()


def test_commands_have_options_that_exist() -> None:
    found = commands()
    assert len(found) == 4
    for options in found:
        named = {option.partition("=")[0]: option for option in options}
        if "--out" in named:
            # Those of `explore` itself, which has no others in these commands.
            assert {named.pop("--out"), named.pop("--engine"), named.pop("--address")}
        check_options(resolve_configs([*named.values()]))
        assert "--config" in named


@pytest.mark.slow
def test_ray_has_the_options_of_the_job_of_slurm() -> None:
    pytest.importorskip("ray", reason="the extra: pip install 'sparse_rl[ray]'")
    from ray.scripts.scripts import start, status

    known = {name for command in (start, status) for p in command.params for name in p.opts}
    used = set(
        re.findall(
            r"(--[a-z-]+)(?==|\b)", block("bash").split("ray start", 1)[1].split("sparse-rl")[0]
        )
    )
    assert used and used <= known, used - known
