"""`sparse-rl report`: writes a page about one run, or compares several."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.analysis.report import read_page, render
from sparse_rl.commands.arguments import Arguments, out_file
from sparse_rl.folders import write_text
from sparse_rl.run_names import find_run


def main(args: Sequence[str]) -> None:
    """Writes the page of one or several runs.

    Raises:
        DataError: a folder is not a run's, or a file in it is broken.
    """
    parser = Arguments(
        "report",
        description="Writes one self-contained HTML page: learning curves, the memory, accuracy "
        "by the form of the programs, every test question with its program, and a comparison of "
        "the runs.",
    )
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="runs/NAME/version_0, runs/NAME for its newest run, a checkpoint, best or last",
    )
    parser.add_argument(
        "--out", type=out_file, help="the page; report.html in the first run's folder by default"
    )
    options = parser.parse_args(args)
    runs = [find_run(name) for name in options.runs]
    out = options.out or runs[0] / "report.html"
    page = render(read_page(runs))
    write_text(out, page)
    print(f"Wrote {out}, {len(page.encode()) / 1e6:.1f} MB. Open it in a browser.")
