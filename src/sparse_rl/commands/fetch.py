"""`sparse-rl fetch`: downloads a public dataset."""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.commands.arguments import Arguments, out_folder
from sparse_rl.datamodules.tables.fetch import RELEASES, fetch


def main(args: Sequence[str]) -> None:
    """Downloads, checks and unpacks the official release."""
    parser = Arguments("fetch", "Downloads a public dataset, checks it, and unpacks it.")
    parser.add_argument("name", choices=sorted(RELEASES))
    parser.add_argument("--root", type=out_folder, required=True, help="the dataset's folder")
    parser.add_argument("--url", help="another address to download from")
    parser.add_argument("--sha256", help="refuse an archive with another checksum")
    options = parser.parse_args(args)
    print(fetch(options.name, options.root, options.url, options.sha256))
