"""Sound files of every kind that is read, as strangers would send them before they are spoilt."""

from __future__ import annotations

import pickle
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

import genprop as gp
from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork, Synapses
from genprop.backends.loihi.files.netx import write_netx
from genprop.emit.bundle import SourceBundle
from genprop.train.checkpoint import Snapshot, write_snapshot
from genprop.train.folder import RunFolder

if TYPE_CHECKING:
    from genprop.runtime.simulator import Simulator

MODELS = Path(__file__).parents[2] / "models"


def network() -> gp.Network:
    net = gp.Network("hostile")
    source = net.population("input", 3, gp.spikes())
    hidden = net.population("hidden", 4, gp.neuron("LIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    delay = gp.learn(gp.uniform(0, 5), max=9.0)
    weight = gp.learn(gp.normal(1.0, 0.1))
    pattern = gp.sparse(0.7, seed=1)
    net.connect(source, hidden, gp.synapse("exp"), weight=weight, delay=delay, pattern=pattern)
    net.connect(hidden, out, gp.synapse("exp"), weight=gp.learn(gp.normal(1.0, 0.1)))
    return net


def simulator() -> Simulator:
    loss = gp.CrossEntropy(gp.integral("out"))
    return gp.compile(
        network(),
        loss=loss,
        optimiser=gp.Adam(1e-3),
        clock="grid",
        dt=1,
        duration=20,
        batch=4,
        backend="reference",
    )


@cache
def compiled() -> Simulator:
    """One for all checkpoints: what it loads leaves nothing behind that the next would see."""
    return simulator()


def saved(folder: Path) -> Path:
    return gp.save(compiled(), folder / "saved")


def bundle(folder: Path) -> Path:
    files = (("a.cpp", "int a() { return 1; }\n"), ("b/c.hpp", "\n"))
    SourceBundle("a", files, "a.cpp", (("digest", "0"),)).write(folder)
    return folder


def checkpoint(folder: Path) -> Path:
    path, sim = folder / "last.h5", simulator()
    training = {"settings/hidden->out.weight/rate": np.array(1e-3), "meter/loss": np.array([1.0])}
    grid = (1.0, 20.0, 4)
    write_snapshot(path, Snapshot(sim.spec.digest(), 1, 0, 0, 0, grid, sim.state(), training))
    return path


def recording(
    folder: Path, chunks: tuple[int] | None = None, compression: str | None = None
) -> Path:
    path = folder / "data.h5"
    with h5py.File(path, "w") as file:
        for name, kind in (("times", "f4"), ("units", "u2")):
            entry = h5py.vlen_dtype(np.dtype(kind))
            made = file.create_dataset(
                f"spikes/{name}", (3,), entry, chunks=chunks, compression=compression
            )
            for k in range(3):
                made[k] = np.arange(4) / 10 if name == "times" else np.arange(4)
        file["labels"] = np.array([0, 1, 0])
        file["extra/speaker"] = np.array([0, 1, 2])
        file.create_dataset("extra/keys", data=["zero", "one"], dtype=h5py.string_dtype())
    return path


def nir(folder: Path) -> Path:
    net = gp.Network("n")
    source = net.population("input", 3, gp.spikes())
    hidden = net.population("hidden", 2, gp.neuron("LIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    for pre, post in ((source, hidden), (hidden, hidden), (hidden, out)):
        net.connect(pre, post, gp.synapse("exp"), weight=gp.learn(gp.normal(1.0, 0.1)))
    sim = gp.compile(net, clock="grid", dt=1, duration=20, batch=4, backend="reference")
    return gp.save_nir(sim, folder / "net.nir")


def netx(folder: Path) -> Path:
    rng, path = np.random.default_rng(0), folder / "net.net"

    def between(pre: str, post: str, rows: int, columns: int) -> Synapses:
        weight = rng.integers(-20, 20, (rows, columns)) * 2
        return Synapses(pre, post, weight, rng.integers(0, 9, (rows, columns)), -1)

    cells = (Cells("a", 4, 741, 200, 300), Cells("b", 2, 741, 200, 300))
    synapses = (between("input", "a", 3, 4), between("a", "a", 4, 4), between("a", "b", 4, 2))
    write_netx(path, IntegerNetwork({"input": 3}, cells, synapses))
    return path


def events(folder: Path) -> Path:
    """Braille letters as events on a grid of steps."""
    rng, path = np.random.default_rng(0), folder / "letters.npz"
    np.savez_compressed(
        path,
        packed=np.packbits(rng.random((9, 16 * 12)) < 0.1, axis=1),
        shape=np.array([16, 12]),
        labels=(np.arange(9) % 3).astype(np.uint8),
        letters=np.array(["Space", "A", "E"]),
        test=np.arange(9) < 3,
        dt_ms=np.array(5.0),
    )
    return path


def taxels(folder: Path) -> Path:
    """Braille letters as pressures."""
    rng, path = np.random.default_rng(0), folder / "letters.npz"
    labels = (np.arange(9) % 3).astype(np.uint8)
    letters = np.array(["Space", "A", "E"])
    np.savez(path, x=rng.random((9, 16, 12)) * 9, labels=labels, letters=letters, dt_ms=25.0)
    return path


def pickled(folder: Path) -> Path:
    """Braille letters as published."""
    rng, path = np.random.default_rng(0), folder / "letters.pkl"
    rows = [
        {"letter": "AEB"[k % 3], "events": [[rng.random(3).tolist(), [0.5]] for _ in range(12)]}
        for k in range(9)
    ]
    path.write_bytes(pickle.dumps(rows))
    return path


def images(folder: Path) -> Path:
    rng, path = np.random.default_rng(0), folder / "mnist.npz"
    parts = {
        f"{kind}_{part}": rng.integers(0, 10, (6, 5, 5) if kind == "x" else 6).astype(np.uint8)
        for kind in "xy"
        for part in ("train", "test")
    }
    np.savez(path, allow_pickle=False, **parts)
    return path


def checkpoint_of_mlgenn(folder: Path) -> Path:
    """Weights and delays of all connections; the file that is spoilt is one of them."""
    rng = np.random.default_rng(0)
    for name, shape in (("input_hidden-g", 12), ("input_hidden-d", 12), ("hidden_out-g", 8)):
        np.save(folder / f"3-Conn_{name}.npy", rng.random(shape).astype(np.float32))
    return folder / "3-Conn_input_hidden-d.npy"


@cache
def of_mlgenn() -> Simulator:
    net = gp.Network("m")
    source = net.population("input", 3, gp.spikes())
    hidden = net.population("hidden", 4, gp.neuron("LIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    delay, weight = gp.learn(gp.constant(1.0), max=20.0), gp.learn(gp.constant(0.0))
    net.connect(source, hidden, gp.synapse("exp"), weight=weight, delay=delay)
    net.connect(hidden, out, gp.synapse("exp"), weight=weight)
    return gp.compile(net, clock="grid", dt=1, duration=50, batch=2, backend="reference")


SETTINGS = """network = "network.py"
name = "small"
seed = 3

[options]
hidden = 3

[compile]
dt = 1.0
duration = 20.0
batch = 4
backend = "reference"

[optimiser]
kind = "adam"
rate = 1e-3

[optimiser.delay]
kind = "sgd"
rate = 0.1

[fit]
epochs = 3
best = "last"

[callbacks.clip]
norm = 1.0

[callbacks.early_stopping]
patience = 3
"""


def settings(folder: Path) -> Path:
    path = folder / "train.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


@cache
def experiment() -> gp.Experiment:
    train = gp.data.yin_yang(20, seed=1)
    return gp.Experiment(net=network(), loss=gp.CrossEntropy(gp.integral("out")), train=train)


def callbacks() -> list[gp.train.Callback]:
    """All that keep something."""
    kept = (gp.train.Clip(1.0), gp.train.ReviveSilent(0.01), gp.train.EarlyStopping("train.loss"))
    schedules = (gp.train.Plateau("train.loss"), gp.train.DualEMAPlateau("train.loss"))
    return [*kept, *schedules, gp.train.ExponentialWarmup(9)]


def resumed(folder: Path) -> Path:
    """A run folder whose training ends in the middle of its second epoch."""
    trained = RunFolder(folder / "run")
    data = letters_of_three()
    gp.fit(simulator(), data, epochs=1, callbacks=callbacks(), run=trained, progress=False)
    return trained.path


@cache
def letters_of_three() -> gp.data.Dataset:
    events = [([1.0 + k, 5.0, 9.0 + k], [0, 1, 2]) for k in range(4)]
    labels = np.arange(4) % 2
    batch = gp.data.SpikeBatch.from_events(events, channels=3, duration=20.0, labels=labels)
    return gp.data.Dataset(batch, 2, "three")


def resume(run: Path) -> object:
    """Go on with it for an epoch; all that the training writes goes elsewhere."""
    taken = run.parent / "again"
    shutil.rmtree(taken, ignore_errors=True)
    shutil.copytree(run, taken)
    sim = compiled()
    return gp.fit(
        sim,
        letters_of_three(),
        epochs=2,
        callbacks=callbacks(),
        run=taken,
        resume=True,
        progress=False,
    )


def sweep(folder: Path) -> Path:
    row = '{"group": "options.hidden=%d", "metric": "test.loss", "mean": 0.5, "sd": 0.1, "n": 2}'
    (folder / "sweep.json").write_text(
        '{"file": "train.toml", "settings": ["options.hidden=3,4", "seed=0..1", "fit.epochs=2"], '
        f'"table": [{row % 3}, {row % 4}], '
        '"cases": [{"options.hidden": "3", "seed": "0", "test.loss": 0.4, "seconds": 1.0}], '
        '"environment": {"packages": {"numpy": "1"}, "processor": "x", "command": ["a", "b"]}}',
        encoding="utf-8",
    )
    return folder


def history(folder: Path) -> Path:
    path = folder / "history.jsonl"
    line = '{"epoch": %d, "train.loss": 0.5, "valid.loss": null, "seconds": 1.5}\n'
    lines = (line % k for k in (1, 2, 3))
    path.write_text("".join(lines), encoding="utf-8")
    return path


def result(folder: Path) -> Path:
    path = folder / "result.json"
    path.write_text(
        '{"name": "small", "epochs": 3, "seconds": 1.0, "samples_per_second": 60.0, '
        '"best_epoch": 2, "metrics": {"train.loss": 0.5}, "test": {"loss": 0.5, "accuracy": 0.9}}',
        encoding="utf-8",
    )
    return path


def model(kind: str, name: str, folder: Path) -> Path:
    path = folder / f"{name}.toml"
    path.write_bytes((MODELS / kind / f"{name}.toml").read_bytes())
    return path
