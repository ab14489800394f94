from __future__ import annotations

import gzip
import os
import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from genprop.data import Drop, Shift, content, fsdd, hdspikes, shd, ssc, store
from genprop.errors import DataError
from genprop.units import s

SAMPLES, CLASSES = 60, 4


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, and no data folder from outside."""
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GENPROP_DATA", raising=False)
    return tmp_path / "cache"


def events(seed: int = 0, samples: int = SAMPLES) -> list[tuple[np.ndarray, np.ndarray]]:
    """Times [s] in float16 and units, unsorted in sample 5, none in sample 2."""
    rng = np.random.default_rng(seed)
    pairs = [
        (np.sort(rng.random(n)).astype(np.float16), rng.integers(0, 700, n).astype(np.uint16))
        for n in rng.integers(1, 80, samples)
    ]
    pairs[2] = (np.empty(0, np.float16), np.empty(0, np.uint16))
    pairs[5] = (pairs[5][0][::-1], pairs[5][1])
    return pairs


def write(
    file: Path,
    pairs: list[tuple[np.ndarray, np.ndarray]],
    precision: type[np.floating] = np.float16,
    **changes: object,
) -> Path:
    """A file of SHD's layout; a change to None leaves the part out."""
    samples = len(pairs)
    parts: dict[str, object] = {
        "labels": (np.arange(samples) % CLASSES).astype(np.uint16),
        "extra/speaker": (np.arange(samples) % 3).astype(np.uint16),
        "extra/keys": np.array([b"eins", b"zwei", b"drei", b"vier"]),
    }
    with h5py.File(file, "w") as out:
        for name, kind, k in (("times", precision, 0), ("units", np.uint16, 1)):
            part = out.create_dataset(f"spikes/{name}", (samples,), h5py.vlen_dtype(kind))
            for number, pair in enumerate(pairs):
                part[number] = pair[k]
        for name, value in (parts | {n.replace("__", "/"): v for n, v in changes.items()}).items():
            if value is not None:
                out[name] = value
    return file


def packed(file: Path, ending: str) -> Path:
    target = file.with_name(file.name + ending)
    if ending == ".gz":
        target.write_bytes(gzip.compress(file.read_bytes()))
    else:
        with zipfile.ZipFile(target, "w") as archive:
            archive.write(file, file.name)
    file.unlink()
    return target


def shd_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "shd_train.h5", events(0))
    write(folder / "shd_test.h5", events(1))
    return folder


def test_a_file_is_read_event_for_event_in_ms_sorted(tmp_path: Path) -> None:
    pairs = events()
    data = hdspikes(write(tmp_path / "x.h5", pairs))
    assert (len(data), data.channels, data.classes) == (SAMPLES, 700, CLASSES)
    assert data.label_names == ("eins", "zwei", "drei", "vier")
    assert data.labels.tolist() == [k % CLASSES for k in range(SAMPLES)]
    assert data.speakers is not None
    assert data.speakers.tolist() == [k % 3 for k in range(SAMPLES)]
    for k, (times, units) in enumerate(pairs):
        order = np.lexsort((units, times))
        assert np.array_equal(data.spikes.sample(k)[0], times[order].astype(np.float32) * 1000)
        assert np.array_equal(data.spikes.sample(k)[1], units[order])


def test_a_sample_without_spikes_is_legal_and_counted(tmp_path: Path) -> None:
    data = hdspikes(write(tmp_path / "x.h5", events()))
    assert data.spikes.start[2] == data.spikes.start[3]
    assert "1 samples without any" in str(data)
    silent = [(np.empty(0, np.float16), np.empty(0, np.uint16))] * 3
    assert hdspikes(write(tmp_path / "silent.h5", silent)).spikes.times.size == 0


@pytest.mark.parametrize("ending", ["", ".gz", ".zip"])
def test_plain_and_packed_files_hold_the_same(tmp_path: Path, ending: str) -> None:
    plain = hdspikes(write(tmp_path / "x.h5", events()), cache=False)
    file = tmp_path / "x.h5"
    again = hdspikes(packed(file, ending) if ending else file)
    assert np.array_equal(plain.spikes.times, again.spikes.times)
    assert np.array_equal(plain.spikes.channels, again.spikes.channels)
    assert again.name == "x"


