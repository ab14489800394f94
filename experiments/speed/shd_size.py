"""Measures a training on a file of SHD's layout and size: loading, memory, preparation of data.

The file is made here, by repeating and jittering the recordings of ``fsdd_train.h5``: 8156 samples
of 20 classes. It holds nothing to be learned; see README.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
from measure import machine

import genprop as gp
from genprop.experiment.config import read_config
from genprop.experiment.experiment import compile_experiment, load_experiment

HERE = Path(__file__).parent
TRAIN, TEST = 8156, 2264
PER_BATCH = 256


def main() -> None:
    """Make the files, then measure each claim in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with fsdd_train.h5, plain or packed")
    parser.add_argument("--hidden", type=int, default=128, help="neurons of the epoch that is run")
    parser.add_argument("--step", choices=("load", "epoch", "batch"), help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, default=HERE / "shd_size.json")
    options = parser.parse_args()
    steps = {"load": load, "epoch": epoch, "batch": batch}
    if options.step:
        print(json.dumps(steps[options.step](options.data, options.hidden)))
        return
    results: dict[str, object] = {"machine": machine(), "hidden": options.hidden}
    with tempfile.TemporaryDirectory(prefix="genprop-") as folder:
        place = Path(folder)
        started = time.perf_counter()
        events = make(options.data, place / "data")
        results["file"] = {
            "samples": TRAIN,
            "events": events,
            "MB": round((place / "data" / "shd_train.h5").stat().st_size / 1e6, 1),
            "made in [s]": round(time.perf_counter() - started, 1),
        }
        environment = os.environ | {"GENPROP_CACHE": str(place / "cache")}
        results["first load"] = _measured("load", place / "data", options.hidden, environment)
        results["from the store"] = _measured("load", place / "data", options.hidden, environment)
        results["epoch"] = _measured("epoch", place / "data", options.hidden, environment)
        results["batch of 512 neurons"] = _measured("batch", place / "data", 512, environment)
    text = json.dumps(results, indent=2)
    options.output.write_text(text + "\n", encoding="utf-8")
    print(text)


def make(source: Path, folder: Path) -> int:
    """Write ``shd_train.h5`` and ``shd_test.h5``, and give the events of the first."""
    folder.mkdir()
    spikes = gp.data.fsdd(source, valid=0.1)[0].spikes
    rng = np.random.default_rng(0)
    for name, samples in (("shd_test", TEST), ("shd_train", TRAIN)):
        events = 0
        with h5py.File(folder / f"{name}.h5", "w") as out:
            times = out.create_dataset("spikes/times", (samples,), h5py.vlen_dtype(np.float16))
            units = out.create_dataset("spikes/units", (samples,), h5py.vlen_dtype(np.uint16))
            for k in range(samples):
                t, channels = spikes.sample(k % len(spikes))
                moved = np.abs(t / 1000 + rng.normal(0, 0.003, len(t)))
                events += len(t)
                times[k] = np.sort(moved).astype(np.float16)
                units[k] = np.clip(channels + rng.integers(-20, 21), 0, 699).astype(np.uint16)
            out["labels"] = (np.arange(samples) % 20).astype(np.uint16)
            out["extra/speaker"] = (np.arange(samples) % 12).astype(np.uint16)
            out["extra/keys"] = np.array([f"word {k}".encode() for k in range(20)])
    return events


def load(folder: Path, hidden: int) -> dict[str, float]:
    """Seconds of ``gp.data.shd``, train and test file together."""
    del hidden
    started = time.perf_counter()
    gp.data.shd(folder)
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "of the processor's time [s]": round(time.process_time(), 2),
        "memory [MB]": _memory(),
    }


def epoch(folder: Path, hidden: int) -> dict[str, object]:
    """One epoch of ``experiments/shd`` with fewer neurons, as ``gp.fit`` runs it.

    Waiting is the time for which learning stood still until its next batch was there.
    """
    experiment, sim = _experiment(folder, hidden)
    waiting = Waiting()
    started = time.perf_counter()
    history = gp.fit(sim, experiment.train, epochs=1, progress=False, callbacks=[waiting])
    seconds = time.perf_counter() - started
    batches = -(-len(experiment.train) // PER_BATCH)
    prepared = _prepared(experiment)
    return {
        "seconds": round(seconds, 1),
        "batches": batches,
        "waiting for data [s]": round(waiting.seconds, 2),
        "waiting for data, fraction": round(waiting.seconds / seconds, 4),
        "preparing a batch [s]": prepared,
        "preparing all batches, fraction": round(batches * prepared / seconds, 4),
        "train.loss": round(history.records[-1].metrics["train.loss"], 4),
        "memory [MB]": _memory(),
    }


def batch(folder: Path, hidden: int) -> dict[str, object]:
    """Two training batches of ``experiments/shd`` as published, against preparing one."""
    experiment, sim = _experiment(folder, hidden)
    data = list(itertools.islice(experiment.train.batches(PER_BATCH, seed=(0, 1)), 2))
    seconds: list[float] = []
    for each in data:
        started = time.perf_counter()
        sim.gradients(each)
        sim.step()
        seconds.append(time.perf_counter() - started)
    prepared = _prepared(experiment)
    return {
        "learning from a batch [s]": round(min(seconds), 2),
        "preparing a batch [s]": prepared,
        "preparing / learning": round(prepared / min(seconds), 4),
        "spikes per neuron": round(float(np.mean(sim.last.spikes["hidden"])), 2),
        "memory [MB]": _memory(),
    }


class Waiting(gp.train.Callback):
    """Sums up for how long learning stood still between two batches."""

    def __init__(self) -> None:
        self.seconds, self._since = 0.0, time.perf_counter()

    def on_train_begin(self, training: gp.train.Training) -> None:
        """Wait for the first batch."""
        del training
        self._since = time.perf_counter()

    def on_batch_begin(self, training: gp.train.Training) -> None:
        """Stop waiting."""
        del training
        self.seconds += time.perf_counter() - self._since

    def on_batch_end(self, training: gp.train.Training) -> None:
        """Wait for the next batch."""
        del training
        self._since = time.perf_counter()


def _experiment(folder: Path, hidden: int) -> tuple[gp.Experiment, gp.Simulator]:
    toml = HERE.parent / "shd" / "train.toml"
    config = read_config(toml, [f"options.data={folder}", f"hidden={hidden}"])
    experiment = load_experiment(config)
    sim, _ = compile_experiment(experiment, config)
    assert isinstance(sim, gp.Simulator)
    return experiment, sim


def _prepared(experiment: gp.Experiment) -> float:
    """Median seconds of preparing a batch, augmentation on."""
    batches = iter(experiment.train.batches(PER_BATCH, seed=(0, 1)))
    seconds: list[float] = []
    for _ in range(9):
        started = time.perf_counter()
        next(batches)
        seconds.append(time.perf_counter() - started)
    return round(statistics.median(seconds), 4)


def _memory() -> float:
    """The largest resident memory of this process so far [MB]."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _measured(step: str, folder: Path, hidden: int, environment: dict[str, str]) -> object:
    command = [sys.executable, __file__, str(folder), "--step", step, "--hidden", str(hidden)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(run.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
