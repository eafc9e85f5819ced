"""Downloads from a server on the loopback: resumed, checked, unpacked safely."""

from __future__ import annotations

import hashlib
import io
import random
import re
import socket
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sparse_rl.cli import main
from sparse_rl.datamodules.tables.fetch import RELEASES, fetch
from sparse_rl.errors import DataError

Pack = Callable[[dict[str, bytes]], bytes]


@dataclass
class Server:
    """What the server sends, and the Range headers that it was asked with."""

    url: str = ""
    body: bytes = b""
    resumes: bool = True
    sent_from: int | None = None  # the start that it sends instead of the one asked for
    breaks_after: int | None = None
    ranges: list[str | None] = field(default_factory=list)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            server.ranges.append(asked)
            if "missing" in self.path:
                self.send_error(404)
                return
            start, status = 0, 200
            if asked and server.resumes:
                match = re.fullmatch(r"bytes=(\d+)-", asked)
                assert match
                start, status = int(match[1]), 206
            if start >= len(server.body) > 0:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(server.body)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = server.sent_from if server.sent_from is not None else start
            body = server.body[start:]
            self.send_response(status)
            if status == 206:
                size = len(server.body)
                self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: server.breaks_after])

        def log_message(self, format: str, *args: object) -> None:
            """Keeps the tests' output clean."""

    return Handler


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}/archive"
    # A short poll: shutting down waits for one.
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    http.shutdown()
    thread.join()
    http.server_close()


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    # Level 1: several blocks, so that there is one behind the header to be damaged.
    with tarfile.open(fileobj=buffer, mode="w:bz2", compresslevel=1) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def _files(name: str) -> dict[str, bytes]:
    """The expected files of a release, with content that does not compress away."""
    release, rng = RELEASES[name], random.Random(0)
    return {f"{release.folder}/{file}": rng.randbytes(30_000) for file in release.files}


@pytest.fixture
def wikisql(server: Server) -> bytes:
    server.body = _tar(_files("wikisql"))
    return server.body


def _part(server: Server, root: Path) -> Path:
    address = hashlib.sha256(server.url.encode()).hexdigest()[:8]
    return root.parent / f"{root.name}-{address}.part"


def _assert_installed(root: Path, name: str = "wikisql") -> None:
    folder = RELEASES[name].folder
    for file, content in _files(name).items():
        assert (root / file.removeprefix(f"{folder}/")).read_bytes() == content
    assert [path.name for path in root.parent.iterdir()] == [root.name], "something was left over"


def test_fresh_download_reports_the_checksum_to_pin(
    server: Server, wikisql: bytes, tmp_path: Path
) -> None:
    fetched = fetch("wikisql", tmp_path / "wikisql", server.url)
    _assert_installed(tmp_path / "wikisql")
    assert not fetched.verified
    assert hashlib.sha256(wikisql).hexdigest() in str(fetched)
    assert server.ranges == [None]


def test_zip_release_goes_into_a_nested_empty_folder(server: Server, tmp_path: Path) -> None:
    server.body = _zip(_files("wikitablequestions"))
    root = tmp_path / "data" / "wtq"
    root.mkdir(parents=True)
    fetch("wikitablequestions", root, server.url)
    _assert_installed(root, "wikitablequestions")


def test_what_was_fetched_is_read(
    server: Server, small_wtq: Path, cache: Path, tmp_path: Path
) -> None:
    from sparse_rl.datamodules.tables.wikitablequestions import WikiTableQuestionsDataModule

    release = {
        f"WikiTableQuestions/{path.relative_to(small_wtq).as_posix()}": path.read_bytes()
        for path in small_wtq.rglob("*.*")
    }
    server.body = _zip({**_files("wikitablequestions"), **release})
    fetch("wikitablequestions", tmp_path / "wtq", server.url)
    data = WikiTableQuestionsDataModule(str(tmp_path / "wtq"), cache=str(cache))
    assert [len(data.examples(split)) for split in ("train", "dev", "test")] == [80, 20, 24]


