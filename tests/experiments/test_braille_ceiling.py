"""The classifier beside the Braille networks misses letters with wrong labels, and no others."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.experiments.letters import write_letters

pytest.importorskip("sklearn")

FILE = Path(__file__).parents[2] / "experiments" / "braille7" / "ceiling.py"
LETTERS, STEPS = 60, 128


def test_wrong_labels_are_missed_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng()
    labels = np.arange(LETTERS) % 3
    rate = np.full((LETTERS, STEPS, 12), 0.05)
    for letter, label in enumerate(labels):
        rate[letter, 20 + 30 * label : 50 + 30 * label, 4 * label : 4 * label + 4] = 0.9
    wrong = rng.choice(np.arange(9, LETTERS), 4, replace=False)
    labels[wrong] = (labels[wrong] + 1) % 3
    file = write_letters(tmp_path / "letters.npz", rng.random(rate.shape) < rate, labels, tested=9)
    line = ["ceiling.py", "--data", str(file), "--kernels", "60"]
    monkeypatch.setattr(sys, "argv", [*line, "--folds", "5", "--draws", "3"])
    runpy.run_path(str(FILE), run_name="__main__")
    shown = capsys.readouterr().out
    assert shown.startswith("51 letters, 3 draws: accuracy ")
    assert "missed every time: 4, in more than half: 4" in shown
