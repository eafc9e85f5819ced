"""Downloads official releases of datasets: resumes, checks, and unpacks in one step.

The archive is loaded into a `.part` file next to the target folder and unpacked into a temporary
folder there; only a complete dataset is renamed to the target.
"""

from __future__ import annotations

import difflib
import hashlib
import lzma
import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import requests
from tqdm import tqdm

from sparse_rl.errors import DataError

_CHUNK = 1 << 16
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
_TIMEOUT = (10, 60)  # seconds to connect, and between two packets


@dataclass(frozen=True)
class Release:
    """Archive of a published dataset.

    Attributes:
        url: address of the archive.
        folder: the folder of the archive that becomes the dataset's folder.
        files: required files, relative to that folder.
        sha256: checksum of the archive; None if its publishers give none.
    """

    url: str
    folder: str
    files: tuple[str, ...]
    sha256: str | None = None


RELEASES: Mapping[str, Release] = {
    "wikisql": Release(
        url="https://github.com/salesforce/WikiSQL/raw/master/data.tar.bz2",
        folder="data",
        files=tuple(
            f"{split}{suffix}"
            for split in ("train", "dev", "test")
            for suffix in (".jsonl", ".tables.jsonl")
        ),
    ),
    "wikitablequestions": Release(
        url="https://github.com/ppasupat/WikiTableQuestions/releases/download/v1.0.2/"
        "WikiTableQuestions-1.0.2-compact.zip",
        folder="WikiTableQuestions",
        files=(
            "csv/200-csv/0.csv",
            "data/training.tsv",
            "data/random-split-1-train.tsv",
            "data/random-split-1-dev.tsv",
            "data/pristine-unseen-tables.tsv",
        ),
    ),
}


@dataclass(frozen=True)
class Fetched:
    """Result of `fetch`; its text is for the user.

    Attributes:
        root: the dataset's folder.
        sha256: checksum of the archive; None if the dataset was there before.
        verified: whether the checksum was compared with a known one.
    """

    root: Path
    sha256: str | None
    verified: bool

    def __str__(self) -> str:
        if self.sha256 is None:
            return f"{self.root} is complete already: nothing was downloaded"
        if self.verified:
            return f"{self.root} is ready (sha256 {self.sha256}, as expected)"
        return (
            f"{self.root} is ready. No checksum of the archive is published: its files were "
            f"checked by name only. To pin it, give sha256 {self.sha256} next time"
        )


def fetch(name: str, root: Path, url: str | None = None, sha256: str | None = None) -> Fetched:
    """Downloads an official release, checks it and unpacks it.

    The next call resumes an interrupted download. A complete dataset is left as it is.

    Args:
        name: key of `RELEASES`.
        root: folder of the dataset, e.g. with `train.jsonl` (wikisql) or with `csv/` and `data/`
            (wikitablequestions) right in it; before, it must be empty or missing.
        url: another address of the same archive, such as a mirror.
        sha256: required checksum of the archive.

    Returns:
        The folder and the checksum, to be shown to the user.

    Raises:
        DataError: the name is unknown, `root` is in use, the download fails, or the archive is not
            the expected one. A rejected archive is kept as `.rejected` next to `root`.
    """
    release = _release(name)
    root = root.absolute()
    url, expected = url or release.url, (sha256 or release.sha256 or "").lower()
    if _is_complete(release, root, sha256):
        return Fetched(root, None, False)
    # Another address may have another archive: a part resumes from its own address only.
    address = hashlib.sha256(url.encode()).hexdigest()[:8]
    part = root.parent / f"{root.name}-{address}.part"
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        _download(url, part)
        with _kept_aside(part):
            obtained = _checksum(part)
            if expected and obtained != expected:
                raise DataError(
                    f"compare the checksum with its source, or fetch again: {url} has sha256 "
                    f"{obtained}, not {expected}"
                )
            _install(part, release, root, url)
        part.unlink()
    except OSError as error:
        raise DataError(
            f"make sure that {root.parent} is writable and has room, and fetch again: {error}"
        ) from error
    return Fetched(root, obtained, bool(expected))


def _release(name: str) -> Release:
    if name in RELEASES:
        return RELEASES[name]
    nearest = difflib.get_close_matches(name, RELEASES, 1)
    hint = f" (did you mean {nearest[0]}?)" if nearest else ""
    raise DataError(f"choose one of {', '.join(RELEASES)}: there is no dataset {name!r}{hint}")


def _is_complete(release: Release, root: Path, sha256: str | None) -> bool:
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    if not all((root / file).is_file() for file in release.files):
        raise DataError(f"choose another folder or remove {root}: it has other content")
    if sha256:
        raise DataError(
            f"remove {root} to fetch it again, or omit sha256: it is complete, but its archive is "
            "gone, so its checksum cannot be compared"
        )
    return True