def test_the_second_reading_comes_from_the_store(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = packed(write(tmp_path / "x.h5", events()), ".gz")
    first = hdspikes(file)
    stores = list((own_cache / "data").iterdir())
    assert len(stores) == 1

    def never(*_: object) -> None:
        raise AssertionError("the file was read again")

    monkeypatch.setattr("genprop.data.store._convert", never)
    second = hdspikes(file)
    for name in ("start", "times", "channels", "labels"):
        assert np.array_equal(getattr(first.spikes, name), getattr(second.spikes, name))
    assert second.label_names == first.label_names


@pytest.mark.parametrize("precision", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("cache", [True, False])
def test_times_are_kept_as_the_file_has_them(
    tmp_path: Path, precision: type[np.floating], cache: bool
) -> None:
    rng = np.random.default_rng(4)
    pairs = [(np.sort(rng.random(50)).astype(precision), rng.integers(0, 700, 50))] * 4
    file = write(tmp_path / "x.h5", pairs, precision)
    found = (hdspikes(file), hdspikes(file))[-1] if cache else hdspikes(file, cache=False)
    times, kind = found.spikes.sample(0)[0], np.promote_types(precision, np.float32)
    assert times.dtype == kind
    np.testing.assert_array_equal(times, pairs[0][0].astype(kind) * kind.type(1000))


@pytest.mark.parametrize("precision", [np.float16, np.float64])
def test_a_store_of_before_is_read_where_it_holds_what_the_file_has(
    tmp_path: Path,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    precision: type[np.floating],
) -> None:
    rng = np.random.default_rng(4)
    pairs = [(np.sort(rng.random(50)).astype(precision), rng.integers(0, 700, 50))] * 4
    file = write(tmp_path / "x.h5", pairs, precision)
    with pytest.MonkeyPatch.context() as before:
        place = store._place  # pyright: ignore[reportPrivateUsage]
        before.setattr(store, "_place", lambda f, c, version=1: place(f, c, 1))
        before.setattr(
            store,
            "_precision",
            lambda times: np.float16 if precision is np.float16 else np.float32,
        )
        hdspikes(file)
    assert len(list((own_cache / "data").iterdir())) == 1
    times = hdspikes(file).spikes.sample(0)[0]
    made_anew = precision is np.float64
    assert len(list((own_cache / "data").iterdir())) == 1 + made_anew
    kind = np.promote_types(precision, np.float32).type
    np.testing.assert_array_equal(times, pairs[0][0].astype(kind) * kind(1000))


def test_a_changed_file_is_read_anew_and_its_old_store_goes(
    tmp_path: Path, own_cache: Path
) -> None:
    file = write(tmp_path / "x.h5", events(0))
    hdspikes(file)
    write(file, events(1))
    os.utime(file, ns=(1, 1))
    assert np.array_equal(hdspikes(file).spikes.times, hdspikes(file, cache=False).spikes.times)
    assert len(list((own_cache / "data").iterdir())) == 1


def test_a_file_that_changed_within_its_size_and_date_is_read_anew(
    tmp_path: Path, own_cache: Path
) -> None:
    """As by a program that writes in place and sets the date back, or by one of this second."""
    file = write(tmp_path / "x.h5", events(0))
    before, state = hdspikes(file).spikes.channels, file.stat()
    with h5py.File(file, "r+") as opened:
        units = opened["spikes/units"]
        assert isinstance(units, h5py.Dataset)
        units[0] = 699 - units[0]
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    after = file.stat()
    assert (after.st_size, after.st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    found = hdspikes(file).spikes.channels
    assert not np.array_equal(found, before)
    assert np.array_equal(found, hdspikes(file, cache=False).spikes.channels)


def test_a_file_with_another_date_and_the_same_content_keeps_its_store(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "x.h5", events(0))
    hdspikes(file)
    os.utime(file, ns=(1, 1))

    def converted(*_: object) -> None:
        raise AssertionError("it was converted again")

    monkeypatch.setattr(store, "_convert", converted)
    hdspikes(file)


def test_a_file_that_did_not_change_is_not_even_read(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "x.h5", events(0))
    hdspikes(file)

    def read(*_: object) -> str:
        raise AssertionError("it was read again")

    monkeypatch.setattr(content, "_digest", read)
    hdspikes(file)


def test_another_setting_has_a_store_of_its_own(tmp_path: Path, own_cache: Path) -> None:
    file = write(tmp_path / "x.h5", events())
    assert hdspikes(file, channels=800).channels == 800
    assert hdspikes(file).channels == 700
    assert len(list((own_cache / "data").iterdir())) == 2


@pytest.mark.parametrize("damage", ["cut", "foreign", "lacks"])
def test_a_damaged_store_is_made_anew(tmp_path: Path, own_cache: Path, damage: str) -> None:
    file = write(tmp_path / "x.h5", events())
    whole = hdspikes(file)
    (store,) = (own_cache / "data").iterdir()
    if damage == "lacks":
        with h5py.File(store, "a") as opened:
            del opened["channels"]
    else:
        store.write_bytes(store.read_bytes()[:4000] if damage == "cut" else b"not a store")
    assert np.array_equal(hdspikes(file).spikes.channels, whole.spikes.channels)


def test_a_failed_reading_leaves_no_store_behind(tmp_path: Path, own_cache: Path) -> None:
    file = write(tmp_path / "x.h5", events(), labels=np.zeros(3, np.uint16))
    with pytest.raises(DataError):
        hdspikes(file)
    assert list((own_cache / "data").iterdir()) == []


def test_a_cache_that_cannot_be_written_says_what_to_do(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "x.h5", events())
    own_cache.write_text("a file where the folder should be")
    with pytest.raises(DataError, match="could not be written") as caught:
        hdspikes(file)
    assert "GENPROP_CACHE" in str(caught.value)
    assert len(hdspikes(file, cache=False)) == SAMPLES

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    own_cache.unlink()
    monkeypatch.setattr("genprop.data.store.isolated", full)
    with pytest.raises(DataError, match="No space left"):
        hdspikes(file)
    assert list((own_cache / "data").iterdir()) == []


def cut(file: Path) -> Path:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return file


def empty_zip(file: Path) -> Path:
    target = file.with_suffix(".h5.zip")
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    return target


def emptied(file: Path) -> Path:
    file.write_bytes(b"")
    return file


def foreign(file: Path) -> Path:
    file.write_bytes(b"RIFF" + bytes(5000))
    return file


@pytest.mark.parametrize(
    ("damaged", "what", "remedy"),
    [
        (cut, "cannot be read as HDF5", "half downloaded"),
        (lambda f: cut(packed(f, ".gz")), "archive is damaged", "half downloaded"),
        (lambda f: cut(packed(f, ".zip")), "archive is damaged", "half downloaded"),
        (empty_zip, "holds 0 .h5 files", "unpack it"),
        (emptied, "cannot be read as HDF5", "fetch it again"),
        (foreign, "cannot be read as HDF5", "of another kind"),
        (lambda f: f.with_name("absent.h5"), "there is no such file", "check the path"),
    ],
)
def test_a_damaged_file_is_refused_by_name(
    tmp_path: Path, damaged: Callable[[Path], Path], what: str, remedy: str
) -> None:
    file = damaged(write(tmp_path / "x.h5", events()))
    with pytest.raises(DataError) as caught:
        hdspikes(file)
    for part in (what, remedy, str(file)):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"labels": np.zeros(SAMPLES - 1, np.uint16)}, "labels has 59"),
        ({"labels": np.full(SAMPLES, 4, np.uint16)}, "label 4 does not match the 4 names"),
        ({"labels": np.full(SAMPLES, 0.5)}, "one integer a sample"),
        ({"labels": None}, "the file has no labels"),
        ({"extra__speaker": np.zeros(7, np.uint16)}, "extra/speaker has 7"),
    ],
)
def test_labels_and_speakers_that_do_not_match_are_refused(
    tmp_path: Path, changes: dict[str, object], what: str
) -> None:
    with pytest.raises(DataError, match=what):
        hdspikes(write(tmp_path / "x.h5", events(), np.float16, **changes))


