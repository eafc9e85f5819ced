"""Text of files: compression, encoding and line ends."""

from __future__ import annotations

import codecs
import gzip
import zlib
from pathlib import Path

import charset_normalizer

from sparse_rl.errors import DataError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = {
    b"PK\x03\x04": "a spreadsheet or a zip archive: name it .xlsx or .ods, or unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel file: name it .xls",
    b"PAR1": "Parquet: name it .parquet",
    b"%PDF": "a PDF: save the table as CSV",
    b"BZh": "compressed with bzip2: unpack it",
    b"\xfd7zXZ": "compressed with xz: unpack it",
    b"version https://git-lfs": "a pointer of Git LFS: fetch the file with git lfs pull",
}


def read_text(path: Path, encoding: str | None = None) -> str:
    r"""Reads a text file: UTF-8, or UTF-16 with a byte order mark; lines end in `\n`.

    Args:
        path: the file; one that is compressed with gzip is unpacked.
        encoding: another encoding.

    Raises:
        DataError: the file is missing, is no text, or has another encoding, which is named.
    """
    content = read_bytes(path)
    for mark, kind in _BINARY.items():
        if content.startswith(mark):
            raise DataError(f"give a text file under this name, it is {kind} ({path})")
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    try:
        text = content.decode(encoding or marked or "utf-8")
    except LookupError:
        raise DataError(f"name an encoding of Python, not {encoding!r} ({path})") from None
    except UnicodeDecodeError as error:
        raise DataError(_undecoded(content, error, path)) from None
    if not encoding and not marked and content[:200].count(0) > 40:
        raise DataError(f"write UTF-8: it looks like UTF-16 without its mark ({path}, line 1)")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path) -> bytes:
    """Reads a file, unpacked if it is compressed with gzip.

    Raises:
        DataError: the file is missing, or its compression is broken.
    """
    if not path.is_file():
        raise DataError(f"put the file there, or name another: no file {path}")
    content = path.read_bytes()
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"write the file again, its gzip is broken: {error} ({path})") from None


def _undecoded(content: bytes, error: UnicodeDecodeError, path: Path) -> str:
    before = content[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.count(b"\n") + 1
    guess = charset_normalizer.from_bytes(content[max(0, error.start - 5000) :][:20000]).best()
    # One letter says little; western Europe is the most frequent.
    name = guess.encoding if guess is not None and len(content) > 2000 else "cp1252"
    return (
        f"write UTF-8, or name the encoding in {path.name}.yaml (encoding: {name}): "
        f"byte 0x{content[error.start]:02x} is not {error.encoding} ({path}, line {line})"
    )
