"""The script for a GPU, tried without one: its shape, not what it would measure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import genprop as gp
from genprop.backends.genn.pygenn import devices

FOLDER = Path(__file__).parents[2] / "experiments" / "gpu"
LINE = ("--networks", "recurrent", "--batches", "2", "--hidden", "8", "--no-tests")


def test_without_cuda_it_says_what_is_missing_and_writes_nothing(
    tmp_path: Path, script_of: Callable[[Path], Callable[..., dict[str, Any]]]
) -> None:
    if "cuda" in devices():
        pytest.skip("PyGeNN is here with its CUDA backend")
    with pytest.raises(SystemExit, match="not here with its backend for 'cuda'"):
        script_of(FOLDER)("measure.py", "--output", str(tmp_path / "out.json"))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_with_a_device_it_writes_differences_and_times(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script_of: Callable[[Path], Callable[..., dict[str, Any]]],
) -> None:
    """On GeNN's CPU backend, or with the native backend in its place."""
    device = "cpu"
    if "cpu" not in devices():
        device = "stand-in"
        monkeypatch.setattr("genprop.backends.genn.pygenn.devices", lambda: ["stand-in"])
        monkeypatch.setattr(gp, "GeNN", lambda _, precision="float": gp.Native(precision))
    place = tmp_path / "out.json"
    script_of(FOLDER)("measure.py", "--device", device, "--output", str(place), *LINE)
    found = json.loads(place.read_text())
    assert set(found) == {"machine", "zoo", "speed [ms/sample]"}
    assert 0 <= found["zoo"]["recurrent"]["double"] < 1e-9
    assert 0 < found["zoo"]["recurrent"]["float"] < 1e-3
    assert found["zoo"]["recurrent"]["double"] < found["zoo"]["recurrent"]["float"]
    row = found["speed [ms/sample]"]["2"]
    assert row["device"] > 0 and row["processor"] > 0
    assert row["largest difference of gradients"] < 1e-3
