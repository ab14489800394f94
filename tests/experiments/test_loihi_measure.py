"""The tables of what networks are worth on Loihi 2 follow from one run of measure.py."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.train.small_run import small_run

FOLDER = Path(__file__).parents[2] / "experiments" / "loihi"


def test_runs_are_measured_and_pooled(
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    runs = [str(run), str(small_run(tmp_path, "epochs=1", "seed=4"))]
    output = tmp_path / "results.json"
    line = [*runs, "--parts", "test", "tuned", "--epochs", "1", "--output", str(output)]
    monkeypatch.setattr(sys, "argv", ["measure.py", *line])
    monkeypatch.syspath_prepend(str(FOLDER))
    runpy.run_path(str(FOLDER / "measure.py"), run_name="__main__")
    found = json.loads(output.read_text())
    assert list(found["runs"]) == ["small, seed 3", "small, seed 4"]
    counts = [run["test"]["calibrated/calibrated/8"] for run in found["runs"].values()]
    together = found["pooled"]["small"]["test"]["calibrated/calibrated/8"]
    share = sum(c["same"] for c in counts) / 60
    assert together["samples"] == 60
    assert together["same predictions"] == round(share, 4)
    assert together["standard error"] == round(np.sqrt(share * (1 - share) / 60), 4)
    right = [c["right on the chip"] / 30 for c in counts]
    assert together["chip accuracy"] == [round(np.mean(right), 4), round(np.std(right, ddof=1), 4)]
    mean, sd = together["chip accuracy"]
    shown = f"{100 * share:.1f} ± {100 * together['standard error']:.1f}"
    assert (
        f"| calibrated | {shown} / {100 * mean:.1f} ± {100 * sd:.1f} |" in capsys.readouterr().out
    )
    assert found["pooled"]["small"]["tuned"]["4"]["runs"] == 2
