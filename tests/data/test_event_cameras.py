"""N-MNIST and DVS Gesture through tonic, of whose classes (1.7) a stub stands here."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

import genprop as gp
from genprop.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


class Stub:
    """Files that were downloaded before, in the order in which a folder happens to be read."""

    classes: ClassVar[list[str]]
    sensor_size: ClassVar[tuple[int, int, int]]
    made: ClassVar[list[tuple[str, bool, dict[str, object]]]] = []
    per_class = 10

    def __init__(self, save_to: str, train: bool = True, **options: object) -> None:
        self.made.append((save_to, train, options))
        self.targets = [k for k in range(len(self.classes)) for _ in range(self.per_class)]
        self.data = [f"{save_to}/{label}/{k % 10}.bin" for k, label in enumerate(self.targets)]
        order = np.random.default_rng(int(train)).permutation(len(self.data))
        self.data = [self.data[k] for k in order]
        self.targets = [self.targets[k] for k in order]

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        """One event per 100 ms, at a place that is that of the label and of the number."""
        label, number = self.targets[index], int(self.data[index].split("/")[-1][0])
        kind = np.dtype([("x", np.int16), ("y", np.int16), ("p", bool), ("t", np.int64)])
        rows = [(label, number, k % 2 == 1, 100_000 * k) for k in range(3)]
        return np.array(rows, kind), label


class NMNIST(Stub):
    classes: ClassVar[list[str]] = [f"{k} - digit" for k in range(10)]
    sensor_size: ClassVar[tuple[int, int, int]] = (34, 34, 2)


class DVSGesture(Stub):
    classes: ClassVar[list[str]] = [f"gesture {k}" for k in range(11)]
    sensor_size: ClassVar[tuple[int, int, int]] = (128, 128, 2)

    def __init__(self, save_to: str, train: bool = True) -> None:
        super().__init__(save_to, train)
        self.users = [int(path.split("/")[-1][0]) for path in self.data]


@pytest.fixture
def tonic(monkeypatch: pytest.MonkeyPatch) -> type[Stub]:
    datasets = SimpleNamespace(NMNIST=NMNIST, DVSGesture=DVSGesture)
    monkeypatch.setitem(sys.modules, "tonic", ModuleType("tonic"))
    monkeypatch.setitem(sys.modules, "tonic.datasets", datasets)
    monkeypatch.setattr(Stub, "made", [])
    return Stub


def test_n_mnist_has_its_sensor_its_labels_and_a_validation_part(
    tonic: type[Stub], tmp_path: Path
) -> None:
    train, valid, test = gp.data.nmnist(tmp_path, first_saccade=True, valid=0.2, seed=1)
    assert [len(part) for part in (train, valid, test)] == [80, 20, 100]
    assert train.channels == 34 * 34 * 2 and train.classes == 10
    assert train.label_names[3] == "3 - digit"
    options = {"first_saccade_only": True, "stabilize": False}
    assert tonic.made == [(str(tmp_path), True, options), (str(tmp_path), False, options)]
    assert {part.duration for part in (train, valid, test)} == {201.0}
    for k in range(100):
        times, channels = test.spikes.sample(k)
        label, number = test.labels[k], k % 10
        assert label == k // 10  # in the order of the paths, whatever order the folder was read in
        assert times.tolist() == [0.0, 100.0, 200.0]
        assert channels.tolist() == [(p * 34 + number) * 34 + label for p in (0, 1, 0)]


def test_gestures_are_pooled_cropped_and_know_their_persons(
    tonic: type[Stub], tmp_path: Path
) -> None:
    train, valid, test = gp.data.dvs_gesture(
        tmp_path, pool=4, valid_speakers=[2, 5], duration=150.0
    )
    assert len(tonic.made) == 2
    assert train.channels == 32 * 32 * 2 and train.duration == 150.0
    assert len(valid) == 22 and len(train) == 88 and len(test) == 110
    assert valid.speakers is not None and set(valid.speakers.tolist()) == {2, 5}
    times, channels = test.spikes.sample(57)  # label 5, number 7
    assert times.tolist() == [0.0, 100.0]
    assert channels.tolist() == [(p * 32 + 7 // 4) * 32 + 5 // 4 for p in (0, 1)]


def test_some_samples_are_drawn_by_the_seed_of_every_class(
    tonic: type[Stub], tmp_path: Path
) -> None:
    del tonic
    sets = [gp.data.nmnist(tmp_path, samples=30, valid=0, seed=s)[0] for s in (0, 0, 1)]
    for part in sets:
        assert np.bincount(part.labels).tolist() == [3] * 10
    assert np.array_equal(sets[0].spikes.channels, sets[1].spikes.channels)
    assert not np.array_equal(sets[0].spikes.channels, sets[2].spikes.channels)


def test_without_tonic_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tonic.datasets", None)
    with pytest.raises(DataError, match=r"tonic.* is not installed") as fault:
        gp.data.nmnist(tmp_path)
    assert "genprop[data]" in fault.value.remedy


def test_without_a_network_it_is_said_what_to_put_where(
    tonic: type[Stub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("<urlopen error [Errno -3] Temporary failure in name resolution>")

    monkeypatch.setattr(tonic, "__init__", unreachable)
    with pytest.raises(DataError, match="name resolution") as fault:
        gp.data.nmnist(tmp_path)
    assert "NMNIST" in str(fault.value) and str(tmp_path) in str(fault.value)
