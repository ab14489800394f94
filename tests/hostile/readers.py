"""Every reader of files that strangers send: a sound file, what spoils it, what reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import genprop as gp
from genprop.backends.loihi.files.netx import read_netx
from genprop.describe.modelfile import read_neuron, read_synapse, read_update
from genprop.emit.bundle import SourceBundle
from genprop.experiment.config import read_config
from genprop.experiment.experiment import compile_experiment
from genprop.experiment.training import describe_result
from genprop.report.sweep_report import sweep_view
from genprop.train.checkpoint import load_checkpoint
from genprop.train.folder import RunFolder
from genprop.train.history import History, read_history
from tests.hostile import sound
from tests.hostile.mutate import (
    Mutation,
    by_array,
    by_arrays,
    by_bytes,
    by_hdf5,
    by_json,
    by_toml,
    by_words,
)

if TYPE_CHECKING:
    import random


@dataclass(frozen=True)
class Reader:
    """How one kind of file is made and read.

    ``make`` gives the file, or the folder whose ``file`` is spoilt; ``read`` is given the same.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path], object]
    spoil: tuple[Mutation, ...]
    file: str = ""


def _neuron(path: Path) -> object:
    return read_neuron(path), gp.neuron(str(path))


def _train(path: Path) -> object:
    config = read_config(path)
    config.toml()
    return compile_experiment(sound.experiment(), config)


def _history(path: Path) -> object:
    return str(History(read_history(path)))


def _braille(path: Path) -> object:
    return [part.batches(2, seed=0) for part in gp.data.braille(path)]


def _wave(folder: Path, ending: str = "wav", subtype: str | None = None) -> Path:
    """A tone that fades, 50 ms of it."""
    import soundfile  # pyright: ignore[reportMissingTypeStubs]

    path, k = folder / f"sound.{ending}", np.arange(400)
    soundfile.write(path, np.sin(0.3 * k) * (1 - k / 400), 8000, subtype=subtype)
    return path


def _heard(path: Path) -> object:
    return gp.data.from_audio(path, labels=[0], front_end={"channels": 4, "high": 3000})


READERS: dict[str, Reader] = {
    "bundle": Reader(sound.bundle, SourceBundle.read, (by_bytes, by_json), "bundle.json"),
    "checkpoint": Reader(
        sound.checkpoint, lambda p: load_checkpoint(p, sound.compiled()), (by_bytes, by_hdf5)
    ),
    "history": Reader(sound.history, _history, (by_bytes, by_words)),
    "images": Reader(sound.images, gp.data.mnist, (by_bytes, by_arrays)),
    "letters": Reader(sound.events, _braille, (by_bytes, by_arrays)),
    "letters, pickled": Reader(sound.pickled, _braille, (by_bytes,)),
    "letters, taxels": Reader(sound.taxels, _braille, (by_bytes, by_arrays)),
    "mlGeNN": Reader(
        sound.checkpoint_of_mlgenn,
        lambda p: gp.load_mlgenn(p.parent, sound.of_mlgenn()),
        (by_bytes, by_array),
    ),
    "netx": Reader(sound.netx, read_netx, (by_bytes, by_hdf5)),
    "neuron": Reader(
        partial(sound.model, "neurons", "alif"), _neuron, (by_bytes, by_toml, by_words)
    ),
    "nir": Reader(sound.nir, lambda p: gp.load_nir(p, dt=1.0), (by_bytes, by_hdf5)),
    "recording": Reader(
        sound.recording, lambda p: gp.data.hdspikes(p, cache=False), (by_bytes, by_hdf5)
    ),
    "recording, packed": Reader(
        partial(sound.recording, chunks=(2,), compression="gzip"),
        lambda p: gp.data.hdspikes(p, cache=False),
        (by_bytes,),
    ),
    "result": Reader(
        sound.result,
        lambda p: describe_result(RunFolder(p.parent).read_result()),
        (by_bytes, by_json),
    ),
    "resumed training": Reader(
        sound.resumed, sound.resume, (by_bytes, by_hdf5), "checkpoints/last.h5"
    ),
    "saved network": Reader(sound.saved, gp.load, (by_bytes, by_json), "network.json"),
    "saved state": Reader(sound.saved, gp.load, (by_bytes, by_arrays), "state.npz"),
    "sound": Reader(partial(_wave, subtype="PCM_16"), _heard, (by_bytes,)),
    "sound, FLAC": Reader(partial(_wave, ending="flac"), _heard, (by_bytes,)),
    "sound, OGG": Reader(partial(_wave, ending="ogg"), _heard, (by_bytes,)),
    "sound, float": Reader(partial(_wave, subtype="FLOAT"), _heard, (by_bytes,)),
    "sweep": Reader(sound.sweep, sweep_view, (by_bytes, by_json), "sweep.json"),
    "synapse": Reader(
        partial(sound.model, "synapses", "exp"), read_synapse, (by_bytes, by_toml, by_words)
    ),
    "train.toml": Reader(sound.settings, _train, (by_bytes, by_toml, by_words)),
    "update": Reader(
        partial(sound.model, "updates", "adam"), read_update, (by_bytes, by_toml, by_words)
    ),
}


def attempts(
    name: str, folder: Path
) -> Callable[[random.Random], tuple[Callable[[], object], int]]:
    """What spoils the file anew for each generator, and reads it; with the size of the file."""
    reader = READERS[name]
    place = reader.make(folder)
    target = place / reader.file if reader.file else place
    data = target.read_bytes()

    def attempt(rng: random.Random) -> tuple[Callable[[], object], int]:
        spoilt = rng.choice(reader.spoil)(rng, data)
        target.write_bytes(spoilt)
        return lambda: reader.read(place), len(spoilt)

    return attempt
