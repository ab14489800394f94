"""What a rank printed is read before it ends all."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from genprop import _printed
from genprop._printed import wait_until_read


def test_a_pipe_is_waited_for_until_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_printed, "_AT_MOST", 60.0)
    reader, writer = os.pipe()
    read: list[bytes] = []

    def later() -> None:
        time.sleep(0.2)
        read.append(os.read(reader, 100))

    with os.fdopen(writer, "w") as stream:
        stream.write("a fault")
        thread = threading.Thread(target=later)
        begin = time.monotonic()
        thread.start()
        wait_until_read(stream)
        assert time.monotonic() - begin >= 0.2
        thread.join()
        assert read == [b"a fault"]
        monkeypatch.setattr(_printed, "_AT_MOST", 0.1)
        stream.write("never read")
        wait_until_read(stream)  # not for ever
    os.close(reader)


def test_nothing_is_waited_for_where_nobody_reads(tmp_path: Path) -> None:
    begin = time.monotonic()
    with (tmp_path / "log").open("w") as stream:
        stream.write("a fault")
        wait_until_read(stream)
    assert time.monotonic() - begin < 1
    assert (tmp_path / "log").read_text() == "a fault"
