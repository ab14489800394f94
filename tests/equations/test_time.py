"""The time, constants and functions of inputs in equations; refusals say what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.data.spikes import SpikeBatch
from genprop.errors import DescriptionError, DimensionError, EquationError, UnsupportedError
from genprop.runtime.differences import Parameters, five_point

if TYPE_CHECKING:
    from genprop.describe.objective import Loss

DURATION = 30.0


def network(flow: str, readout: str = "v", **changed: Any) -> tuple[gp.Network, Loss]:
    """Two inputs, one population that is read out itself."""
    given: dict[str, Any] = {"parameters": {"tau": gp.learn(8 * ms), "T": 20 * ms}, **changed}
    net = gp.Network("time")
    source = net.population("input", 2, gp.spikes())
    cells = net.population("cells", 3, gp.Neuron("cell", flow=flow, **given))
    exp = gp.synapse("exp", tau=5 * ms)
    weight = gp.learn(gp.values([[1.4, 0.4, -0.9], [0.8, -1.1, 1.2]]))
    delay = gp.learn(gp.values([[1.0, 2.0, 0.5], [3.0, 1.5, 2.5]]), max=5 * ms)
    net.connect(source, cells, exp, weight=weight, delay=delay)
    return net, gp.CrossEntropy(gp.integral(cells, readout))


def batch() -> SpikeBatch:
    trains = [([1.0, 4.0, 4.5, 11.0], [0, 1, 0, 1]), ([0.5, 9.0, 9.0], [1, 0, 1])]
    return SpikeBatch.from_events(trains, channels=2, duration=DURATION, labels=[1, 2])


def test_the_time_is_the_time_of_the_clock() -> None:
    net, loss = network("dv/dt = sin(2*pi*t/T)/T + 0*I/tau")
    sim = gp.compile(net, loss=loss, dt=0.5, duration=DURATION, batch=2, backend="reference")
    found = np.asarray(sim.run(batch(), record=["cells.v"]).recorded["cells.v"])[0, :, 0]
    t = 0.5 * np.arange(1, len(found) + 1)
    np.testing.assert_allclose(found, (1 - np.cos(2 * np.pi * t / 20)) / (2 * np.pi), atol=1e-6)


def test_a_linear_flow_of_the_time_is_solved_exactly() -> None:
    flow = "dv/dt = (I - v)/tau + 0.4*t/T**2"
    net, loss = network(flow, spike="v > 0.7 + 0.1*t/T", reset="v = 0.1*v")
    report = gp.check_gradients(net, loss=loss, duration=DURATION, dt=1.0, batch=batch())
    assert report.linear
    assert all(p.quotient is not None and p.quotient < 1e-6 for p in report.parameters)


FUNCTIONS = [
    "dv/dt = (tanh(I) - v)/tau",
    "dv/dt = (sqrt(I**2 + 0.2) - v)/tau + cos(pi*t/T)/T",
    pytest.param("dv/dt = (abs(I) - v)/tau", marks=pytest.mark.nightly),
    pytest.param("dv/dt = (exp(-I)*I - v)/tau", marks=pytest.mark.nightly),
]


@pytest.mark.parametrize("flow", FUNCTIONS)
def test_gradients_through_functions_of_inputs_equal_quotients(flow: str) -> None:
    """Of weights and τ exactly, of delays by moving them a step to either side."""
    dt = 0.05
    net, loss = network(flow)
    sim, other = (
        gp.compile(net, loss=loss, dt=dt, duration=DURATION, batch=2, backend=backend)
        for backend in (gp.Native(precision="double"), "reference")
    )
    start = {n: np.array(x) for n, x in sim.parameters.items()}
    gradients = {n: np.array(g) for n, g in sim.gradients(batch())[1].items()}
    for name, again in other.gradients(batch())[1].items():
        np.testing.assert_allclose(gradients[name], again, rtol=0, atol=1e-9)

    def evaluate(parameters: Parameters) -> tuple[float, tuple[int, ...]]:
        sim.parameters.update(parameters)
        return sim.run(batch()).loss, ()

    for name, gradient in gradients.items():
        late = name.endswith("delay")
        scale = np.abs(gradient).max()
        for index in range(gradient.size):
            slope = five_point(evaluate, start, name, index, dt if late else 1e-4)
            tolerance = (2e-3 if late else 1e-7) * scale
            assert slope == pytest.approx(gradient.reshape(-1)[index], abs=tolerance), name


def test_arrivals_whose_weights_cancel_leave_finite_gradients() -> None:
    net, loss = network("dv/dt = (tanh(I) - v)/tau")
    sim = gp.compile(net, loss=loss, dt=0.05, duration=DURATION, batch=1, backend="reference")
    both = SpikeBatch.from_events([([5.0, 5.0], [0, 1])], channels=2, duration=DURATION, labels=[1])
    sim.parameters["input->cells.delay"] = 1.0
    found: list[np.ndarray] = []
    for rest in (0.0, 1e-7, 1.0001e-4, 1e-3):
        sim.parameters["input->cells.weight"] = np.array([[0.8 + rest] * 3, [-0.8] * 3])
        found.append(np.array(sim.gradients(both)[1]["input->cells.delay"]))
    assert np.abs(found[0]).max() > 0
    for gradient in found[1:]:
        np.testing.assert_allclose(gradient, found[0], rtol=5e-3, atol=1e-9)


def test_an_infinite_slope_where_an_input_begins_is_refused() -> None:
    net, loss = network("dv/dt = (sqrt(I) - v)/tau")
    with pytest.raises(UnsupportedError, match="along I is infinite") as found:
        gp.compile(net, loss=loss, dt=0.5, duration=DURATION, batch=2, backend="reference")
    assert "sqrt(I + c)" in found.value.remedy


@pytest.mark.parametrize(
    ("flow", "parameters", "remedy"),
    [
        ("dv/dt = (I - v)/tm", {"tm": 20.0}, "give tm = 20*ms"),
        ("dv/dt = I*k - v/tm", {"tm": 20.0, "k": 0.1}, "give tm = 20*ms and k = 0.1/ms"),
        ("dv/dt = (I - v)*rate", {"rate": 0.05}, "give rate = 0.05/ms"),
        ("dv/dt = I - v", {"tm": 20 * ms}, "divide by a time, as by tm"),
        ("dv/dt = I - v", {}, "tau=20*ms"),
        ("dv/dt = (I - v + sin(t))/tm", {"tm": 20 * ms}, "sin(…/tm)"),
        ("dv/dt = (I - v + xi)/tm", {"tm": 20 * ms}, "gp.spikes()"),
        ("dv/dt = (I - v)*tm/dt", {"tm": 20 * ms}, "compile(…, dt=…)"),
    ],
)
def test_refusals_say_what_to_write_in_the_names_of_the_user(
    flow: str, parameters: dict[str, Any], remedy: str
) -> None:
    net, loss = network(flow, parameters=parameters)
    with pytest.raises((DimensionError, EquationError)) as found:
        gp.compile(net, loss=loss, dt=0.5, duration=DURATION, batch=2, backend="reference")
    assert remedy in found.value.remedy


def test_names_of_the_time_and_of_constants_are_kept_free() -> None:
    for name in ("t", "pi"):
        with pytest.raises(EquationError, match="reserved"):
            gp.Neuron("cell", flow="dv/dt = I/T", parameters={"T": 1 * ms, name: 1.0})
    net, loss = network("dv/dt = (I - v)/tau + t/T**2;  dtime/dt = -time/T")
    with pytest.raises(DescriptionError, match="another 'time'"):
        gp.compile(net, loss=loss, dt=0.5, duration=DURATION, batch=2, backend="reference")


@pytest.mark.parametrize("arrival", ["I = I + w*u; u = u + U*(1 - u)", "I = I + w*u*x"])
def test_short_term_plasticity_at_the_receiver_is_refused_with_the_reason(arrival: str) -> None:
    plastic = gp.Synapse(
        "tm",
        flow="dI/dt = -I/tau;  du/dt = (U - u)/tau;  dx/dt = (1 - x)/tau",
        arrival=arrival,
        output="I",
        parameters={"tau": 5 * ms, "U": 0.2},
    )
    net = gp.Network()
    source = net.population("input", 2, gp.spikes())
    net.connect(source, net.population("cells", 2, gp.neuron("LI")), plastic, weight=1.0)
    with pytest.raises(DescriptionError, match="once per sending neuron") as found:
        gp.compile(net, dt=0.5, duration=1.0, batch=1, backend="reference")
    assert "synapse tm" in found.value.where
    assert "sender_flow" in found.value.remedy
