"""Small tasks in which the time of a spike is what matters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from genprop._checks import integer, within_memory
from genprop.data.dataset import Dataset
from genprop.data.latency import first_spikes, refuse_window
from genprop.data.quantity import Time, times_in_ms
from genprop.errors import DataError

__all__ = ["delay_line", "xor", "yin_yang"]

_BIG, _SMALL = 0.5, 0.1
"""Radii of the symbol and of its dots."""


def yin_yang(
    samples: int,
    seed: int = 0,
    *,
    t_min: Time = 10.0,
    t_max: Time = 40.0,
    bias: Time = 20.0,
    duration: Time = 60.0,
) -> Dataset:
    """Points of the yin-yang symbol: 5 channels, 3 classes.

    Channels 0 to 3 spike at t_min + (t_max − t_min) f for the features f = x, y, 1 − x, 1 − y,
    channel 4 always at ``bias``. The class of a sample is drawn first, then points until one is of
    that class, so the classes are balanced although the dots are small.

    Args:
        samples: how many.
        seed: of classes and points.
        t_min: time of a feature of 0 [ms].
        t_max: time of a feature of 1 [ms].
        bias: time of channel 4 [ms].
        duration: [ms].

    Source: Kriener, Göltz & Petrovici 2022 (arXiv 2102.08211); times of Wunderlich & Pehle 2021.
    """
    _refuse_none(samples, seed)
    t_min, t_max, bias, duration = times_in_ms(
        t_min=t_min, t_max=t_max, bias=bias, duration=duration
    )
    refuse_window(t_min, t_max, duration)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, samples)
    points = np.empty((samples, 2))
    for label in range(3):
        mine = np.flatnonzero(labels == label)
        points[mine] = _points_of(label, len(mine), rng)
    features = np.concatenate([points, 1 - points], axis=1)
    times = np.full((samples, 5), bias)
    times[:, :4] = t_min + (t_max - t_min) * features
    spikes = first_spikes(times, duration, labels)
    return Dataset(spikes, 3, "yin-yang", ("yin", "yang", "dot"))


def _points_of(label: int, count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """(count, 2) points uniform in the region of one class, by rejection."""
    found: list[npt.NDArray[np.float64]] = [np.empty((0, 2))]
    while sum(map(len, found)) < count:
        points = rng.random((4 * count + 16, 2)) * 2 * _BIG
        inside = np.hypot(points[:, 0] - _BIG, points[:, 1] - _BIG) <= _BIG
        found.append(points[inside & (yin_yang_class(points) == label)])
    return np.concatenate(found)[:count]


def yin_yang_class(points: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The class (n,) of points (n, 2) of the symbol in the unit square: 0 yin, 1 yang, 2 dot."""
    right = np.hypot(points[:, 0] - 1.5 * _BIG, points[:, 1] - _BIG)
    left = np.hypot(points[:, 0] - 0.5 * _BIG, points[:, 1] - _BIG)
    upper = (points[:, 1] > _BIG) & (right > 0.5 * _BIG)
    yang = (left <= 0.5 * _BIG) | upper
    return np.where((right < _SMALL) | (left < _SMALL), 2, yang.astype(np.int64))


def delay_line(
    samples: int,
    seed: int = 0,
    *,
    lag: Time = 20.0,
    onset: Time = 5.0,
    spread: Time = 0.0,
    duration: Time = 60.0,
) -> Dataset:
    """Two channels spike once each, ``lag`` ms apart; which comes first is the class.

    Class 0: channel 0, then channel 1; class 1 the reverse. Counts tell nothing, delays everything.

    Args:
        samples: how many, classes in equal numbers.
        seed: of order and onsets.
        lag: from the first to the second spike [ms].
        onset: earliest time of the first spike [ms].
        spread: the first spike comes uniformly within [onset, onset + spread] [ms].
        duration: [ms].
    """
    _refuse_none(samples, seed)
    lag, onset, spread, duration = times_in_ms(
        lag=lag, onset=onset, spread=spread, duration=duration
    )
    if not (lag > 0 and onset >= 0 and spread >= 0 and onset + spread + lag < duration):
        raise DataError(
            f"two spikes {lag:g} ms apart from {onset + spread:g} ms do not fit {duration:g} ms",
            remedy="give lag > 0, onset ≥ 0, spread ≥ 0 and onset + spread + lag < duration",
        )
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(samples) % 2)
    first = onset + spread * rng.random(samples)
    times = np.stack([first + lag * (labels == 1), first + lag * (labels == 0)], axis=1)
    spikes = first_spikes(times, duration, labels)
    return Dataset(spikes, 2, "delay line", ("0 then 1", "1 then 0"))


def xor(
    samples: int,
    seed: int = 0,
    *,
    early: Time = 5.0,
    late: Time = 15.0,
    duration: Time = 40.0,
) -> Dataset:
    """Exclusive or by timing: channels 0 and 1 spike early (0) or late (1), channel 2 early.

    Args:
        samples: how many; the four cases in equal numbers.
        seed: of the order.
        early: [ms].
        late: [ms].
        duration: [ms].
    """
    _refuse_none(samples, seed)
    early, late, duration = times_in_ms(early=early, late=late, duration=duration)
    refuse_window(early, late, duration)
    case = np.random.default_rng(seed).permutation(np.arange(samples) % 4)
    bits = np.stack([case & 1, case >> 1, np.zeros_like(case)], axis=1)
    spikes = first_spikes(np.where(bits == 1, late, early), duration, (case & 1) ^ (case >> 1))
    return Dataset(spikes, 2, "xor", ("equal", "different"))


def _refuse_none(samples: int, seed: int) -> None:
    integer(seed, "seed")
    if integer(samples, "samples") < 1:
        raise DataError(f"{samples} samples were requested", remedy="request at least one")
    within_memory(20.0 * samples, f"a data set of {samples} samples", "fewer samples")