def test_a_file_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no samples"):
        hdspikes(write(tmp_path / "x.h5", []))


@pytest.mark.parametrize(
    ("pair", "what"),
    [
        (([0.5, np.nan], [1, 2]), "a time of nan s"),
        (([-0.5, 0.5], [1, 2]), "a time of -0.5 s"),
        (([0.1, 0.2], [1, 700]), "unit 700, but there are 700 channels"),
        (([0.1, 0.2], [1]), "2 times, but 1 units"),
    ],
)
def test_events_that_cannot_be_are_refused_by_sample(
    tmp_path: Path, pair: tuple[list[float], list[int]], what: str
) -> None:
    pairs = events(samples=600)
    pairs[550] = (np.array(pair[0], np.float16), np.array(pair[1], np.uint16))
    with pytest.raises(DataError, match=what) as caught:
        hdspikes(write(tmp_path / "x.h5", pairs, labels=np.zeros(600, int),
                       extra__speaker=None))  # fmt: skip
    assert "sample 550" in str(caught.value)


def test_a_relative_path_is_looked_for_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "x.h5", events())
    with pytest.raises(DataError, match="set GENPROP_DATA"):
        hdspikes("x.h5")
    monkeypatch.setenv("GENPROP_DATA", str(tmp_path))
    assert len(hdspikes("x.h5")) == SAMPLES


def test_keys_and_speakers_may_be_absent(tmp_path: Path) -> None:
    data = hdspikes(write(tmp_path / "x.h5", events(), extra__speaker=None, extra__keys=None))
    assert (data.classes, data.label_names, data.speakers) == (CLASSES, (), None)


