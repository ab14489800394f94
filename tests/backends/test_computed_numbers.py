"""Numbers of a population are computed anew where its parameters change, and kept where not."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

import genprop as gp
from genprop.backends.native import continuous_call
from genprop.testing.zoo import example


@pytest.mark.parametrize("clock", ["exact", "grid"])
def test_a_parameter_that_changes_in_place_is_seen(clock: str) -> None:
    chosen = example("recurrent")
    first, fresh = (
        gp.compile(chosen.network, loss=chosen.loss, dt=0.5, duration=chosen.duration, clock=clock)
        for _ in range(2)
    )
    batch = chosen.batch()
    name = next(n for n in first.parameters if n.endswith("tau_mem"))
    before = first.gradients(batch)[0]
    first.parameters[name][...] *= 1.25
    after = first.gradients(batch)[0]
    fresh.parameters[name][...] *= 1.25
    assert np.float64(after).tobytes() == np.float64(fresh.gradients(batch)[0]).tobytes()
    assert after != before


def test_numbers_are_computed_once_where_nothing_changes() -> None:
    chosen = example("recurrent")
    sim = gp.compile(chosen.network, loss=chosen.loss, dt=0.5, duration=chosen.duration)
    with mock.patch.object(
        continuous_call, "stretches", wraps=continuous_call.stretches
    ) as computed:
        for _ in range(3):
            sim.gradients(chosen.batch())
    assert computed.call_count == sum(not p.source for p in sim.program.populations)
