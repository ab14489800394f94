"""A train.toml with [quantise]: from a float run, on the chip's grid, to the same integers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genprop.errors import CheckpointError, ConfigurationError
from genprop.experiment.config import read_config
from genprop.experiment.deploy import retarget_run
from genprop.experiment.experiment import compile_experiment, load_experiment
from genprop.experiment.trained import evaluate_run, open_run
from genprop.experiment.training import train_run
from genprop.runtime.aware import QuantiseAware
from genprop.train.checkpoint import read_snapshot


@pytest.fixture(scope="module")
def floats(run: Path) -> Path:
    """A run that learned in floats."""
    return run


def tuned(floats: Path, name: str, *overrides: str, epochs: int = 3, resume: bool = False) -> Path:
    settings = ["quantise.weight_bits=4", f"fit.start={floats}", f"epochs={epochs}", *overrides]
    config = read_config(floats.parent / "train.toml", settings)
    train_run(config, floats.parent / name, progress=False, resume=resume)
    return floats.parent / name


def test_a_run_learns_on_the_grid_from_another_runs_best(floats: Path) -> None:
    run = tuned(floats, "tuned")
    simulator, experiment = open_run(run)
    assert isinstance(simulator, QuantiseAware)
    assert simulator.options.weight_bits == 4
    assert simulator.options.calibrate is experiment.train
    best = read_snapshot(run / "checkpoints" / "best.h5")
    chip = retarget_run(run).chip
    assert chip.options.weight_bits == 4
    grid = {n: float(best.simulator[f"grid/scale/{n}"]) for n in ("hidden", "out")}
    assert chip.grid.scale == grid
    for ours, theirs in zip(
        chip.network.synapses, simulator.retarget().network.synapses, strict=True
    ):
        np.testing.assert_array_equal(ours.weight, theirs.weight)
        assert len(np.unique(theirs.weight)) <= 16
    valid = evaluate_run(run, "valid").summary()
    recorded = best.records[-1].metrics
    assert valid == {name: recorded[f"valid.{name}"] for name in valid}
    assert retarget_run(run, weight_bits=8).chip.options.weight_bits == 8


def test_it_begins_where_the_float_run_was_best(floats: Path) -> None:
    run = tuned(floats, "still", "optimiser.kind=adam", "optimiser.rate=0.0", epochs=1)
    begun, best = (
        read_snapshot(path / "checkpoints" / "best.h5").parameters() for path in (run, floats)
    )
    assert all(np.array_equal(begun[name], best[name]) for name in best)


def test_more_epochs_of_a_resumed_run_give_the_bits_of_an_undisturbed_one(floats: Path) -> None:
    tuned(floats, "short", epochs=1)
    short = tuned(floats, "short", epochs=3, resume=True)
    whole = tuned(floats, "whole", epochs=3)
    one, other = (read_snapshot(r / "checkpoints" / "last.h5").simulator for r in (short, whole))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_what_does_not_fit_is_told_with_its_line(floats: Path, tmp_path: Path) -> None:
    toml = floats.parent / "train.toml"
    with pytest.raises(ConfigurationError, match="did you mean 'weight_bits'"):
        read_config(toml, ["quantise.weigth_bits=4"])
    with pytest.raises(ConfigurationError, match="true or false"):
        read_config(toml, ["quantise.exponents=1"])
    config = read_config(toml, ["quantise.weight_bits=12"])
    with pytest.raises(ConfigurationError, match="from 2 to 8"):
        compile_experiment(load_experiment(config), config)
    config = read_config(toml, [f"fit.start={tmp_path / 'nowhere.h5'}"])
    with pytest.raises(CheckpointError, match="no checkpoint"):
        train_run(config, tmp_path / "run", progress=False)
