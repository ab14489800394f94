"""What is pruned is gone from what runs, and from nothing else."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop.analysis import Connections, connections, pruned, pruning_curve, removal_order
from genprop.errors import ConfigurationError, DataError, UnsupportedError
from tests.stages.rewired import FEED, LOOP, rewired
from tests.stages.staged import OUT, batch

WEIGHT = f"{FEED}.weight"


def test_the_order_of_removal_is_that_of_length_magnitude_or_chance() -> None:
    sim = rewired(None, where=LOOP, delay="distance")
    found = connections(sim, LOOP)
    length = found.length[removal_order(sim, LOOP)]
    size = np.abs(found.weight)[removal_order(sim, LOOP, by="magnitude")]
    assert np.all(np.diff(length) <= 0) and np.all(np.diff(size) >= 0)
    drawn = [removal_order(found, by="chance", seed=k) for k in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1]) and not np.array_equal(drawn[0], drawn[2])
    assert np.array_equal(np.sort(drawn[2]), np.arange(found.weight.size))


@pytest.mark.parametrize("clock", ["grid", "exact"])
def test_a_pruned_network_is_that_with_weights_of_zero(clock: str) -> None:
    sim, other = (rewired(None, weight="any", clock=clock) for _ in range(2))
    removed = removal_order(sim, FEED, by="magnitude")[:9]
    less = pruned(sim, FEED, removed)
    left = np.array(sim.parameters[WEIGHT])
    left[removed] = 0.0
    other.parameters[WEIGHT] = left
    loss, gradients = less.gradients(batch())
    expected, theirs = other.gradients(batch())
    assert loss == expected != sim.gradients(batch())[0]
    assert not gradients[WEIGHT][removed].any() and theirs[WEIGHT][removed].any()
    theirs[WEIGHT][removed] = 0.0
    assert all(np.array_equal(gradients[name], theirs[name]) for name in theirs)


def test_the_network_stays_and_signs_and_later_parameters_are_followed() -> None:
    sim = rewired(None, weight="dale")
    before = np.array(sim.arrays()[WEIGHT])
    less = pruned(sim, FEED, np.array([0, 3]))
    assert np.array_equal(sim.arrays()[WEIGHT], before)
    sim.gradients(batch())
    sim.step()
    after = np.array(sim.arrays()[WEIGHT])
    after[[0, 3]] = 0.0
    assert np.array_equal(less.arrays()[WEIGHT], after)
    assert not np.array_equal(after[4:], before[4:])


def test_a_curve_begins_at_the_network_and_ends_without_the_projection() -> None:
    sim = rewired(None, weight="any", delay="distance")
    data = gp.data.Dataset(batch(), OUT)
    curve = pruning_curve(sim, data, FEED, fractions=(0.0, 0.5, 1.0))
    whole, none = gp.evaluate(sim, data), gp.evaluate(pruned(sim, FEED, np.arange(27)[:0]), data)
    assert curve.loss[0, 0] == whole.loss == none.loss
    assert curve.accuracy[0, 0] == whole.accuracy and curve.loss.shape == (1, 3)
    count = connections(sim, FEED).weight.size
    half = removal_order(sim, FEED)[: int(count / 2 + 0.5)]
    assert curve.loss[0, 1] == gp.evaluate(pruned(sim, FEED, half), data).loss
    assert np.isclose(curve.loss[0, 2], np.log(OUT))  # silent outputs
    chance = pruning_curve(sim, data, FEED, by="chance", fractions=(0.3,), repeats=4)
    assert chance.loss.shape == (4, 1) and len(set(chance.loss[:, 0])) > 1
    assert "removed by chance, 4 times" in str(chance)


def test_what_cannot_be_removed_is_refused() -> None:
    sim = rewired(None, delay="none")
    with pytest.raises(ConfigurationError, match="did you mean 'magnitude'"):
        removal_order(sim, FEED, by="magnitud")
    with pytest.raises(DataError, match="a synapse 999 is to be removed"):
        pruned(sim, FEED, np.array([999]))
    one = np.zeros(1, np.int64)
    with pytest.raises(UnsupportedError, match="no positions"):
        removal_order(Connections(one, one, (1, 1), np.ones(1)))
    with pytest.raises(ConfigurationError, match="fractions cannot be 2"):
        pruning_curve(sim, gp.data.Dataset(batch(), OUT), FEED, fractions=(2,))
