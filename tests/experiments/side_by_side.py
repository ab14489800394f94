"""Networks that were trained apart, put side by side: what the whole must observe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import genprop as gp


def refuse_another_mean(
    whole: gp.Simulator, experiment: gp.Experiment, runs: list[Path]
) -> list[float]:
    """Fails unless ``whole`` observes its parts' mean and spikes as they do; gives their spikes."""
    batch = next(iter(experiment.split("test").batches(8)))
    parts = [gp.experiment.open_run(run)[0] for run in runs]
    due = np.mean([scores for part in parts if (scores := part.run(batch).scores) is not None], 0)
    found = whole.run(batch)
    assert np.abs(due).max() > 1e-3
    assert found.scores == pytest.approx(due, rel=1e-4, abs=float(1e-5 * np.abs(due).max()))
    spikes = [float(part.last.spikes["hidden"].sum()) for part in parts]
    assert [found.spikes[f"hidden_{k}"].sum() for k in range(len(runs))] == spikes
    return spikes
