"""Files of strangers: every byte of them may be wrong, and the error is ours, soon and small."""

from __future__ import annotations

import io
import json
import random
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pytest

import genprop as gp
from genprop._hdf5 import opened
from genprop._reading import read_npy, read_npz, reading
from genprop.backends.loihi.files.netx import read_netx
from genprop.errors import DataError, GenpropError
from genprop.train.checkpoint import Snapshot, load_checkpoint, write_snapshot

SECONDS, BYTES = 10.0, 100_000_000


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


def simulator() -> gp.Simulator:
    loss = gp.CrossEntropy(gp.integral("out"))
    options = {"dt": 1, "duration": 20, "batch": 4, "backend": "reference"}
    return gp.compile(network(), loss=loss, optimiser=gp.Adam(1e-3), **options)  # type: ignore[arg-type]


def refused(read: Callable[[], object], size: int) -> None:
    """Whatever is read either is sound or ends in a GenpropError, in time and within memory."""
    tracemalloc.start()
    begin = time.perf_counter()
    try:
        read()
    except GenpropError:
        pass
    finally:
        seconds, (_, peak) = time.perf_counter() - begin, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert seconds < SECONDS
    assert peak < 2 * size + BYTES


def mutations(data: bytes, count: int, seed: int) -> list[bytes]:
    rng, made = random.Random(seed), list[bytes]()
    for _ in range(count):
        kind, place = rng.randrange(5), rng.randrange(len(data))
        length = rng.randrange(1, 9)
        if kind == 0:
            made.append(data[:place])
        elif kind == 1:
            made.append(data[:place] + data[place + length :])
        elif kind == 2:
            made.append(data[:place] + rng.randbytes(length) + data[place + length :])
        elif kind == 3:
            made.append(data[:place] + b"\xff" * length + data[place + length :])
        else:
            made.append(data[:place] + data[place : place + length] * 9 + data[place:])
    return made


def saved(folder: Path) -> Path:
    return gp.save(simulator(), folder / "saved")


def checkpoint(folder: Path) -> Path:
    path, sim = folder / "last.h5", simulator()
    write_snapshot(path, Snapshot(sim.spec.digest(), 1, 0, 0, 0, (1.0, 20.0, 4), sim.state()))
    return path


def recording(folder: Path, chunks: tuple[int] | None = None) -> Path:
    path = folder / "data.h5"
    with h5py.File(path, "w") as file:
        for name, kind in (("times", "f4"), ("units", "u2")):
            made = file.create_dataset(
                f"spikes/{name}", (3,), h5py.vlen_dtype(np.dtype(kind)), chunks=chunks
            )
            for k in range(3):
                made[k] = np.arange(4) / 10 if name == "times" else np.arange(4)
        file["labels"] = np.array([0, 1, 0])
    return path


def nir(folder: Path) -> Path:
    net = gp.Network("n")
    source = net.population("input", 3, gp.spikes())
    out = net.population("out", 2, gp.neuron("LI"))
    net.connect(source, out, gp.synapse("exp"), weight=gp.learn(gp.normal(1.0, 0.1)))
    sim = gp.compile(net, dt=1, duration=20, batch=4, backend="reference")
    return gp.save_nir(sim, folder / "net.nir")


def numbers(folder: Path) -> Path:
    path = folder / "arrays.npz"
    np.savez_compressed(path, x=np.arange(12.0), y=np.zeros((2, 3), np.uint8))
    return path


@cache
def compiled() -> gp.Simulator:
    """One for all checkpoints: what it loads leaves nothing behind that the next would see."""
    return simulator()


def one_npz(path: Path) -> object:
    with reading(path, "archive", DataError, "take another"):
        return read_npz(path)


def hdf5(path: Path) -> object:
    with opened(path, "file", DataError, "take another") as file:
        held = [file[name] for name in file]
        return [np.asarray(each[()]) for each in held if isinstance(each, h5py.Dataset)]


READERS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], object]]] = {
    "checkpoint": (checkpoint, lambda path: load_checkpoint(path, compiled())),
    "recording": (recording, lambda path: gp.data.hdspikes(path, cache=False)),
    "nir": (nir, lambda path: gp.load_nir(path, dt=1.0)),
    "npz": (numbers, one_npz),
}


