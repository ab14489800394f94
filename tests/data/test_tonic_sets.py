from __future__ import annotations

import numpy as np
import pytest

from genprop.data import from_tonic
from genprop.errors import DataError

EVENTS = np.dtype([("t", np.int64), ("x", np.int64), ("y", np.int64), ("p", np.int64)])


def sample(*events: tuple[int, int, int, int]) -> np.ndarray:
    return np.array(list(events), EVENTS)


def test_events_become_channels_by_polarity_row_and_column() -> None:
    pairs = [(sample((2500, 1, 2, 1), (1000, 3, 0, 0)), 1), (sample(), 0)]
    data = from_tonic(pairs, sensor_size=(4, 3, 2), classes=2)
    assert data.channels == 24
    times, channels = data.spikes.sample(0)
    assert times.tolist() == [1.0, 2.5]
    assert channels.tolist() == [3, (1 * 3 + 2) * 4 + 1]
    assert data.duration == 3.0
    assert data.labels.tolist() == [1, 0]


def test_a_field_of_extent_one_or_absent_counts_as_zero() -> None:
    kind = np.dtype([("t", np.int64), ("x", np.int64), ("p", np.int64)])
    pairs = [(np.array([(1000, 5, 1)], kind), 0)]
    data = from_tonic(pairs, sensor_size=(700, 1, 1), classes=1, duration=20.0)
    assert data.spikes.channels.tolist() == [5]
    assert data.duration == 20.0


def test_events_without_times_or_outside_the_sensor_are_refused() -> None:
    with pytest.raises(DataError, match="but no t"):
        from_tonic([(np.zeros(3, [("x", int)]), 0)], sensor_size=(4, 1, 1), classes=1)
    with pytest.raises(DataError, match="x = 9"):
        from_tonic([(sample((0, 9, 0, 0)), 0)], sensor_size=(4, 1, 1), classes=1)
