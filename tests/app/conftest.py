"""A desk with the packaged model, which is loaded once for the module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sparse_rl.app import desk as desks
from sparse_rl.app.desk import Desk, Sheet
from sparse_rl.app.records import QuestionFolder
from sparse_rl.asking.model import Model, load_model

RIVERS = """River,Country,Length (km),Source
Amazon,Brazil,"6,400",Andes
Nile,Egypt,"6,650",Lake Victoria
Rhine,Germany,"1,233",Alps
Rhône,France,813,Alps
"""


@pytest.fixture(scope="session")
def packaged() -> Model:
    return load_model()


@pytest.fixture
def desk(tmp_path: Path, packaged: Model, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(desks, "load_model", lambda checkpoint: packaged)
    return Desk(QuestionFolder(tmp_path / "asked"))


@pytest.fixture
def rivers_csv() -> bytes:
    return RIVERS.encode()


@pytest.fixture
def rivers(desk: Desk, rivers_csv: bytes) -> Sheet:
    return desk.open("rivers.csv", rivers_csv)


@pytest.fixture
def open_csv(desk: Desk) -> Callable[[str], Sheet]:
    return lambda text: desk.open("t.csv", text.encode())