def fuzz(name: str, folder: Path, count: int, seed: int) -> None:
    make, read = READERS[name]
    path = make(folder)
    data = path.read_bytes()
    for mutated in mutations(data, count, seed):
        path.write_bytes(mutated)
        refused(lambda: read(path), len(mutated))


@pytest.mark.parametrize("name", READERS)
def test_mutated_files_end_in_our_errors(name: str, tmp_path: Path) -> None:
    fuzz(name, tmp_path, 40, 0)


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("name", READERS)
def test_a_thousand_mutated_files_end_in_our_errors(name: str, tmp_path: Path) -> None:
    fuzz(name, tmp_path, 1_000, 1)


@pytest.mark.parametrize("chunks", [None, (2,)], ids=["in one piece", "in chunks"])
def test_a_row_that_claims_more_than_its_file_is_refused(
    chunks: tuple[int] | None, tmp_path: Path
) -> None:
    """HDF5 would make room for four thousand million numbers."""
    path = recording(tmp_path, chunks)
    with h5py.File(path, "r") as file:
        times = file["spikes/times"]
        assert isinstance(times, h5py.Dataset)
        place = times.id.get_offset() if chunks is None else times.id.get_chunk_info(1).byte_offset
    data = bytearray(path.read_bytes())
    data[place : place + 4] = b"\4\0\0\xff"
    path.write_bytes(data)
    with pytest.raises(DataError, match="claim more than the file holds"):
        gp.data.hdspikes(path, cache=False)


def test_a_heap_without_an_end_is_refused(tmp_path: Path) -> None:
    """An object's size leads to a free space of no size, which HDF5 never leaves."""
    path = recording(tmp_path)
    data = bytearray(path.read_bytes())
    first = data.index(b"GCOL") + 16
    data[first + 8] = 0xFF
    path.write_bytes(data)
    with pytest.raises(DataError, match="does not end where it says"):
        gp.data.hdspikes(path, cache=False)


@pytest.mark.parametrize(
    "options", [{}, {"chunks": (2,)}, {"compression": "gzip"}, {"shuffle": True}], ids=str
)
def test_sound_rows_of_any_length_are_read(options: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "rows.h5"
    with h5py.File(path, "w") as file:
        made = file.create_dataset("x", (5,), h5py.vlen_dtype(np.dtype("f8")), **options)  # pyright: ignore[reportArgumentType]
        for k in range(5):
            made[k] = np.arange(300.0 * k)
        file["name"] = "text of any length"
        file.create_dataset("none", (0,), h5py.vlen_dtype(np.dtype("f8")))
    assert hdf5(path)


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    found = [path]
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


STRANGE = (None, True, -1, 0, 10**18, 1e308, "x", "", [], {}, [[]], "\n", 1.5, {"is": "array"})


def test_saved_folders_with_strange_values_end_in_our_errors(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    path = folder / "network.json"
    text = path.read_text()
    everywhere = places(json.loads(text))
    rng = random.Random(0)
    for _ in range(150):
        place, value = rng.choice(everywhere[1:]), rng.choice(STRANGE)
        content = json.loads(text)
        inner = content
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        path.write_text(json.dumps(content))
        refused(lambda: gp.load(folder), len(text))


BROKEN = {
    "too deep": "[" * 100_000,
    "not finite": '{"genprop": NaN}',
    "a list": "[]",
    "a number": "1",
    "empty": "",
    "of another alphabet": "\x00\ufeff\ud7ff",
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("file", ["network.json"])
def test_json_that_is_none_is_told(case: str, file: str, tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (folder / file).write_text(BROKEN[case], encoding="utf-8")
    with pytest.raises(GenpropError):
        gp.load(folder)


def header(text: str) -> bytes:
    line = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line


NPY = {
    "8 TiB": header("{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }"),
    "beyond 64 bits": header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**70},), }}"),
    "fewer than none": header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"),
    "a brace": header("{" * 100),
    "objects": header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }")
    + b"cos\nsystem\n",
    "another version": b"\x93NUMPY\x09\x00" + b"\0" * 100,
    "cut off": header("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }") + b"\0" * 8,
}


