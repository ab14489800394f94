"""The experiments whose data are not here: each builds, compiles and learns from a tiny file."""

from __future__ import annotations

import itertools
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from genprop.data import Dataset
from genprop.experiment.config import read_config
from genprop.experiment.experiment import compile_experiment, load_experiment

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
CLASSES = {"shd": 20, "ssc": 35, "braille": 27}
TOMLS = sorted(p for name in CLASSES for p in (EXPERIMENTS / name).glob("*.toml"))
SMALL = ("hidden=6", "batch=8", "threads=1")


def spoken(file: Path, samples: int, classes: int) -> None:
    """A file of SHD's layout, every class in turn, loud enough for a few neurons."""
    rng = np.random.default_rng(samples)
    with h5py.File(file, "w") as out:
        times = out.create_dataset("spikes/times", (samples,), h5py.vlen_dtype(np.float16))
        units = out.create_dataset("spikes/units", (samples,), h5py.vlen_dtype(np.uint16))
        for k in range(samples):
            times[k] = np.sort(rng.random(900) * 1.1).astype(np.float16)
            units[k] = rng.integers(0, 700, 900).astype(np.uint16)
        out["labels"] = (np.arange(samples) % classes).astype(np.uint16)
        out["extra/keys"] = np.array([f"word {k}".encode() for k in range(classes)])


def letters(file: Path, samples: int) -> None:
    """A pickle of the published layout: events[sample][taxel][ON, OFF] in seconds, and letters."""
    rng = np.random.default_rng(0)
    names = ["Space", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    drawn = np.sort(rng.random((samples, 12, 2, 40)) * 1.3).tolist()
    chosen = [names[k % len(names)] for k in range(samples)]
    file.write_bytes(pickle.dumps({"events": drawn, "letter": chosen}))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("data")
    for stem in ("shd_train", "shd_test"):
        spoken(folder / f"{stem}.h5", 40, CLASSES["shd"])
    for stem in ("ssc_train", "ssc_valid", "ssc_test"):
        spoken(folder / f"{stem}.h5", 35, CLASSES["ssc"])
    letters(folder / "letters.pkl", 270)
    return {"shd": folder, "ssc": folder, "braille": folder / "letters.pkl"}


def longest_delays(spec: NetworkSpec, dt: float) -> dict[str, int]:
    """Steps that the delay lines of each projection hold, where its delays learn."""
    learned = [p for p in spec.projections if p.delay is not None and p.delay.learned]
    return {p.name: round(p.max_delay / dt) for p in learned}


BY_NIGHT = ("ssc/loihi", "braille/loihi")  # as of SHD


@pytest.mark.parametrize(
    "toml",
    [
        pytest.param(p, id=name, marks=pytest.mark.nightly if name in BY_NIGHT else ())
        for p in TOMLS
        for name in [f"{p.parent.name}/{p.stem}"]
    ],
)
def test_a_published_experiment_learns_from_a_file_of_its_layout(
    toml: Path, data: dict[str, Path]
) -> None:
    name = toml.parent.name
    own = [] if name == "braille" else ["options.cache=false"]
    config = read_config(toml, [*SMALL, f"options.data={data[name]}", *own])
    experiment = load_experiment(config)
    assert isinstance(experiment.train, Dataset)
    assert experiment.train.classes == CLASSES[name]
    sim, _ = compile_experiment(experiment, config)
    for weight in (n for n in sim.settings if n.endswith(".weight")):
        sim.parameters[weight] = 20 * sim.parameters[weight]  # six neurons shall spike too
    before = {n: sim.parameters[n].copy() for n in sim.settings}
    for batch in itertools.islice(experiment.train.batches(8, seed=(0, 1)), 2):
        value, gradients = sim.gradients(batch)
        assert np.isfinite(value)
        assert set(gradients) == set(before)
        sim.step()
    moved = [n for n, first in before.items() if np.any(sim.parameters[n] != first)]
    assert sorted(moved) == sorted(before), "every weight and delay array learns"
    if toml.stem == "loihi":
        assert set(longest_delays(sim.spec, sim.dt).values()) == {62}
