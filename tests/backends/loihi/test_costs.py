"""Estimates are sums of counted activity times published constants, and say so."""

from __future__ import annotations

import numpy as np
import pytest

from genprop.backends.loihi.chip.activity import Activity
from genprop.backends.loihi.chip.costs import (
    CONSTANTS,
    ESTIMATE,
    estimate_energy,
    estimate_latency,
    of_reference,
)
from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork, Synapses
from genprop.backends.loihi.chip.published import PUBLISHED, REFERENCE

NETWORK = IntegerNetwork(
    {"in": 4},
    (Cells("hidden", 5, 741, 200, 900),),
    (
        Synapses("in", "hidden", np.ones((4, 5), int)),
        Synapses("hidden", "hidden", np.diag(np.ones(5, int))),
    ),
)


def activity(samples: int = 2) -> Activity:
    """Per sample 30 input spikes, each to 5 synapses, and 10 of hidden, each to one: 160."""
    return Activity(samples, 100, {"in": 30 * samples, "hidden": 10 * samples}, {}, {})


def test_energy_is_activity_times_constants() -> None:
    found = estimate_energy(NETWORK, activity())
    assert found is not None
    assert (found.synaptic_operations, found.updates, found.spikes) == (160, 500, 40)
    assert found.least == pytest.approx(1e-6 * (160 * 23.6 + 500 * 52 + 40 * 1.7))
    work = 1e-6 * (160 * 23.6 + 500 * 81 + 40 * 5.7)
    assert found.cores == pytest.approx((found.least, work))
    longest = 1e-6 * (160 * 3.5 + 500 * 8.4 + 40 * 8.6 + 100 * 465)
    assert found.most == pytest.approx(work + 1e3 * CONSTANTS[-1].most * longest)


def test_time_is_least_where_cores_share_and_most_where_one_does_all() -> None:
    found = estimate_latency(NETWORK, activity(), cores=4)
    assert found is not None
    assert found.cores == 4
    work = 160 * 3.5 + 500 * 5.3 + 40 * 2.1
    assert found.least == pytest.approx(1e-6 * (work / 4 + 100 * 113) / 10)
    assert found.most == pytest.approx(1e-6 * (160 * 3.5 + 500 * 8.4 + 40 * 8.6 + 100 * 465))


def test_estimates_are_per_sample_and_need_one() -> None:
    assert estimate_energy(NETWORK, activity(2)) == estimate_energy(NETWORK, activity(7))
    assert estimate_latency(NETWORK, activity(2), 1) == estimate_latency(NETWORK, activity(7), 1)
    assert estimate_energy(NETWORK, Activity()) is None
    assert estimate_latency(NETWORK, Activity(), 1) is None


def test_every_constant_is_a_range_with_a_source() -> None:
    assert ESTIMATE == "estimate, Loihi 1 constants"
    for constant in CONSTANTS:
        assert 0 <= constant.least <= constant.most
        assert constant.unit in ("pJ", "ns", "×", "W")
        assert any(word in constant.source for word in ("table 2", "brief", "calibrated, not read"))


def test_what_the_published_network_takes_lies_within_its_own_estimate() -> None:
    energy, latency = of_reference()
    assert energy.cores == pytest.approx((89, 97), rel=0.01)  # by the constants of Loihi 1
    assert energy.cores[1] < 1000 * REFERENCE.energy < energy.most
    assert 10 * latency.least == pytest.approx(4.3, rel=0.01)
    assert latency.least < REFERENCE.time[0] < REFERENCE.time[1] < latency.most


def test_what_follows_from_ratios_is_told_from_what_was_read() -> None:
    read = [p for p in PUBLISHED if p.standing.startswith("read")]
    implied = [p for p in PUBLISHED if p.standing.startswith("not read")]
    assert len(read) + len(implied) == len(PUBLISHED)
    assert all("mJ" not in p.value and "ms" not in p.value for p in read)
    assert {"batch 1", "larger batches"} <= {p.what.rpartition(", ")[2] for p in implied}
