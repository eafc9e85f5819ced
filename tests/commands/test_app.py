"""`sparse-rl app`: what is refused before a page is served."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sparse_rl.app import server
from sparse_rl.app.learning import learn_arguments
from sparse_rl.cli import main
from sparse_rl.commands import app, learn


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"^error: pip install 'sparse_rl\[app\]'"):
        main(["app"])


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("--port=80", "set --port between 1024 and 65535"),
        ("--folder=taken", "Not a directory"),
        ("--max_epochs=0", "set --max_epochs"),
        ("--share", "unrecognized arguments: --share"),
    ],
)
def test_wrong_options(
    option: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("")
    with pytest.raises(SystemExit, match=problem):
        main(["app", option])
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_a_port_in_use(tmp_path: Path) -> None:
    pytest.importorskip("streamlit")
    with socket.socket() as other:
        other.bind((server.ADDRESS, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SystemExit, match=f"^error: set --port to another one: {port}"):
            main(["app", f"--port={port}", f"--folder={tmp_path / 'asked'}"])
    assert not (tmp_path / "asked").exists()


def test_the_page_is_for_this_machine_alone_and_tells_nobody() -> None:
    """Every option exists in Streamlit, and the page cannot be reached, or report, elsewhere."""
    config = pytest.importorskip("streamlit.config")
    known = config.get_config_options()
    assert {name.replace("_", ".") for name in server.OPTIONS} <= set(known)
    assert server.OPTIONS["server_address"] == "127.0.0.1"
    assert server.OPTIONS["browser_gatherUsageStats"] is False
    assert server.OPTIONS["secrets_files"] == []


def test_the_training_has_arguments_that_learn_understands(tmp_path: Path) -> None:
    arguments = learn_arguments(Path("-odd; folder"), tmp_path / "o.ckpt", Path("b.ckpt"), 3)
    options = learn.parser().parse_args(["--json", *arguments])
    assert (options.root, options.out) == (Path("-odd; folder"), tmp_path / "o.ckpt")
    assert (options.ckpt_path, options.max_epochs, options.json) == ("b.ckpt", 3, True)
