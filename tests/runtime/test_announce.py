"""What takes long says so, and what does not is silent."""

from __future__ import annotations

import time

import pytest

from genprop.runtime.announce import announced


def test_only_what_takes_long_is_announced(capsys: pytest.CaptureFixture[str]) -> None:
    with announced("a moment", after=5.0):
        pass
    with announced("deriving", after=0.01):
        time.sleep(0.3)
    time.sleep(0.05)
    found = capsys.readouterr()
    assert found.err == "genprop: deriving ...\n"
    assert found.out == ""


def test_an_error_stops_the_announcement(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="x"), announced("never", after=0.2):
        raise ValueError("x")
    time.sleep(0.3)
    assert capsys.readouterr().err == ""
