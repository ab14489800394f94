"""Whatever a stranger's file holds, its reader ends in an error of ours, soon and small."""

from __future__ import annotations

import mmap
import os
import random
import secrets
import subprocess
import sys
import time
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from genprop._hdf5 import opened
from genprop._hdf5_copy import _parts
from genprop.errors import DataError
from tests.hostile import bounds
from tests.hostile.bounds import fault_of
from tests.hostile.campaign import campaign, faults
from tests.hostile.readers import READERS

FRESH = int(os.environ.get("GENPROP_HOSTILE_SEED", secrets.randbits(32)))
"""Of the nightly campaigns; a failure names it, and this variable brings it back."""


@pytest.mark.parametrize("name", READERS)
def test_a_sound_file_is_read(name: str, tmp_path: Path) -> None:
    """Else a reader that refuses all would pass."""
    READERS[name].read(READERS[name].make(tmp_path))


@pytest.mark.parametrize("name", READERS)
def test_some_spoilt_files_end_in_our_errors(name: str, tmp_path: Path) -> None:
    assert list(faults(name, tmp_path / "files", 20, 0)) == []


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("name", READERS)
def test_ten_thousand_spoilt_files_end_in_our_errors(name: str) -> None:
    assert campaign(name, 10_000, FRESH) == []


def test_what_a_campaign_looks_for_is_found() -> None:
    def ours() -> None:
        raise DataError("it is none")

    def hidden() -> None:
        try:
            np.ones(10**9)
        except MemoryError as error:
            raise DataError("it is none") from error

    assert fault_of(ours, 0) is None
    assert "KeyError" in str(fault_of(lambda: {}["x"], 0))
    assert "more than" in str(fault_of(hidden, 0))
    assert "more than" in str(fault_of(lambda: np.ones(10**9), 0))
    assert "accepted" in str(fault_of(lambda: np.array(np.nan).astype(int), 1))


def test_what_takes_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "SECONDS", 0.05)

    def busy() -> None:
        until = time.process_time() + 0.06
        while time.process_time() < until:
            pass

    assert "took" in str(fault_of(busy, 0))
    monkeypatch.setattr(bounds, "SECONDS", 0.02)
    assert "did not end" in str(fault_of(busy, 0))


@pytest.mark.parametrize("death", ["os.abort()", "time.sleep(9)"])
def test_a_process_that_dies_or_hangs_names_its_case(death: str, tmp_path: Path) -> None:
    code = f"""
import os, sys, time
from tests.hostile import bounds, campaign
bounds.ASLEEP = 0.2
campaign.attempts_of = lambda kind, folder: (lambda rng: ((lambda: {death}), 0))
sys.exit(campaign.main())
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    line = [sys.executable, "-c", code, "any", "--count", "3", "--folder", str(tmp_path)]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode < 0
    assert (tmp_path / "files.case").read_text() == "0"


def test_a_case_is_the_same_each_time(tmp_path: Path) -> None:
    spoil, data = READERS["netx"].spoil[0], READERS["netx"].make(tmp_path).read_bytes()
    first, second = (spoil(random.Random("netx-1-2"), data) for _ in range(2))
    assert first == second != data


def test_a_pickle_claims_no_more_than_it_holds(tmp_path: Path) -> None:
    """Python would make room for every object up to the number of one."""
    path = tmp_path / "letters.pkl"
    for claim in (
        b"\x80\x02]r\xff\xff\xff\x3f.",
        b"(lp1073741823\n.",
        b"\x80\x04\x8e" + b"\xff" * 7 + b"\0.",
    ):
        path.write_bytes(claim)
        with pytest.raises(DataError):
            READERS["letters, pickled"].read(path)
        assert fault_of(lambda: READERS["letters, pickled"].read(path), len(claim)) is None


def rows(path: Path, **options: object) -> h5py.Dataset:
    file = h5py.File(path, "w")
    made = file.create_dataset("x", (5,), h5py.vlen_dtype(np.dtype("f8")), **options)  # pyright: ignore[reportArgumentType]
    for k in range(5):
        made[k] = np.arange(300.0 * k)
    return made


PACKED = [
    {"chunks": (2,)},
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True, "chunks": (2,)},
    {"shuffle": True},
]


@pytest.mark.parametrize("options", PACKED, ids=str)
def test_packed_rows_claim_no_more_than_their_file_holds(
    options: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / "rows.h5"
    made = rows(path, **options)
    file, chunk = made.file, made.id.get_chunk_info(0)
    plain = hdf5_parts(made)[0]
    claim = bytearray(plain)
    claim[16:20] = (2**31).to_bytes(4, "little")
    made.id.write_direct_chunk(chunk.chunk_offset, bytes(claim), 0b111)  # no filter
    file.close()
    with pytest.raises(DataError, match="claim more"), opened(path, "file", DataError, "again"):
        pass


@pytest.mark.parametrize("options", PACKED, ids=str)
def test_packed_rows_are_found_as_they_were_before_they_were_packed(
    options: dict[str, object], tmp_path: Path
) -> None:
    made = rows(tmp_path / "rows.h5", **options)
    lengths = [
        int.from_bytes(part[k : k + 4], "little")
        for part in hdf5_parts(made)
        for k in range(0, len(part) // 16 * 16, 16)
    ]
    made.file.close()
    assert lengths[:5] == [0, 300, 600, 900, 1200]
    with opened(tmp_path / "rows.h5", "file", DataError, "again"):
        pass


def hdf5_parts(made: h5py.Dataset) -> list[bytes]:
    made.file.flush()
    path = made.file.filename
    with Path(path).open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as held:
        return [part or b"" for part in _parts(made, held)]


def test_rows_packed_by_an_unknown_filter_are_refused(tmp_path: Path) -> None:
    rows(tmp_path / "rows.h5", compression="lzf").file.close()
    path = tmp_path / "rows.h5"
    with (
        pytest.raises(DataError, match="cannot be looked at"),
        opened(path, "file", DataError, "again"),
    ):
        pass


def test_a_chunk_does_not_unfold_beyond_what_it_is_declared_to_hold(tmp_path: Path) -> None:
    path = tmp_path / "bomb.h5"
    with h5py.File(path, "w") as file:
        made = file.create_dataset("x", (8,), "u1", chunks=(8,), compression="gzip")
        made.id.write_direct_chunk((0,), zlib.compress(bytes(300_000_000)))
    with pytest.raises(DataError, match="unfolds"), opened(path, "file", DataError, "again"):
        pass


def test_a_text_claims_no_more_than_its_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "text.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=["one", "two"], dtype=h5py.string_dtype())
        place = file["x"].id.get_offset()
    data = bytearray(path.read_bytes())
    data[place : place + 4] = b"\0\0\0\x7f"
    path.write_bytes(data)
    with pytest.raises(DataError, match="claim more"), opened(path, "file", DataError, "again"):
        pass