def test_duration_crops_or_is_rounded_up_to_100_ms(tmp_path: Path) -> None:
    file = write(tmp_path / "x.h5", events())
    whole = hdspikes(file)
    longest = whole.spikes.times.max()
    assert whole.duration % 100 == 0
    assert whole.duration - 100 <= longest < whole.duration
    for duration in (400.0, 0.4 * s):
        short = hdspikes(file, duration=duration)
        assert short.duration == 400.0
        assert len(short.spikes.times) == np.count_nonzero(whole.spikes.times < 400)


@pytest.mark.parametrize("below", ["", "SHD", "hdspikes"])
@pytest.mark.parametrize("ending", ["", ".gz", ".zip"])
def test_shd_is_found_in_every_layout(tmp_path: Path, below: str, ending: str) -> None:
    folder = shd_folder(tmp_path / "data" / below)
    if ending:
        for name in ("shd_train.h5", "shd_test.h5"):
            packed(folder / name, ending)
    train, valid, test = shd(tmp_path / "data", augment=[Shift(40)])
    assert (len(train), len(valid), len(test)) == (54, 6, 60)
    assert [d.name for d in (train, valid, test)] == ["SHD train", "SHD valid", "SHD test"]
    assert train.augment == (Shift(40),)
    assert valid.augment == test.augment == ()
    assert train.duration == valid.duration == test.duration


@pytest.mark.parametrize("ending", [".gz", ".zip"])
def test_shd_reads_the_plain_file_beside_its_archive(tmp_path: Path, ending: str) -> None:
    folder = shd_folder(tmp_path / "SHD")
    (folder / f"shd_train.h5{ending}").write_bytes(b"half of an archive")
    assert len(shd(tmp_path)[2]) == SAMPLES


def test_shd_can_hold_speakers_out_for_validation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENPROP_DATA", str(shd_folder(tmp_path / "SHD").parent))
    train, valid, _ = shd(valid_speakers=[1])
    assert valid.speakers is not None
    assert train.speakers is not None
    assert set(valid.speakers.tolist()) == {1}
    assert set(train.speakers.tolist()) == {0, 2}


def test_ssc_brings_its_own_validation_set(tmp_path: Path) -> None:
    for k, part in enumerate(("train", "valid", "test")):
        write(tmp_path / f"ssc_{part}.h5", events(k, 20 + k))
    assert [len(d) for d in ssc(tmp_path)] == [20, 21, 22]
    assert ssc(tmp_path, augment=[Drop(0.1)])[0].augment == (Drop(0.1),)


def test_without_files_and_without_tonic_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tonic", None)
    monkeypatch.setitem(sys.modules, "tonic.datasets", None)
    with pytest.raises(DataError, match=r"pip install 'genprop\[data\]'") as caught:
        shd(tmp_path)
    assert "shd_train.h5, shd_test.h5" in str(caught.value)
    with pytest.raises(DataError, match="no data folder was given"):
        shd()
    with pytest.raises(DataError, match="no such folder"):
        shd(tmp_path / "absent")


def test_tonic_downloads_what_is_missing_and_only_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def download(save_to: str, *, train: bool) -> None:
        asked.append(train)
        folder = Path(save_to) / "SHD"
        folder.mkdir(exist_ok=True)
        write(folder / f"shd_{'train' if train else 'test'}.h5", events())

    module = types.ModuleType("tonic.datasets")
    monkeypatch.setattr(module, "SHD", download, raising=False)
    monkeypatch.setitem(sys.modules, "tonic", types.ModuleType("tonic"))
    monkeypatch.setitem(sys.modules, "tonic.datasets", module)
    write(tmp_path / "shd_test.h5", events(1))
    assert len(shd(tmp_path)[2]) == SAMPLES
    assert asked == [True]

    def fails(save_to: str, *, train: bool) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(module, "SHD", fails)
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(DataError, match=r"could not download shd_train(.|\n)*no route"):
        shd(tmp_path / "elsewhere")


def test_fsdd_says_how_to_make_it_when_it_is_absent(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Free Spoken Digit Dataset"):
        fsdd(tmp_path)


def test_the_real_fsdd_spikes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = REAL and Path(REAL).expanduser()
    if not folder or not list(folder.glob("**/fsdd_test.h5*")):
        pytest.skip("GENPROP_DATA names no folder with the FSDD spikes")
    train, valid, test = fsdd(folder)
    assert (len(train), len(valid), len(test), train.channels) == (2430, 270, 300, 700)
    assert train.label_names[:2] == ("zero", "one")
    assert len(list(test.leave_one_speaker_out())) == 6


REAL = os.environ.get("GENPROP_DATA")
