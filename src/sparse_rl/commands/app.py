"""`sparse-rl app`: a page in the browser for questions about tables."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from sparse_rl.bounds import Count, Within
from sparse_rl.commands.arguments import Arguments, out_folder
from sparse_rl.errors import SparseRLError
from sparse_rl.quiet import set_quiet

Port = Annotated[int, Within(1024, 65535)]
"""A port that needs no rights."""


def parser() -> Arguments:
    """The command's options."""
    options = Arguments(
        "app",
        "Serves a page, on this machine alone: drop a table, ask, look at the steps, correct the "
        "answer, and train the model on. Ctrl-C ends it.",
    )
    options.add_argument(
        "--folder",
        type=out_folder,
        default=Path("asked"),
        help="keeps tables, questions and answers; asked by default",
    )
    options.add_argument(
        "--ckpt_path",
        help="a checkpoint, or a run's folder for its best one; else the folder's own model, and "
        "before the first training the packaged one",
    )
    options.add_argument("--port", type=Port, default=8501, help="8501 by default")
    options.add_argument(
        "--max_epochs", type=Count, default=20, help="passes of a training; 20 by default"
    )
    return options


def main(args: Sequence[str]) -> None:
    """Runs the command.

    Raises:
        SparseRLError: the extra is missing, the port is taken, or folder or checkpoint cannot be
            read.
    """
    options = parser().parse_args(args)
    if find_spec("streamlit") is None:
        raise SparseRLError("pip install 'sparse_rl[app]': the page needs Streamlit")
    set_quiet(True)
    # Late: --help must not wait for torch.
    from sparse_rl.app.records import QuestionFolder
    from sparse_rl.app.server import ADDRESS, check_port, serve

    check_port(options.port)
    folder = QuestionFolder(options.folder.absolute())
    from sparse_rl.app.desk import Desk
    from sparse_rl.run_names import find_checkpoint

    given = options.ckpt_path
    desk = Desk(folder, None if given is None else find_checkpoint(given), options.max_epochs)
    print(f"Open http://{ADDRESS}:{options.port}", flush=True)
    print(f"Questions are kept in {folder.root}; {desk.model_name} answers. Ctrl-C ends it.")
    serve(desk, options.port)
