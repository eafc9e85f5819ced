"""A shell that has read the script completes commands, configs and paths."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sparse_rl.cli import main
from sparse_rl.commands import COMMANDS, TRAINING
from sparse_rl.config_files import shipped_configs

# What bash does on Tab, without a terminal: the words so far, then the function that completes.
TAB = """
source "$1"; shift
COMP_WORDS=(sparse-rl "$@"); COMP_CWORD=$#
complete_with=$(complete -p sparse-rl | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
$complete_with; printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "sparse-rl.bash"
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("builtins.print", lambda text: lines.append(text))
        main(["completion", "bash"])
    path.write_text("\n".join(lines))
    return path


def completed(script: Path, *words: str, folder: Path) -> list[str]:
    command = ["bash", "-c", TAB, "bash", str(script), *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=True)
    return done.stdout.split()


def test_commands_configs_and_paths(script: Path, tmp_path: Path) -> None:
    (tmp_path / "medals.csv").touch()
    assert set(completed(script, "", folder=tmp_path)) >= {*TRAINING, *COMMANDS}
    assert completed(script, "expl", folder=tmp_path) == ["explore"]
    gaca = [name for name in shipped_configs() if name.startswith("gaca_w")]
    assert completed(script, "fit", "--config", "gaca_w", folder=tmp_path) == gaca
    assert completed(script, "ask", "--table", "med", folder=tmp_path) == ["medals.csv"]


def test_an_unknown_shell_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"see sparse-rl completion --help: .*'dos'"):
        main(["completion", "dos"])
