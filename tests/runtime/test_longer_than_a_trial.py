"""Times far beyond a trial: what never arrives or is held for ever, and what steps cannot count."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop.errors import DescriptionError

BACKENDS = ("reference", "native")


def simulator(
    backend: str,
    clock: str,
    tau_ref: float = 1.0,
    duration: float = 50.0,
    **synapse: object,
) -> gp.Simulator:
    net = gp.Network("long")
    source = net.population("source", 1, gp.spikes())
    hidden = net.population("hidden", 1, gp.neuron("LIF", tau_ref=tau_ref))
    net.connect(source, hidden, gp.synapse("exp"), weight=20.0, **synapse)  # pyright: ignore[reportArgumentType]
    return gp.compile(net, dt=0.5, duration=duration, batch=1, backend=backend, clock=clock)


def spikes(sim: gp.Simulator) -> int:
    times = np.arange(10) * 4.0 + 1.0
    batch = gp.data.SpikeBatch(
        np.array([0, 10]), times, np.zeros(10, np.int32), 1, 50.0, np.array([0])
    )
    return int(sim.run(batch).spikes["hidden"].sum())


@pytest.mark.parametrize("clock", ["grid", "exact"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_neuron_that_is_held_for_longer_than_any_trial_spikes_once(
    backend: str, clock: str
) -> None:
    """3e9 ms have more steps than 32 bits count, 1e30 ms more than 64."""
    assert spikes(simulator(backend, clock)) > 5
    assert [spikes(simulator(backend, clock, tau_ref=t)) for t in (49.0, 3e9, 1e30)] == [1, 1, 1]


@pytest.mark.parametrize("clock", ["grid", "exact"])
@pytest.mark.parametrize("given", [{"delay": 1e308}, {"delay": 1.0, "max_delay": 2e9}])
def test_a_delay_of_more_steps_than_can_be_counted_is_refused_by_name(
    given: dict[str, float], clock: str
) -> None:
    with pytest.raises(DescriptionError, match=r"2147483647 steps(.|\n)*source->hidden"):
        simulator("reference", clock, **given)


@pytest.mark.parametrize("clock", ["grid", "exact"])
@pytest.mark.parametrize("duration", [1e308, -1e308, 2e9, -1.0, 0.0])
def test_a_trial_of_no_countable_number_of_steps_is_refused(duration: float, clock: str) -> None:
    with pytest.raises(DescriptionError, match=r"duration of .* ms"):
        simulator("reference", clock, duration=duration)


def test_a_number_beyond_the_precision_that_runs_is_refused_by_name() -> None:
    with pytest.raises(DescriptionError, match=r"1e\+308 is beyond float32"):
        simulator("native", "grid", tau_ref=1e308)