@pytest.mark.parametrize("case", NPY)
def test_arrays_take_no_more_than_their_file_holds(case: str, tmp_path: Path) -> None:
    path = tmp_path / "1-Conn_a_b-g.npy"
    path.write_bytes(NPY[case])

    def read() -> object:
        with reading(path, "array", DataError, "take another"):
            return read_npy(path)

    with pytest.raises(DataError, match="no whole array"):
        read()
    refused(read, len(NPY[case]))


def test_arrays_are_read_as_numpy_reads_them(tmp_path: Path) -> None:
    for values in (
        np.arange(6.0).reshape(2, 3),
        np.arange(6).reshape(2, 3).T,
        np.array(3.5),
        np.array([]),
    ):
        path = tmp_path / "x.npy"
        np.save(path, values)
        found = read_npy(path)
        assert found.dtype == values.dtype
        assert np.array_equal(found, values)


def test_a_small_archive_does_not_unfold_to_a_large_array(tmp_path: Path) -> None:
    path, buffer = tmp_path / "bomb.npz", io.BytesIO()
    np.save(buffer, np.zeros(40_000_000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", buffer.getvalue())
    del buffer
    with pytest.raises(DataError, match="would fill"):
        one_npz(path)


def _soft(file: h5py.File) -> None:
    file["ring"] = h5py.SoftLink("/")


def _external(file: h5py.File) -> None:
    file["other"] = h5py.ExternalLink("other.h5", "/x")


def _ring(file: h5py.File) -> None:
    file.create_group("a")["b"] = file["/"]


def _unfilled(file: h5py.File) -> None:
    file.create_dataset("x", (10**6, 10**6), "f8", chunks=(100, 100))


def _elsewhere(file: h5py.File) -> None:
    file.create_dataset("x", (4,), "u1", external=[("/etc/hostname", 0, 4)])


HOLLOW = (_soft, _external, _ring, _unfilled, _elsewhere)


@pytest.mark.parametrize("spoil", HOLLOW)
def test_hdf5_leads_nowhere_else_and_holds_what_it_says(
    spoil: Callable[[h5py.File], None], tmp_path: Path
) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        spoil(file)
    size = path.stat().st_size
    for read in (hdf5, load_checkpoint, gp.load_nir, read_netx, gp.data.hdspikes):
        with pytest.raises(GenpropError):
            read(path)
        refused(lambda read=read: read(path), size)


def test_spoilt_numbers_of_a_netx_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.net"
    for key in ("iDecay", "vDecay", "vThMant"):
        for value in (np.nan, np.inf, -np.inf, 1.5, [], "x", [1, 2]):
            with h5py.File(path, "w") as file:
                file["layer/0/shape"], file["layer/0/type"] = [2], np.array([b"input"])
                layer = file.create_group("layer/1")
                layer["shape"], layer["type"] = [1], np.array([b"dense"])
                layer["weight"] = np.ones((1, 2), np.float32)
                neuron = layer.create_group("neuron")
                neuron["type"] = np.array([b"CUBA"])
                numbers = {"iDecay": 1024, "vDecay": 128, "vThMant": 100} | {key: value}
                for name, number in numbers.items():
                    neuron[name] = number
            with pytest.raises(GenpropError):
                read_netx(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_checkpoint_with_numbers_that_are_none_is_told(value: float, tmp_path: Path) -> None:
    path = checkpoint(tmp_path)
    for name in ("parameter/hidden->out.weight", "optimiser/hidden->out.weight/m"):
        with h5py.File(path, "r+") as file:
            held = file[name]
            assert isinstance(held, h5py.Dataset)
            before = held[0, 0]
            held[0, 0] = value
        with pytest.raises(gp.errors.CheckpointError, match="no finite number"):
            load_checkpoint(path)
        with h5py.File(path, "r+") as file:
            held = file[name]
            assert isinstance(held, h5py.Dataset)
            held[0, 0] = before
    load_checkpoint(path)