def test_right_checksum_is_verified_in_any_case(
    server: Server, wikisql: bytes, tmp_path: Path
) -> None:
    digest = hashlib.sha256(wikisql).hexdigest().upper()
    fetched = fetch("wikisql", tmp_path / "wikisql", server.url, digest)
    assert fetched.verified
    assert "as expected" in str(fetched)


def test_resumes_a_truncated_part(server: Server, wikisql: bytes, tmp_path: Path) -> None:
    root = tmp_path / "wikisql"
    _part(server, root).write_bytes(wikisql[:5000])
    fetch("wikisql", root, server.url, hashlib.sha256(wikisql).hexdigest())
    assert server.ranges == ["bytes=5000-"]
    _assert_installed(root)


def test_broken_connection_keeps_the_part_for_the_next_call(
    server: Server, wikisql: bytes, tmp_path: Path
) -> None:
    root, server.breaks_after = tmp_path / "wikisql", 100_000
    with pytest.raises(DataError, match=r"^check the connection and fetch again") as caught:
        fetch("wikisql", root, server.url)
    kept = _part(server, root).read_bytes()
    assert kept
    assert wikisql.startswith(kept)
    assert f"resumes after {len(kept):,} bytes" in str(caught.value)
    server.breaks_after = None
    fetch("wikisql", root, server.url)
    assert server.ranges == [None, f"bytes={len(kept)}-"]
    _assert_installed(root)


