"""What one sees of a long rounding."""

from __future__ import annotations

import io
import sys

import pytest

from genprop.train import progress
from genprop.train.progress import rounding_bar


class Terminal(io.StringIO):
    """Keeps what it is shown."""

    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Stands for sys.stdout from now on."""
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setenv("TERM", "xterm")
    return shown


def test_a_rounding_that_takes_long_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch)
    monkeypatch.setattr(progress, "_PATIENCE", -1.0)
    with rounding_bar() as on_rounded:
        assert on_rounded is not None
        on_rounded("in->hidden", 1, 7)
        on_rounded("hidden->out", 3, 3)
    assert "in->hidden" in shown.getvalue()
    assert "1/7" in shown.getvalue()
    assert "3/3" in shown.getvalue()


def test_a_short_one_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch)
    with rounding_bar() as on_rounded:
        assert on_rounded is not None
        on_rounded("in->hidden", 7, 7)
    assert not shown.getvalue()


def test_nothing_is_told_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with rounding_bar() as on_rounded:
        assert on_rounded is None
