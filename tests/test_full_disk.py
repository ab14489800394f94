"""A disk that is full, wherever something is written: an error of ours that names the place."""

from __future__ import annotations

import contextlib
import resource
import signal
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import h5py
import numpy as np
import pytest

import genprop as gp
from genprop._isolated import close
from genprop.emit.templates import eject
from genprop.errors import GenpropError
from genprop.experiment.config import read_config
from genprop.experiment.training import train_run
from genprop.report.figures.paper import draw_run
from genprop.report.run_report import write_report
from genprop.train.folder import RunFolder
from genprop.train.history import History, Record
from tests.train.small_run import NETWORK, SETTINGS, small_run

LIMIT = 64  # bytes of any file: less than whatever is written here


@contextlib.contextmanager
def full_disk(limit: int = LIMIT) -> Generator[None]:
    """No file grows beyond ``limit`` bytes, as on a disk without room.

    Nor does Python write bytecode meanwhile, which it would leave cut off where modules lie.
    """
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, old[1]))
    close()  # the process that reads HDF5 begins with these bounds
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        close()
        signal.signal(signal.SIGXFSZ, ignored)
        sys.dont_write_bytecode = bytecode


def network() -> gp.Network:
    net = gp.Network("full")
    source = net.population("input", 2, gp.spikes())
    hidden = net.population("hidden", 3, gp.neuron("LIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    net.connect(source, hidden, gp.synapse("exp"), weight=gp.learn(gp.normal(1.5, 0.5)))
    net.connect(hidden, out, gp.synapse("exp"), weight=gp.learn(gp.normal(0, 0.5)))
    return net


def compiled(backend: str = "reference") -> gp.Simulator:
    loss = gp.CrossEntropy(gp.integral("out"))
    return gp.compile(
        network(),
        loss=loss,
        optimiser=gp.Adam(1e-3),
        clock="grid",
        dt=1,
        duration=10,
        batch=2,
        backend=backend,
    )


def data() -> gp.data.Dataset:
    events = [(np.array([1.0, 2.0]), np.array([0, 1]))] * 4
    batch = gp.data.SpikeBatch.from_events(events, channels=2, duration=10.0, labels=[0, 1, 0, 1])
    return gp.data.Dataset(batch, 2)


def recorded(folder: Path) -> Path:
    """A file in SHD's layout."""
    with h5py.File(folder / "own.h5", "w") as file:
        kinds = {"times": "f4", "units": "u2"}
        for name, kind in kinds.items():
            part = file.create_dataset(f"spikes/{name}", (3,), h5py.vlen_dtype(np.dtype(kind)))
            for k in range(3):
                part[k] = np.arange(5, dtype=kind) / (10 if kind == "f4" else 1)
        file["labels"] = np.arange(3)
    return folder / "own.h5"


Write = Callable[[], object]


def _history(folder: Path) -> Write:
    history = History(path=folder / "history.jsonl")
    return lambda: history.append(Record(1, {"train.loss": 0.5, "valid.accuracy": 0.25}, 1.0))


def _fit(folder: Path) -> Write:
    sim = compiled()
    return lambda: gp.fit(sim, data(), epochs=1, progress=False, run=folder / "run", resume=True)


def _train(folder: Path) -> Write:
    (folder / "network.py").write_text(NETWORK)
    (folder / "train.toml").write_text(SETTINGS)
    config = read_config(folder / "train.toml")
    return lambda: train_run(config, folder / "run", progress=False, resume=True)


def _save(backend: str) -> Callable[[Path], Write]:
    def write(folder: Path) -> Write:
        sim = compiled(backend)
        return lambda: gp.save(sim, folder / "saved")

    return write


def _build(folder: Path) -> Write:
    return lambda: compiled("native")


def _run_report(folder: Path) -> Write:
    run = small_run(folder)
    return lambda: write_report(run)


def _figures(folder: Path) -> Write:
    pytest.importorskip("matplotlib", reason="figures need matplotlib")
    run = small_run(folder)
    return lambda: draw_run(run, folder / "figures")


def _nir(folder: Path) -> Write:
    pytest.importorskip("nir", reason="NIR files need nir")
    sim = compiled()
    return lambda: gp.save_nir(sim, folder / "net.nir")


def _netx(folder: Path) -> Write:
    chip = compiled().retarget()
    return lambda: chip.save(folder / "net.net")


def _lava(folder: Path) -> Write:
    chip = compiled().retarget()
    return lambda: chip.write_lava(folder / "lava")


def _eject(folder: Path) -> Write:
    return lambda: eject("native/interface.cpp.j2", folder)


def _result(folder: Path) -> Write:
    run = RunFolder(folder)
    return lambda: run.write_json(run.result, {"a" * 100: 1})


def _tensorboard(folder: Path) -> Write:
    pytest.importorskip("tensorboardX", reason="TensorBoard's files need tensorboardX")
    sim, board = compiled(), gp.train.TensorBoard(folder / "board")
    return lambda: gp.fit(sim, data(), epochs=1, progress=False, callbacks=[board])


def _store(folder: Path) -> Write:
    file = recorded(folder)
    return lambda: gp.data.hdspikes(file)


WRITERS: dict[str, Callable[[Path], Write]] = {
    "a history": _history,
    "a training": _fit,
    "an experiment": _train,
    "a saved network": _save("reference"),
    "a saved network with sources": _save("native"),
    "a compiled library": _build,
    "a report": _run_report,
    "figures": _figures,
    "a NIR file": _nir,
    "a NetX file": _netx,
    "a Lava program": _lava,
    "a template": _eject,
    "a result": _result,
    "TensorBoard's file": _tensorboard,
    "a copy of a recording": _store,
}


LONG = ("a report",)  # by the same function as "a result"


@pytest.mark.parametrize(
    "writer",
    [pytest.param(w, marks=[pytest.mark.nightly] if w in LONG else []) for w in WRITERS],
)
def test_a_full_disk_is_told_with_the_place(
    writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path / "cache"))
    write = WRITERS[writer](tmp_path)
    if writer in ("a compiled library", "a copy of a recording"):
        monkeypatch.setenv("GENPROP_CACHE", str(tmp_path / "empty"))
    with full_disk(), pytest.raises(GenpropError) as told:
        write()
    assert str(tmp_path) in str(told.value) and "→" in str(told.value)
    write()  # with room it goes on
