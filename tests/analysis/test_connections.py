"""Measures read what runs, and refuse what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop.analysis import Connections, connections
from genprop.errors import DataError, UnsupportedError
from tests.stages.rewired import FEED, LOOP, rewired


def test_a_projection_of_a_simulator_is_what_runs() -> None:
    sim = rewired(gp.SET(every=1), where=LOOP, weight="dale", delay="distance")
    found = connections(sim, LOOP)
    used = sim.arrays()
    assert np.array_equal(found.weight, used[f"{LOOP}.weight"])
    assert np.array_equal(found.delay, used[f"{LOOP}.delay"])
    assert found.recurrent and not connections(sim, FEED).recurrent
    assert np.allclose(found.distance, found.delay, rtol=1e-6)
    assert found.length is not found.delay and np.array_equal(found.length, found.distance)
    matrix = found.matrix()
    assert np.array_equal(matrix[found.pre, found.post], found.weight)
    assert np.count_nonzero(matrix) == np.count_nonzero(found.weight)


def test_arrays_are_dense_connections() -> None:
    rng = np.random.default_rng()
    weight, delay = rng.normal(size=(3, 5)), rng.random((3, 5))
    x, y = rng.normal(size=(3, 2)), rng.normal(size=(5, 2))
    found = connections(weight, delay=delay, positions=(x, y))
    assert np.array_equal(found.matrix(), weight) and not found.recurrent
    assert np.array_equal(found.matrix(found.delay), delay)
    apart = np.linalg.norm(x[:, None] - y[None], axis=2)
    assert np.allclose(found.matrix(found.distance), apart)
    assert connections(found) is found
    assert connections(np.eye(4)).recurrent


@pytest.mark.parametrize(
    ("given", "more", "fault"),
    [
        ([1.0, 2.0], {}, "weights cannot be"),
        ("hidden->hidden", {}, "weights cannot be"),
        (np.eye(3), {"delay": np.zeros((2, 3))}, "not one number per synapse"),
        (np.eye(3), {"positions": np.zeros((2, 2))}, "not one row per neuron"),
        (np.full((2, 2), np.nan), {}, "must be finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    given: object, more: dict[str, np.ndarray], fault: str
) -> None:
    with pytest.raises(DataError, match=fault):
        connections(given, **more)  # pyright: ignore[reportArgumentType]


def test_synapses_beyond_the_population_are_refused() -> None:
    one = np.array([0])
    with pytest.raises(DataError, match="leads beyond"):
        Connections(one, one + 5, (3, 5), np.ones(1))


def test_a_projection_that_is_not_there_is_refused_with_the_nearest() -> None:
    sim = rewired(None)
    with pytest.raises(DataError, match=r"no projection 'in->hiden'[\s\S]*'in->hidden'"):
        connections(sim, "in->hiden")
    with pytest.raises(DataError, match="which projection"):
        connections(sim)


def test_without_positions_and_delays_there_is_no_length() -> None:
    with pytest.raises(UnsupportedError, match="have no positions"):
        _ = connections(np.eye(3)).length
