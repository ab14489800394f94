"""What is recorded is a list of names that there are, whatever runs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop.errors import DataError, DescriptionError
from genprop.testing.contract import Case, simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from genprop.backends.base import Outcome


@cache
def spiking() -> gp.Simulator:
    return simulator("reference", Case("feed_forward", 1.0))


@cache
def graded() -> gp.Simulator:
    net = gp.Network("graded")
    net.population("x", 2, gp.graded())
    net.population("out", 2, gp.neuron("li", tau_mem=5.0))
    net.connect("x", "out", gp.synapse("graded"), weight=1.0)
    return gp.compile(net, dt=1.0, duration=10.0, backend="reference")


@cache
def chip() -> Any:
    net, exp = gp.Network("chip"), gp.synapse("exp")
    net.population("inp", 4, gp.spikes())
    net.population("hidden", 3, gp.neuron("LIF"))
    net.connect("inp", "hidden", exp, weight=gp.normal(1.0, 0.1))
    options = {"dt": 1.0, "duration": 40.0, "backend": "reference", "clock": "grid"}
    return gp.compile(net, **options).retarget()  # type: ignore[arg-type]


def spikes() -> gp.data.SpikeBatch:
    return Case("feed_forward", 1.0).example.batch()


def values() -> gp.data.GradedBatch:
    return gp.data.GradedBatch.of(np.ones((1, 2)))


RUNS: dict[str, tuple[Callable[[Any], Outcome], str]] = {
    "spikes": (lambda record: spiking().run(spikes(), record), "hidden.v"),
    "values": (lambda record: graded().run(values(), record), "out.v"),
    "chip": (lambda record: chip().run(spikes(), record), "hidden.v"),
}
NO_NAMES = ("hidden.w", "", 3, None, ["out.v"], {}, np.zeros(2), b"hidden.v")


@pytest.mark.parametrize("what", RUNS)
def test_what_is_no_name_of_anything_is_refused(what: str) -> None:
    run, name = RUNS[what]
    assert set(run([name]).recorded) == {name}
    for other in NO_NAMES:
        with pytest.raises(DataError, match="cannot be recorded"):
            run([name, other])


@pytest.mark.parametrize("what", RUNS)
def test_a_name_alone_is_no_list(what: str) -> None:
    run, name = RUNS[what]
    with pytest.raises(DataError, match=rf"(?s)given as a list, not as '{name}'.*=\['{name}'\]"):
        run(name)
    for other in (3, None, name.encode(), iter([name])):
        with pytest.raises(DataError, match="given as a list"):
            run(other)


def test_what_a_synapse_keeps_on_its_senders_side_has_the_projections_name() -> None:
    sim = simulator("reference", Case("plastic", 1.0))
    batch = Case("plastic", 1.0).example.batch()
    found = sim.run(batch, record=["inp->hidden.x", "hidden->out.u"]).recorded
    assert [np.shape(x) for x in found.values()] == [(2, 40, 4), (2, 40, 3)]
    with pytest.raises(DataError, match=r"(?s)'inp->hidden.v' cannot.*inp->hidden\.[ux]"):
        sim.run(batch, record=["inp->hidden.v"])


def test_a_population_cannot_be_called_as_a_projection_is() -> None:
    net = gp.Network("names")
    net.population("inp", 4, gp.spikes())
    net.population("hidden", 3, gp.neuron("LIF"))
    net.connect("inp", "hidden", gp.synapse("exp"), weight=1.0, name="way")
    with pytest.raises(DescriptionError, match="there is a 'way' already"):
        net.population("way", 3, gp.neuron("LIF"))
