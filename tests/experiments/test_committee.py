"""Braille networks side by side: what they decide together, and what is refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FILE = Path(__file__).parents[2] / "experiments" / "braille7" / "committee.py"
LABELS = np.array([0, 1, 0])
MEMBERS = {
    "a": np.array([[9.0, 1.0], [6.0, 4.0], [2.0, 8.0]]),  # right, wrong, wrong
    "b": np.array([[6.0, 4.0], [1.0, 9.0], [4.0, 6.0]]),  # right, right, wrong
    "c": np.array([[4.0, 6.0], [3.0, 7.0], [9.0, 1.0]]),  # wrong, right, right
    "d": np.array([[1.0, 9.0], [9.0, 1.0], [0.5, 9.5]]),  # all wrong
}


@pytest.fixture
def committee(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("committee", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "scores", lambda run: (MEMBERS[run.name], LABELS))
    return module


def test_scores_are_averaged_not_votes(committee: ModuleType) -> None:
    found = committee.measured([Path("a"), Path("b"), Path("c")], 3)
    assert found["alone"] == pytest.approx([1 / 3, 2 / 3, 2 / 3])
    assert found["together"] == [1.0]
    assert found["sd"] is None


def test_those_that_follow_each_other_decide_together(committee: ModuleType) -> None:
    found = committee.measured([Path(name) for name in "abdcb"], 2)
    assert found["together"] == pytest.approx([2 / 3, 0.0])
    assert found["mean"] == pytest.approx(1 / 3)


def test_members_with_other_test_letters_are_refused(
    committee: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = iter([LABELS, LABELS[::-1] + 1])
    monkeypatch.setattr(committee, "scores", lambda run: (MEMBERS[run.name], next(own)))
    with pytest.raises(SystemExit, match="different test letters"):
        committee.measured([Path("a"), Path("b")], 2)
