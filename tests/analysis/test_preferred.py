"""Preferred positions are weighted means, over synapses or over spikes."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from genprop.analysis import (
    activity_distance,
    connections,
    position_r2,
    preferred_positions,
    spike_triggered_positions,
)
from genprop.errors import ConfigurationError, DataError, UnsupportedError
from tests.stages.rewired import FEED, rewired

pytest.importorskip("sklearn", reason="scikit-learn is in the extra 'analysis'")


def trains(neurons: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng()
    found = []
    for _ in range(3):
        count = int(rng.integers(0, 60))
        found.append((np.sort(rng.uniform(0, 50, count)), rng.integers(0, neurons, count)))
    return found


def test_a_sender_prefers_the_mean_place_of_its_receivers() -> None:
    place = np.random.default_rng().normal(size=(4, 3))
    weight = np.array([[0.0, -2, 0, 0], [1, 0, 0, -3], [0, 0, 0, 0]])
    found = preferred_positions(connections(weight, positions=(None, place)))
    expected = [place[1], (place[0] + 3 * place[3]) / 4, np.full(3, np.nan)]
    assert np.allclose(found, expected, equal_nan=True)
    sim = rewired(None)
    own = gp_weights(sim)
    place = sim.parameters["hidden.position"]
    size = np.abs(own)
    with np.errstate(invalid="ignore"):
        assert np.allclose(preferred_positions(sim, FEED), size @ place / size.sum(1)[:, None],
                           equal_nan=True)  # fmt: skip


def gp_weights(sim: object) -> np.ndarray:
    return connections(sim, FEED).matrix()  # pyright: ignore[reportArgumentType]


def test_the_spike_triggered_average_is_that_over_all_pairs_of_spikes() -> None:
    place = np.random.default_rng().normal(size=(6, 2))
    sent, received = trains(5), trains(6)
    moment, total = np.zeros((5, 2)), np.zeros(5)
    for (ts, cs), (tr, jr) in zip(sent, received, strict=True):
        for t, j in zip(tr, jr, strict=True):
            for s, c in zip(ts, cs, strict=True):
                if t - 7 < s <= t and 10 <= t < 40:
                    moment[c] += place[j]
                    total[c] += 1
    with np.errstate(invalid="ignore"):
        expected = moment / total[:, None]
    found = spike_triggered_positions(sent, received, 5, place, window=7, since=10, until=40)
    assert np.allclose(found, expected, equal_nan=True)


def test_a_spike_counts_at_its_own_time_and_no_longer_after_the_window() -> None:
    sent = [(np.array([1.0, 3.0, 5.0]), np.array([0, 1, 2]))]
    received = [(np.array([3.0]), np.array([0]))]
    found = spike_triggered_positions(sent, received, 3, np.ones((1, 1)), window=2)
    assert np.array_equal(found, [[np.nan], [1.0], [np.nan]], equal_nan=True)


def test_activity_that_moves_outward_is_seen() -> None:
    place = np.array([[0.0, 0], [1, 0], [-1, 0], [0, 5], [0, -5]])
    spikes = [(np.array([1.0, 12, 13, 21, 29]), np.array([0, 1, 2, 3, 4]))]
    found = activity_distance(spikes, place, np.array([0.0, 10, 20, 30, 40]))
    assert np.allclose(found, [0, 1, 5, np.nan], equal_nan=True)


def test_planted_positions_are_explained_and_random_ones_are_not() -> None:
    rng = np.random.default_rng()
    weight = rng.normal(size=(20, 60))
    place = weight.T @ rng.normal(size=(20, 2)) + 0.1 * rng.normal(size=(60, 2))
    found = position_r2(connections(weight, positions=(None, place)), nulls=9)
    assert found.value > 0.95 and found.p == 1 / 10 and found.nulls.max() < 0.5
    trap = rng.normal(size=(200, 60))  # in-sample these explain anything
    values = [
        position_r2(connections(trap, positions=(None, rng.normal(size=(60, 2))))).value
        for _ in range(5)
    ]
    assert np.mean(values) < 0.2


def test_r2_reads_the_inputs_of_a_simulator() -> None:
    sim = rewired(None)
    own = connections(gp_weights(sim), positions=(None, sim.parameters["hidden.position"]))
    assert position_r2(sim, FEED).value == position_r2(own).value


def test_what_has_no_places_or_too_few_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="receivers of the connections have no positions"):
        preferred_positions(np.ones((3, 3)))
    with pytest.raises(DataError, match="too few"):
        position_r2(connections(np.ones((3, 8)), positions=(None, np.ones((8, 2)))))
    with pytest.raises(DataError, match="a spike of neuron 5, but there are 3"):
        activity_distance([(np.ones(1), np.array([5]))], np.ones((3, 2)), np.arange(3.0))
    with pytest.raises(DataError, match="1 samples of senders beside 0"):
        spike_triggered_positions(trains(2)[:1], [], 2, np.ones((3, 2)), window=1)


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: object, **more: object) -> object:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *args, **more)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(builtins, "__import__", missing)
    place = np.random.default_rng().normal(size=(12, 2))
    with pytest.raises(ConfigurationError, match=r"pip install 'genprop\[analysis\]'"):
        position_r2(connections(np.ones((3, 12)), positions=(None, place)))
