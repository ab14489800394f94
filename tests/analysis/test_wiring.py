"""Wiring efficiency is 1 for the shortest wiring there can be, and ½ by chance."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from genprop.analysis import Connections, connections, wiring_efficiency
from genprop.errors import DataError, UnsupportedError
from tests.stages.rewired import LOOP, rewired


def placed(weight: np.ndarray) -> Connections:
    """``weight`` (7, 7) between neurons at random places."""
    return connections(weight, positions=np.random.default_rng().normal(size=(7, 3)))


def test_extremes_are_those_of_all_permutations() -> None:
    rng = np.random.default_rng()
    pre, post, length = np.arange(6), np.arange(6), rng.random(6)
    weight = rng.normal(size=6)
    cost = [np.abs(weight)[list(order)] @ length for order in permutations(range(6))]
    found = Connections(pre, post, (6, 6), weight, length)
    expected = 1 - (np.abs(weight) @ length - min(cost)) / (max(cost) - min(cost))
    assert np.isclose(wiring_efficiency(found).value, expected)


def test_weights_that_fall_with_distance_are_efficient_and_those_that_rise_are_not() -> None:
    found = placed(np.ones((7, 7)))
    near = Connections(found.pre, found.post, (7, 7), np.exp(-found.distance), np.zeros(0),
                       found.positions, recurrent=True)  # fmt: skip
    assert np.isclose(wiring_efficiency(near).value, 1.0)
    far = Connections(found.pre, found.post, (7, 7), -found.distance, np.zeros(0),
                      found.positions, recurrent=True)  # fmt: skip
    assert np.isclose(wiring_efficiency(far).value, 0.0)
    assert wiring_efficiency(near, nulls=19).p == 1 / 20
    assert wiring_efficiency(far, nulls=19).p == 1.0


def test_random_weights_are_as_efficient_as_chance() -> None:
    values = [wiring_efficiency(placed(np.random.default_rng().random((7, 7)))) for _ in range(200)]
    assert abs(np.mean([v.value for v in values]) - 0.5) < 0.05  # 6 standard errors


def test_neither_self_connections_nor_units_count() -> None:
    found = placed(np.random.default_rng().normal(size=(7, 7)))
    own = np.where(found.pre == found.post, 100.0, found.weight)
    other = Connections(found.pre, found.post, (7, 7), 3 * own, np.zeros(0), found.positions, True)
    twice = Connections(found.pre, found.post, (7, 7), found.weight, 2 * found.distance,
                        recurrent=True)  # fmt: skip
    value = wiring_efficiency(found).value
    assert np.isclose(wiring_efficiency(other).value, value)
    assert np.isclose(wiring_efficiency(twice).value, value)


def test_a_simulator_gives_that_of_its_arrays() -> None:
    sim = rewired(None, where=LOOP, delay="distance")
    weight, delay = (np.asarray(sim.arrays()[f"{LOOP}.{r}"], float) for r in ("weight", "delay"))
    pre, post = sim.topology[LOOP].all_pairs()
    found = Connections(pre, post, (12, 12), weight, delay, recurrent=True)
    assert np.isclose(wiring_efficiency(sim, LOOP).value, wiring_efficiency(found).value)


def test_what_has_no_length_or_no_choice_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="no positions"):
        wiring_efficiency(np.ones((3, 3)))
    with pytest.raises(DataError, match="equally long or equally strong"):
        wiring_efficiency(placed(np.ones((7, 7))))