def test_without_a_connection_there_is_one_short_line(tmp_path: Path) -> None:
    with socket.socket() as taken:  # Bound, and listened to by nobody.
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/data.tar.bz2"
        with pytest.raises(SystemExit) as stopped:
            main(["fetch", "wikisql", f"--root={tmp_path / 'wikisql'}", f"--url={url}"])
    text = str(stopped.value)
    assert text.startswith("error: check the connection and fetch again, which resumes after 0")
    assert "refused" in text and "object at" not in text and len(text.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_complete_part_is_not_loaded_again(server: Server, wikisql: bytes, tmp_path: Path) -> None:
    root = tmp_path / "wikisql"
    _part(server, root).write_bytes(wikisql)
    fetch("wikisql", root, server.url)
    _assert_installed(root)


def test_part_longer_than_the_archive_is_named(
    server: Server, wikisql: bytes, tmp_path: Path
) -> None:
    root = tmp_path / "wikisql"
    _part(server, root).write_bytes(wikisql + b"more")
    with pytest.raises(DataError, match=r"^remove .*\.part"):
        fetch("wikisql", root, server.url)


def test_server_without_ranges_restarts(server: Server, wikisql: bytes, tmp_path: Path) -> None:
    root, server.resumes = tmp_path / "wikisql", False
    # Not a beginning of the archive: appended to, it would be damaged.
    _part(server, root).write_bytes(b"x" * 5000)
    fetch("wikisql", root, server.url)
    assert server.ranges == ["bytes=5000-"]
    _assert_installed(root)


def test_other_range_than_asked_for_is_refused(
    server: Server, wikisql: bytes, tmp_path: Path
) -> None:
    root, server.sent_from = tmp_path / "wikisql", 4000
    _part(server, root).write_bytes(wikisql[:5000])
    with pytest.raises(DataError, match=r"^fetch from another address: .* 5000 .*bytes 4000-"):
        fetch("wikisql", root, server.url)
    assert _part(server, root).read_bytes() == wikisql[:5000]


def _assert_refused(server: Server, root: Path, message: str, **arguments: str) -> None:
    """The error begins with `message`, the archive is kept aside, and nothing is installed."""
    with pytest.raises(DataError, match=message) as caught:
        fetch("wikisql", root, server.url, **arguments)
    assert "\n" not in str(caught.value)
    rejected = _part(server, root).with_suffix(".rejected")
    assert str(rejected) in str(caught.value)
    assert rejected.read_bytes() == server.body
    assert list(root.parent.iterdir()) == [rejected]


def test_wrong_checksum_is_refused_and_kept_aside(
    server: Server, wikisql: bytes, tmp_path: Path
) -> None:
    message = rf"^compare the checksum .*{hashlib.sha256(wikisql).hexdigest()}, not {'0' * 64}"
    _assert_refused(server, tmp_path / "wikisql", message, sha256="0" * 64)


def test_archive_without_an_expected_file_is_refused(server: Server, tmp_path: Path) -> None:
    files = _files("wikisql")
    del files["data/dev.jsonl"]
    server.body = _tar(files)
    message = r"^check the address: .* has no data/dev\.jsonl \(kept"
    _assert_refused(server, tmp_path / "wikisql", message)


@pytest.mark.parametrize("pack", [_tar, _zip])
def test_path_traversal_is_refused(server: Server, tmp_path: Path, pack: Pack) -> None:
    server.body = pack({**_files("wikisql"), "../outside.txt": b"x"})
    folder = tmp_path / "data"
    _assert_refused(server, folder / "wikisql", r"^do not use this archive")
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("pack", [_tar, _zip])
def test_damaged_archive_is_refused(server: Server, tmp_path: Path, pack: Pack) -> None:
    body = pack(_files("wikisql"))
    server.body = body[:150_000] + bytes(4000) + body[154_000:]
    _assert_refused(server, tmp_path / "wikisql", r"^fetch again, the archive .* is damaged")


def test_page_instead_of_an_archive_is_refused(server: Server, tmp_path: Path) -> None:
    server.body = b"<html>moved</html>"
    _assert_refused(server, tmp_path / "wikisql", r"^check the address.* not an intact tar or zip")


def test_http_error_is_told(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^check the address.* HTTP 404"):
        fetch("wikisql", tmp_path / "wikisql", f"{server.url}/missing")
    assert list(tmp_path.iterdir()) == []


def test_complete_dataset_is_left_alone(server: Server, wikisql: bytes, tmp_path: Path) -> None:
    root = tmp_path / "wikisql"
    fetch("wikisql", root, server.url)
    assert "nothing was downloaded" in str(fetch("wikisql", root, server.url))
    assert len(server.ranges) == 1
    with pytest.raises(DataError, match=r"^remove .* to fetch it again"):
        fetch("wikisql", root, server.url, sha256="0" * 64)


def test_folder_with_other_files_is_left_alone(server: Server, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"^choose another folder"):
        fetch("wikisql", tmp_path, server.url)
    assert server.ranges == []


def test_unknown_dataset_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^choose one of .*did you mean wikisql\?"):
        fetch("wikisq", tmp_path / "wikisql")


def _with_flag_and_method(packed: bytes, flag: int, method: int) -> bytes:
    """Sets a bit and the method of compression in all headers of a zip archive."""
    content = bytearray(packed)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(signature)
        while start >= 0:
            content[start + place] |= flag
            if method:
                content[start + place + 2] = method
            start = content.find(signature, start + 4)
    return bytes(content)


@pytest.mark.parametrize(
    ("flag", "method", "says"), [(1, 0, "password required"), (0, 97, "compression")]
)
def test_an_archive_with_a_password_or_another_method_is_refused(
    flag: int, method: int, says: str, server: Server, tmp_path: Path
) -> None:
    server.body = _with_flag_and_method(_zip(_files("wikisql")), flag, method)
    root = tmp_path / "wikisql"
    _assert_refused(server, root, rf"^check the address: .* cannot be unpacked: .*{says}")


def test_an_archive_damaged_within_a_compressed_block_is_refused(
    server: Server, tmp_path: Path
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as tar:
        info = tarfile.TarInfo("data/train.jsonl")
        rng = random.Random(0)
        content = " ".join(str(rng.random()) for _ in range(10_000)).encode()
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    body = bytearray(packed.getvalue())
    body[len(body) // 2] ^= 0xFF
    server.body = bytes(body)
    _assert_refused(server, tmp_path / "wikisql", r"^fetch again, the archive .* is damaged")
