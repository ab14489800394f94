from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from genprop.data import Drop, braille, level_crossings
from genprop.errors import DataError

LETTERS = ["Space", "A", "E"]


def test_crossings_come_when_the_signal_has_moved_by_the_threshold() -> None:
    signal = np.array([[[0.0], [2.0], [2.0], [0.5]]])
    batch = level_crossings(signal, dt=10.0, threshold=0.8)
    assert batch.times.tolist() == pytest.approx([4.0, 8.0, 28.0])
    assert batch.channels.tolist() == [0, 0, 1]
    assert (batch.channels_total, batch.duration) == (2, 40.0)


def test_the_coded_signal_follows_the_true_one_to_within_a_threshold() -> None:
    rng = np.random.default_rng(0)
    signal = np.cumsum(rng.normal(size=(5, 40, 3)), axis=1)
    batch = level_crossings(signal, dt=1.0, threshold=0.25)
    for k in range(5):
        times, channels = batch.sample(k)
        for line in range(3):
            for step in range(40):
                early = times <= step + 1e-4
                ups = np.count_nonzero(early & (channels == line))
                downs = np.count_nonzero(early & (channels == 3 + line))
                rebuilt = signal[k, 0, line] + 0.25 * (ups - downs)
                assert abs(rebuilt - signal[k, step, line]) < 0.2501


def test_a_signal_turned_over_swaps_on_and_off() -> None:
    signal = np.random.default_rng(1).integers(0, 50, (4, 20, 2))
    up = level_crossings(signal, dt=1.0, threshold=2.0)
    down = level_crossings(100 - signal, dt=1.0, threshold=2.0)
    for k in range(4):
        there = set(zip(*(x.tolist() for x in up.sample(k)), strict=True))
        back = {
            (t, (c + 2) % 4) for t, c in zip(*(x.tolist() for x in down.sample(k)), strict=True)
        }
        assert there == back


def test_a_signal_that_cannot_be_coded_is_refused() -> None:
    with pytest.raises(DataError, match="finite"):
        level_crossings(np.array([[[0.0], [np.nan]]]), dt=1.0, threshold=1.0)
    with pytest.raises(DataError, match="cannot be"):
        level_crossings(np.zeros((1, 2, 1)), dt=1.0, threshold=0.0)
    still = level_crossings(np.ones((2, 1, 3)), dt=1.0, threshold=1.0)
    assert (len(still), still.times.size) == (2, 0)


def events_file(file: Path, **changes: object) -> tuple[Path, np.ndarray]:
    rng = np.random.default_rng(0)
    bits = rng.random((30, 16 * 12)) < 0.1
    parts: dict[str, object] = {
        "packed": np.packbits(bits, axis=1),
        "shape": np.array([16, 12]),
        "labels": (np.arange(30) % 3).astype(np.uint8),
        "letters": np.array(LETTERS),
        "test": np.arange(30) < 6,
        "dt_ms": 5.0,
    }
    np.savez(file, **(parts | changes))  # pyright: ignore[reportArgumentType]
    return file, bits.reshape(30, 16, 12)


def test_packed_events_come_back_bit_for_bit_and_the_flagged_samples_are_the_test(
    tmp_path: Path,
) -> None:
    file, bits = events_file(tmp_path / "b.npz")
    train, valid, test = braille(file, augment=[Drop(0.1)])
    assert (len(train), len(valid), len(test)) == (22, 2, 6)
    assert (train.channels, train.duration, train.label_names) == (12, 80.0, ("Space", "A", "E"))
    assert train.augment == (Drop(0.1),)
    assert valid.augment == test.augment == ()
    for k in range(6):
        steps = np.zeros((16, 12), bool)
        times, channels = test.spikes.sample(k)
        steps[(times / 5).astype(int), channels] = True
        assert np.array_equal(steps, bits[k])


def test_without_a_validation_share_all_that_is_not_for_testing_is_for_training(
    tmp_path: Path,
) -> None:
    train, valid, test = braille(events_file(tmp_path / "b.npz")[0], valid=0)
    assert (len(train), len(valid), len(test)) == (24, 0, 6)


