"""Files are written in the background, in order, and errors are not lost."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sparse_rl.callbacks.background import WAITING, BackgroundWriter

ONE, OTHER, THIRD = Path("one"), Path("other"), Path("third")


def test_jobs_run_one_after_another_and_are_waited_for() -> None:
    writer, done, go = BackgroundWriter(), [], threading.Event()
    writer.submit(ONE, lambda: done.append("one") if go.wait(10) else None)
    writer.submit(OTHER, lambda: done.append("other"))
    assert done == [], "submitting does not wait"
    threading.Timer(0.05, go.set).start()
    writer.wait(ONE)
    assert done[0] == "one"
    writer.submit(OTHER, lambda: done.append("other again"))
    writer.finish()
    assert done == ["one", "other", "other again"]
    writer.submit(ONE, lambda: done.append("after the end"))
    writer.finish()
    assert done[-1] == "after the end"


def test_no_more_states_wait_than_there_is_room_for() -> None:
    writer, done, go = BackgroundWriter(), [], threading.Event()
    assert WAITING == 2
    writer.submit(ONE, lambda: done.append("one") if go.wait(10) else None)
    writer.submit(OTHER, lambda: None)
    threading.Timer(0.05, go.set).start()
    writer.submit(THIRD, lambda: None)
    assert done == ["one"], "the third one has waited for the first"
    writer.finish()


@pytest.mark.parametrize("at", ["wait", "submit", "finish"])
def test_an_error_is_raised_where_the_file_is_waited_for(at: str) -> None:
    def fail() -> None:
        raise OSError("no space")

    writer = BackgroundWriter()
    writer.submit(ONE, fail)
    with pytest.raises(OSError, match="no space"):
        match at:
            case "wait":
                writer.wait(ONE)
            case "submit":
                writer.submit(ONE, lambda: None)
            case _:
                writer.finish()
    writer.wait(ONE)
    writer.finish()
