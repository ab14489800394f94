"""Files of strangers: every byte of them may be wrong, and the error is ours, soon and small."""

from __future__ import annotations

import io
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import genprop as gp
from genprop._hdf5 import opened
from genprop._reading import read_npy, read_npz, reading
from genprop.backends.loihi.files.netx import read_netx
from genprop.errors import DataError, GenpropError
from genprop.train.checkpoint import load_checkpoint
from tests.hostile.bounds import fault_of
from tests.hostile.sound import checkpoint, compiled, nir, recording, resume, resumed, saved


def refused(read: Callable[[], object], size: int) -> None:
    """Whatever is read either is sound or ends in a GenpropError, in time and within memory."""
    assert fault_of(read, size) is None


def one_npz(path: Path) -> object:
    with reading(path, "archive", DataError, "take another"):
        return read_npz(path)


def hdf5(path: Path) -> object:
    with opened(path, "file", DataError, "take another") as file:
        held = [file[name] for name in file]
        return [np.asarray(each[()]) for each in held if isinstance(each, h5py.Dataset)]


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


@pytest.mark.parametrize("count", [0, 3])
def test_a_nir_population_with_too_few_or_many_numbers_is_refused(
    count: int, tmp_path: Path
) -> None:
    path = nir(tmp_path)
    with h5py.File(path, "r+") as file:
        names = [n for n in ("tau_mem", "w_in", "r") if f"node/nodes/hidden/{n}" in file]
        assert len(names) == 3
        for name in names:
            whole = path.with_suffix(f".{name}")
            file.flush()
            shutil.copy(path, whole)
            with h5py.File(whole, "r+") as own:
                del own[f"node/nodes/hidden/{name}"]
                own[f"node/nodes/hidden/{name}"] = np.ones(count)
    for name in names:
        with pytest.raises(DataError):
            gp.load_nir(path.with_suffix(f".{name}"), dt=1.0)


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


@pytest.mark.parametrize("value", [1e308, -1e-3])
def test_a_checkpoint_with_settings_beyond_their_bounds_is_told(
    value: float, tmp_path: Path
) -> None:
    """An interrupted training would go on with them: 1e308 to the power of the update."""
    run, setting = resumed(tmp_path), "settings/hidden->out.weight/beta1"
    with h5py.File(run / "checkpoints/last.h5", "r+") as file:
        held = file[f"training/{setting}"]
        assert isinstance(held, h5py.Dataset)
        held[()] = value
    before = {name: dict(numbers) for name, numbers in compiled().settings.items()}
    with pytest.raises(GenpropError, match="beta1"):
        resume(run)
    assert compiled().settings == before


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("kind", [1, 2, 15, 255])
def test_what_hdf5_dies_of_ends_in_an_error(kind: int, packed: bool, tmp_path: Path) -> None:
    """Rows of any length are of kind 0, text is of kind 1, and of others there are none."""
    options: dict[str, Any] = {"chunks": (2,), "compression": "gzip"} if packed else {}
    path = recording(tmp_path, **options)
    own, data = b"\x19\0\0\0\x10\0\0\0", path.read_bytes()
    assert data.count(own) == 2
    path.write_bytes(data.replace(own, own[:1] + bytes([kind]) + own[2:]))
    for read in (hdf5, gp.data.hdspikes):
        refused(lambda read=read: read(path), len(data))
    with pytest.raises(DataError):
        gp.data.hdspikes(path, cache=False)


def test_a_header_that_is_no_literal_is_refused_without_a_warning(tmp_path: Path) -> None:
    """numpy takes (3L,), as Python 2 wrote it, with a warning; so it takes some that are spoilt."""
    path = tmp_path / "x.npy"
    np.save(path, np.arange(3.0))
    path.write_bytes(path.read_bytes().replace(b"(3,), }", b"(3L,),}"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match="SyntaxError"), reading(path, "array", DataError, "x"):
            read_npy(path)