def values(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(100, 255, (30, 20, 12), dtype=np.uint8)


def test_taxel_values_become_crossings_and_are_split_by_class(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=values(), labels=np.arange(30) % 3, letters=LETTERS, dt_ms=25.0)
    train, valid, test = braille(tmp_path / "x.npz", threshold=10.0)
    assert (len(train), len(valid), len(test)) == (22, 2, 6)
    assert np.bincount(test.labels).tolist() == [2, 2, 2]
    assert (train.channels, train.duration) == (24, 500.0)


def published(layout: str, kind: str) -> object:
    names = [LETTERS[k % 3] for k in range(30)]
    if kind == "taxel_data":
        column: list[object] = [list(map(list, 255 - v.astype(int))) for v in values()]
    else:
        column = [
            [[[0.01 * (k + j) + 0.003, 0.5], [] if j else [0.25]] for j in range(12)]
            for k in range(30)
        ]
    if layout == "dict of lists":
        return {kind: column, "letter": names}
    return [{kind: sample, "letter": name} for sample, name in zip(column, names, strict=True)]


@pytest.mark.parametrize("layout", ["dict of lists", "list of dicts"])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_published_events_have_on_and_off_channels(
    tmp_path: Path, layout: str, protocol: int
) -> None:
    file = tmp_path / "data_braille_letters_th_1.pkl"
    file.write_bytes(pickle.dumps(published(layout, "events"), protocol))
    whole = [d.spikes for d in braille(file, seed=1)]
    assert sum(map(len, whole)) == 30
    for batch in whole:
        assert batch.channels_total == 24
        for k in range(len(batch)):
            times, channels = batch.sample(k)
            assert np.count_nonzero(times == 500.0) == 12
            assert channels[times == 250.0].tolist() == [12]


@pytest.mark.parametrize("layout", ["dict of lists", "list of dicts"])
def test_published_values_are_turned_so_that_pressure_rises(tmp_path: Path, layout: str) -> None:
    file = tmp_path / "data_braille_letters_raw"
    file.write_bytes(pickle.dumps(published(layout, "taxel_data")))
    np.savez(tmp_path / "x.npz", x=values(), labels=np.arange(30) % 3, letters=LETTERS, dt_ms=25.0)
    raw, same = braille(file, threshold=10.0)[0], braille(tmp_path / "x.npz", threshold=10.0)[0]
    assert np.array_equal(raw.spikes.times, same.spikes.times)
    assert np.array_equal(raw.spikes.channels, same.spikes.channels)
    assert raw.label_names == same.label_names


def test_numpy_arrays_in_a_pickle_are_admitted(tmp_path: Path) -> None:
    file = tmp_path / "arrays"
    content = {"taxel_data": [255 - v for v in values()], "letter": np.array(LETTERS * 10)}
    for protocol in (2, 4, 5):
        file.write_bytes(pickle.dumps(content, protocol))
        assert len(braille(file)[0]) == 22


class Malice:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.target),))


@pytest.mark.parametrize("hidden", [False, True])
def test_code_in_a_pickle_is_refused_and_never_run(tmp_path: Path, hidden: bool) -> None:
    malice: object = Malice(tmp_path / "it ran")
    content: object = {"letter": ["A"], "events": [malice]}
    if hidden:
        content = np.array([content, malice], dtype=object)
    file = tmp_path / "evil.pkl"
    file.write_bytes(pickle.dumps(content))
    with pytest.raises(DataError, match="mkdir, which is not admitted"):
        braille(file)
    assert not (tmp_path / "it ran").exists()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ([1, 2, 3], "not of the published layout"),
        ({"letter": ["A"]}, "not of the published layout"),
        ({"letter": ["A", "B"], "events": [[[[], []]]]}, "2 letters for 1 samples"),
        ({"letter": ["A"], "events": [3]}, "not those of the published layout"),
        ({"letter": ["A"], "taxel_data": [["x"]]}, "not those of the published layout"),
    ],
)
def test_pickles_of_another_layout_are_refused(tmp_path: Path, content: object, what: str) -> None:
    file = tmp_path / "other.pkl"
    file.write_bytes(pickle.dumps(content))
    with pytest.raises(DataError, match=what):
        braille(file)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    pickled = tmp_path / "half.pkl"
    whole = pickle.dumps(published("list of dicts", "events"))
    for size in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        pickled.write_bytes(whole[:size])
        with pytest.raises(DataError, match="pickle"):
            braille(pickled)
    file, _ = events_file(tmp_path / "b.npz")
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(DataError, match="cannot be read as"):
        braille(file)
    with pytest.raises(DataError, match="no such file"):
        braille(tmp_path / "absent.npz")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"labels": np.zeros(29, np.uint8)}, "29 labels for 30 samples"),
        ({"test": np.zeros(7, bool)}, "7 test for 30 samples"),
        ({"shape": np.array([32, 12])}, "cannot hold 32 × 12 bits"),
        ({"labels": np.full(30, 3)}, "label 3, but Braille train has 3 classes"),
    ],
)
def test_npz_parts_that_do_not_match_are_refused(
    tmp_path: Path, changes: dict[str, object], what: str
) -> None:
    with pytest.raises(DataError, match=what):
        braille(events_file(tmp_path / "b.npz", **changes)[0])
    np.savez(tmp_path / "other.npz", y=np.zeros(3))
    with pytest.raises(DataError, match="lacks packed"):
        braille(tmp_path / "other.npz")


def test_the_real_letters() -> None:
    folder = os.environ.get("GENPROP_DATA")
    if not folder or not (Path(folder) / "braille7_events.npz").is_file():
        pytest.skip("GENPROP_DATA names no folder with the Braille files")
    train, valid, test = braille("braille7_events.npz")
    assert (len(train) + len(valid), len(test), train.classes) == (929, 229, 7)
    assert braille("braille27_raw40hz.npz")[0].classes == 27
