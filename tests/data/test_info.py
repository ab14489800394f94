"""What is odd about a data file is found, and named where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

import genprop as gp
from genprop.cli.main import main
from genprop.data.info import info, oddities

if TYPE_CHECKING:
    from pathlib import Path


def sound(seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """40 samples over 8 channels with nothing odd."""
    rng = np.random.default_rng(seed)
    return [(rng.uniform(0, 90, 40), np.tile(np.arange(8), 5)) for _ in range(40)]


def dataset(
    events: list[tuple[np.ndarray, np.ndarray]], labels: np.ndarray | None = None, channels: int = 8
) -> gp.data.Dataset:
    labels = np.arange(len(events)) % 2 if labels is None else labels
    batch = gp.data.SpikeBatch.from_events(events, channels=channels, duration=100, labels=labels)
    return gp.data.Dataset(batch, classes=2)


def test_a_sound_data_set_has_nothing_odd() -> None:
    assert list(oddities(dataset(sound()))) == []


def only(found: list[str], words: str) -> None:
    assert len(found) == 1 and words in found[0], found


def test_samples_without_events_are_named() -> None:
    events = sound()
    events[3] = events[17] = (np.zeros(0), np.zeros(0, int))
    only(list(oddities(dataset(events))), "2 of 40 samples have no events: 3, 17")


def test_channels_that_never_spike_are_named() -> None:
    only(list(oddities(dataset(sound(), channels=10))), "2 of 10 channels never spike: 8, 9")


def test_a_channel_with_very_many_events_is_named() -> None:
    rng = np.random.default_rng(1)
    events = [
        (np.concatenate([t, rng.uniform(0, 90, 200)]), np.concatenate([c, np.full(200, 5)]))
        for t, c in sound()
    ]
    only(list(oddities(dataset(events))), "times the median of events: 5")


def test_classes_without_samples_and_uneven_ones_are_named() -> None:
    only(list(oddities(dataset(sound(), np.zeros(40, int)))), "1 of 2 classes have no samples: 1")
    batch = gp.data.SpikeBatch.from_events(
        sound(), channels=8, duration=100, labels=np.array([0] * 34 + [1, 1, 1, 2, 2, 2])
    )
    found = list(oddities(gp.data.Dataset(batch, classes=3)))
    only(found, "classes are uneven, 3 to 34 samples")


def test_events_that_come_twice_are_counted() -> None:
    events = sound()
    times, channels = events[0]
    events[0] = (np.append(times, times[:3]), np.append(channels, channels[:3]))
    only(list(oddities(dataset(events))), "3 events of a channel come twice")


@pytest.mark.parametrize("grid", [1.0, 0.1])
def test_times_on_a_grid_are_told(grid: float) -> None:
    rng = np.random.default_rng(2)
    events = [
        (rng.choice(int(90 / grid), 8, replace=False) * grid, np.arange(8)) for _ in range(40)
    ]
    only(list(oddities(dataset(events))), f"multiples of {grid:g} ms")


def test_samples_of_very_different_length_are_told() -> None:
    events = [(times / 4, channels) for times, channels in sound()]
    events[7] = (events[7][0] * 4, events[7][1])
    only(list(oddities(dataset(events))), "sample 7 ends at")
    early = [(times / 4, channels) for times, channels in sound()]
    only(list(oddities(dataset(early))), "crop(…) saves time")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """SHD's layout, channel 5 of 6 silent."""
    rng = np.random.default_rng(0)
    path = tmp_path / "words.h5"
    with h5py.File(path, "w") as out:
        for name, kind in (("times", "float64"), ("units", "uint16")):
            rows = out.create_dataset(
                f"spikes/{name}", (12,), dtype=h5py.vlen_dtype(np.dtype(kind))
            )
            for k in range(12):
                rows[k] = (
                    np.sort(rng.uniform(0, 0.09, 10)) if name == "times" else np.tile(range(5), 2)
                )
        out["labels"] = np.arange(12) % 3
    return path


def test_a_file_is_told_with_what_is_odd(file: Path) -> None:
    found = info(file, channels=6)
    assert len(found.parts[0]) == 12 and found.parts[0].classes == 3
    assert found.findings == (("1 of 6 channels never spike: 5",),)


def test_the_command_prints_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "info", str(file), "--channels", "6"]) == 0
    shown = capsys.readouterr().out
    assert "12 samples of 100 ms" in shown and "channels never spike: 5" in shown


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"ID3")
    with pytest.raises(gp.errors.DataError, match=r"files that end in \.mp3 are not known"):
        info(tmp_path / "a.mp3")
