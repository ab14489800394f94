"""Null models change one thing, are seeded and counted."""

from __future__ import annotations

import numpy as np
import pytest

from genprop.analysis import (
    Compared,
    Connections,
    compare,
    shuffled_channels,
    shuffled_delays,
    shuffled_weights,
)
from genprop.errors import ConfigurationError


def some(recurrent: bool = False) -> Connections:
    """A sparse random projection, 9 onto 9."""
    rng = np.random.default_rng()
    pre, post = np.nonzero(rng.random((9, 9)) < 0.6)
    weight, delay = rng.normal(size=pre.size), rng.random(pre.size)
    return Connections(pre, post, (9, 9), weight, delay, recurrent=recurrent)


@pytest.mark.parametrize("recurrent", [False, True])
def test_shuffled_weights_are_the_same_weights_on_the_same_synapses(recurrent: bool) -> None:
    found = some(recurrent)
    null = shuffled_weights(found, np.random.default_rng(1))
    assert null.pre is found.pre and null.post is found.post and null.delay is found.delay
    assert np.array_equal(np.sort(null.weight), np.sort(found.weight))
    assert not np.array_equal(null.weight, found.weight)
    own = found.pre == found.post
    assert np.array_equal(null.weight[own], found.weight[own]) == recurrent or not own.any()


def test_shuffled_delays_stay_with_their_receivers() -> None:
    found = some()
    null = shuffled_delays(found, np.random.default_rng(1))
    assert null.weight is found.weight and not np.array_equal(null.delay, found.delay)
    for j in range(9):
        before, after = (one.delay[one.post == j] for one in (found, null))
        assert np.array_equal(np.sort(before), np.sort(after))


def test_shuffled_channels_give_every_receiver_another_order_of_senders() -> None:
    found = some()
    null = shuffled_channels(found, np.random.default_rng(1))
    assert null.weight is found.weight and null.post is found.post
    assert not np.array_equal(null.pre, found.pre)
    assert len({*zip(null.pre.tolist(), null.post.tolist(), strict=True)}) == found.pre.size


def test_a_null_is_the_same_however_many_are_drawn() -> None:
    found = some()

    def first(one: Connections) -> float:
        return float(one.weight[0])

    few, many, other = (
        compare(first, found, shuffled_weights, nulls=n, seed=s, shuffled="weights")
        for n, s in ((5, 3), (20, 3), (20, 4))
    )
    assert np.array_equal(few.nulls, many.nulls[:5])
    assert not np.array_equal(many.nulls, other.nulls)
    assert float(many) == found.weight[0] and many.nulls.size == 20


def test_p_and_z_are_those_of_the_nulls() -> None:
    found = Compared(3.0, np.array([1.0, 2.0, 3.0, 4.0]), "weights")
    assert found.p == 3 / 5
    assert np.isclose(found.z, 0.5 / np.sqrt(5 / 3))
    assert "4 nulls with shuffled weights" in str(found)
    alone = Compared(3.0, np.zeros(0))
    assert alone.p == 1.0 and np.isnan(alone.z) and str(alone) == "3"
    assert np.isnan(Compared(1.0, np.ones(4)).z)


def test_a_negative_number_of_nulls_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="nulls cannot be -1"):
        compare(lambda one: 0.0, some(), shuffled_weights, nulls=-1, seed=0)