def _download(url: str, part: Path) -> None:
    """Downloads the rest of `part`, or all of it if the server does not resume."""
    try:
        start = part.stat().st_size if part.exists() else 0
        with _open(url, start) as response:
            if response.status_code == 416 and start == _total(response):
                return  # The part is complete.
            if response.status_code not in (200, 206):
                raise DataError(_refusal(response, part))
            _receive(response, part, start if _resumes(response, start) else 0)
    except requests.RequestException as error:
        kept = part.stat().st_size if part.exists() else 0
        raise DataError(
            f"check the connection and fetch again, which resumes after {kept:,} bytes: {url}: "
            f"{_cause(error)}"
        ) from error


def _cause(error: requests.RequestException) -> str:
    """The reason of a failed request, without the names of the library's objects."""
    inner = error.args[0] if error.args else error
    text = " ".join(str(getattr(inner, "reason", None) or inner).split())
    return text.partition("): ")[2] or text


def _refusal(response: requests.Response, part: Path) -> str:
    status = f"{response.url} answered HTTP {response.status_code} {response.reason}"
    if response.status_code == 416:
        return f"remove {part}, it is not part of this archive, and fetch again: {status}"
    return f"check the address, or try again later: {status}"


def _open(url: str, start: int) -> requests.Response:
    # Without identity, a range could count compressed bytes.
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    return requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT)


def _resumes(response: requests.Response, start: int) -> bool:
    """Whether the server sends the requested range; False for the whole file."""
    if response.status_code != 206:
        return False
    sent = response.headers.get("Content-Range", "")
    if not sent.startswith(f"bytes {start}-"):
        raise DataError(
            f"fetch from another address: {response.url} was asked for the bytes from {start} and "
            f"sends {sent or 'an unnamed range'!r}"
        )
    return True


def _total(response: requests.Response) -> int | None:
    """Size of the whole file by Content-Range: `bytes 5-9/10` or `bytes */10`."""
    size = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(size) if size.isdigit() else None


def _receive(response: requests.Response, part: Path, start: int) -> None:
    length = response.headers.get("Content-Length", "")
    total = start + int(length) if length.isdigit() else None
    # No bar if the output is not a terminal.
    bar = tqdm(total=total, initial=start, unit="B", unit_scale=True, desc=part.name, disable=None)
    with bar, part.open("ab" if start else "wb") as file:
        for chunk in response.iter_content(_CHUNK):
            file.write(chunk)
            bar.update(len(chunk))
    received = part.stat().st_size
    if total is not None and received != total:
        raise requests.ConnectionError(f"it ended after {received:,} of {total:,} bytes")


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _kept_aside(archive: Path) -> Iterator[None]:
    """Renames a rejected archive, so that it is neither lost nor resumed."""
    try:
        yield
    except DataError as error:
        rejected = archive.with_suffix(".rejected")
        archive.replace(rejected)
        raise DataError(f"{error} (kept as {rejected})") from error


def _install(archive: Path, release: Release, root: Path, url: str) -> None:
    """Unpacks next to `root` and renames, so that `root` is complete or absent."""
    staging = Path(tempfile.mkdtemp(dir=root.parent, prefix=f".{root.name}-"))
    try:
        _unpack(archive, staging, url)
        folder = staging / release.folder
        missing = [file for file in release.files if not (folder / file).is_file()]
        if missing:
            raise DataError(
                f"check the address: the archive of {url} has no {release.folder}/{missing[0]}"
                + (f" nor {len(missing) - 1} more expected files" if missing[1:] else "")
            )
        if root.exists():
            root.rmdir()
        os.replace(folder, root)
    finally:
        shutil.rmtree(staging)


def _unpack(archive: Path, target: Path, url: str) -> None:
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, target)
        elif tarfile.is_tarfile(archive):
            with tarfile.open(archive) as tar:
                tar.extractall(target, filter="data")
        else:
            raise DataError(
                f"check the address, or fetch again: {url} is not an intact tar or zip archive"
            )
    except tarfile.FilterError as error:
        raise DataError(f"do not use this archive, it leaves its folder: {url}: {error}") from error
    except (*_DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # An error of the disk; bz2 reports damage as an OSError without a number.
        raise DataError(f"fetch again, the archive of {url} is damaged: {error}") from error
    except (RuntimeError, NotImplementedError) as error:
        # zipfile's words for a password, and for a method that it does not know.
        raise DataError(
            f"check the address: the archive of {url} cannot be unpacked: {error}"
        ) from error


def _unpack_zip(archive: Path, target: Path) -> None:
    """Extracts a zip file; refuses members outside the folder, which `extractall` would rename."""
    with zipfile.ZipFile(archive) as file:
        for member in file.namelist():
            path = PurePosixPath(member.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts:
                raise DataError(f"do not use this archive, it leaves its folder: {member!r}")
        file.extractall(target)
