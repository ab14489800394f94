"""What enters as data is taken as it was meant, or refused: nothing is cut off or moved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import genprop as gp
from genprop import ms, mV
from genprop.data.crossings import level_crossings
from genprop.data.latency import latency_code
from genprop.data.spikes import SpikeBatch
from genprop.errors import DataError, DimensionError, GenpropError
from genprop.units import s as seconds

EVENT = np.dtype([("x", "i2"), ("y", "i2"), ("t", "i8"), ("p", "i1")])


def batch(**changes: object) -> SpikeBatch:
    parts: dict[str, object] = {
        "start": np.array([0, 2, 3]),
        "times": np.array([1.0, 2.0, 3.0]),
        "channels": np.array([0, 1, 2]),
        "channels_total": 4,
        "duration": 10.0,
        "labels": np.array([0, 1]),
    }
    return SpikeBatch(**(parts | changes))  # type: ignore[arg-type]


CASTS: dict[str, dict[str, object]] = {
    "labels with fractions": {"labels": np.array([0.2, 1.7])},
    "labels as floats": {"labels": np.array([0.0, 1.0])},
    "a label that is NaN": {"labels": np.array([0, np.nan])},
    "labels as text": {"labels": np.array(["a", "b"])},
    "a label beyond int64": {"labels": np.array([0, 2**63], np.uint64)},
    "channels with fractions": {"channels": np.array([0.9, 1.5, 2.2])},
    "a channel beyond int32": {"channels": np.array([2**32 + 1, 1, 2])},
    "starts with fractions": {"start": np.array([0, 2.5, 3])},
    "times as text": {"times": np.array(["1", "2", "3"])},
    "complex times": {"times": np.array([1.0, 2.0, 3.0 + 1j])},
    "targets that are not finite": {"targets": np.array([[0.0], [np.inf]])},
    "targets as text": {"targets": np.array([["a"], ["b"]])},
    "a fraction of a channel": {"channels_total": 4.5},
    "a duration without end": {"duration": np.inf},
    "a duration as text": {"duration": "long"},
}


@pytest.mark.parametrize("case", CASTS)
def test_nothing_is_cut_off_or_wrapped(case: str) -> None:
    with pytest.raises(GenpropError):
        batch(**CASTS[case])


def test_every_kind_of_integer_is_one() -> None:
    narrow = batch(
        labels=np.array([0, 1], np.uint8),
        channels=np.array([0, 1, 2], np.uint64),
        channels_total=np.int16(4),
    )
    assert narrow.labels is not None
    assert narrow.labels.tolist() == [0, 1]
    assert narrow.channels.tolist() == [0, 1, 2]


def events(rows: list[tuple[int, int, int, int]]) -> list[tuple[np.ndarray, int]]:
    return [(np.array(rows, EVENT), 1)]


SENSOR = {"sensor_size": (34, 30, 2), "classes": 2}
TIMED: dict[str, Callable[[object], SpikeBatch | gp.data.Dataset]] = {
    "from_tonic": lambda t: gp.data.from_tonic(events([(1, 1, 5, 1)]), **SENSOR, duration=t),  # type: ignore[arg-type]
    "from_events": lambda t: SpikeBatch.from_events([([1.0], [0])], channels=2, duration=t),  # type: ignore[arg-type]
    "SpikeBatch": lambda t: batch(duration=t),
    "yin_yang": lambda t: gp.data.yin_yang(4, duration=t),  # type: ignore[arg-type]
    "xor": lambda t: gp.data.xor(4, duration=t),  # type: ignore[arg-type]
    "delay_line": lambda t: gp.data.delay_line(4, duration=t),  # type: ignore[arg-type]
    "crop": lambda t: gp.data.yin_yang(4).crop(t),  # type: ignore[arg-type]
    "latency_code": lambda t: latency_code(np.ones((2, 3)), t_min=1 * ms, t_max=2 * ms, duration=t),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", TIMED)
def test_a_time_may_carry_its_unit(name: str) -> None:
    make = TIMED[name]
    assert make(70.0).duration == make(70 * ms).duration == make(0.07 * seconds).duration == 70.0
    with pytest.raises(DimensionError):
        make(70 * mV)
    for wrong in (np.nan, np.inf, "70", None if name != "from_tonic" else "70"):
        with pytest.raises(GenpropError):
            make(wrong)


def test_the_step_of_a_signal_may_carry_its_unit() -> None:
    signal = np.linspace(0, 3, 5).reshape(1, 5, 1)
    plain, with_unit = (level_crossings(signal, dt=dt, threshold=1.0) for dt in (2.0, 2 * ms))
    assert np.array_equal(plain.times, with_unit.times)


@pytest.mark.parametrize(
    ("row", "name"),
    [((34, 2, 5, 0), "x"), ((-1, 2, 5, 0), "x"), ((1, 30, 5, 0), "y"), ((1, 2, 5, -1), "p")],
)
def test_an_event_outside_the_sensor_is_never_another_pixel(
    row: tuple[int, int, int, int], name: str
) -> None:
    with pytest.raises(DataError, match=f"{name} = .* this sensor") as caught:
        gp.data.from_tonic(events([(1, 1, 5, 1), row]), **SENSOR)  # type: ignore[arg-type]
    assert caught.value.where == "sample 0, event 1"


@pytest.mark.parametrize("start", [30_000_000_001, 1_600_000_000_000_000])
def test_times_since_another_moment_are_told(start: int) -> None:
    rows = [(1, 1, start, 1), (1, 1, start + 500, 1)]
    with pytest.raises(DataError, match="absolute"):
        gp.data.from_tonic(events(rows), **SENSOR)  # type: ignore[arg-type]


def recording(folder: Path, times: list[float], units: list[float], kind: str = "f8") -> Path:
    path = folder / "some.h5"
    with h5py.File(path, "w") as file:
        for name, values in (("times", times), ("units", units)):
            made = file.create_dataset(f"spikes/{name}", (1,), h5py.vlen_dtype(np.dtype(kind)))
            made[0] = np.asarray(values, kind)
        file["labels"] = np.array([0])
    return path


@pytest.mark.parametrize("unit", [1e3, 1e6], ids=["ms", "µs"])
def test_recordings_in_another_unit_than_seconds_are_told(unit: float, tmp_path: Path) -> None:
    path = recording(tmp_path, [0.0, 0.5 * unit, 0.9 * unit], [1, 2, 3])
    with pytest.raises(DataError, match="times are in seconds"):
        gp.data.hdspikes(path, cache=False)


def test_a_unit_between_two_channels_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"unit 699\.5 is no channel"):
        gp.data.hdspikes(recording(tmp_path, [0.0, 0.5], [1, 699.5]), cache=False)
    whole = gp.data.hdspikes(recording(tmp_path, [0.0, 0.5], [1, 699.0]), cache=False)
    assert whole.spikes.channels.tolist() == [1, 699]


def test_a_validation_part_may_be_empty_and_its_name_is_used() -> None:
    data = gp.data.yin_yang(20)
    rest, part = data.split_off(0, "valid")
    assert (len(rest), len(part)) == (20, 0)
    rest, part = data.split_off(0.25, "valid")
    assert (len(rest), len(part)) == (15, 5)
    for wrong in (1.0, 10, -0.1, np.nan):
        with pytest.raises(DataError, match="valid="):
            data.split_off(wrong, "valid")


def test_images_are_not_taken_for_samples() -> None:
    window = {"t_min": 1.0, "t_max": 2.0, "duration": 3.0}
    with pytest.raises(DataError, match="reshape"):
        latency_code(np.ones((5, 8, 8)), **window)  # type: ignore[arg-type]
    for wrong in (255.0, -0.1, np.nan, np.inf):
        with pytest.raises(DataError, match="scale them"):
            latency_code(np.full((5, 8), wrong), **window)  # type: ignore[arg-type]


@pytest.mark.parametrize("read", [gp.data.shd, gp.data.fsdd])
def test_a_validation_part_that_cannot_be_is_told_before_files_are_looked_for(
    read: Callable[..., object], tmp_path: Path
) -> None:
    for wrong in (1.0, 10, -0.1, np.nan):
        with pytest.raises(DataError, match="valid"):
            read(tmp_path / "none", valid=wrong)
