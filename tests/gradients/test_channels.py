"""Channels instead of a reset: Hodgkin and Huxley's neuron, through the holes of its rates."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.adjoint.derive import derive
from genprop.data.spikes import SpikeBatch
from genprop.equations.analyse import understand
from genprop.errors import UnsupportedError
from genprop.lower.clocks import make_clock
from genprop.lower.network import lower
from genprop.runtime.differences import Parameters, five_point
from genprop.testing.zoo import example

if TYPE_CHECKING:
    from genprop.describe.objective import Loss

DOUBLE = gp.Native(precision="double")
DURATION, DT = 6.0, 0.025


def network(v: float, bias: float = 12.0) -> tuple[gp.Network, Loss]:
    """Two cells that are read out themselves, so that nothing but their flow is in the gradient."""
    net = gp.Network("channels")
    source = net.population("input", 2, gp.spikes())
    cell = gp.neuron(
        "hodgkin_huxley",
        initial={"v": v},
        g_Na=gp.learn(120.0),
        g_K=gp.learn(gp.values([36.0, 34.0])),
        phi=gp.learn(1.0),
        bias=gp.learn(bias),
    )
    cells = net.population("cells", 2, cell)
    exp = gp.synapse("exp", tau=gp.learn(3 * ms))
    net.connect(source, cells, exp, weight=gp.learn(gp.values([[5.0, 3.0], [2.0, 7.0]])))
    return net, 0.05 * gp.CrossEntropy(gp.integral(cells, "v"))


def compiled(net: gp.Network, loss: Loss, backend: str | gp.Native) -> gp.Simulator:
    return gp.compile(
        net,
        loss=loss,
        clock="grid",
        dt=DT,
        duration=DURATION,
        batch=2,
        backend=backend,
        solver="runge_kutta:1",
    )


def batch() -> SpikeBatch:
    return SpikeBatch.from_events(
        [([1.0, 4.0], [0, 1]), ([0.5], [1])], channels=2, duration=DURATION, labels=[1, 0]
    )


NIGHTLY = pytest.mark.nightly


@pytest.mark.slow
@pytest.mark.parametrize(
    "v", [-40.0, pytest.param(-55.0, marks=NIGHTLY), pytest.param(-65.0, marks=NIGHTLY)]
)
def test_the_gradient_of_the_flow_equals_quotients_where_rates_are_0_over_0(v: float) -> None:
    net, loss = network(v)
    sim, other = (compiled(net, loss, backend) for backend in (DOUBLE, "reference"))
    start = {n: np.array(x) for n, x in sim.parameters.items()}
    gradients = {n: np.array(g) for n, g in sim.gradients(batch())[1].items()}
    again = other.gradients(batch())[1]
    assert int(sim.last.spikes["cells"].sum()) >= 2

    def evaluate(parameters: Parameters) -> tuple[float, tuple[int, ...]]:
        sim.parameters.update(parameters)
        return sim.run(batch()).loss, ()

    for name, gradient in gradients.items():
        scale = np.abs(gradient).max()
        assert scale > 0
        np.testing.assert_allclose(gradient, again[name], rtol=0, atol=1e-9 * scale)
        step = 1e-4 * max(1.0, float(np.abs(start[name]).max()))
        for index in range(gradient.size):
            slope = five_point(evaluate, start, name, index, step)
            assert slope == pytest.approx(gradient.reshape(-1)[index], abs=1e-6 * scale), name


def test_a_channel_makes_one_spike_of_each_rise() -> None:
    net, loss = network(-40.0)
    sim = compiled(net, loss, DOUBLE)
    result = sim.run(batch(), record=["cells.v"])
    v = np.asarray(result.recorded["cells.v"])
    rises = ((v[:, :-1] <= 0) & (v[:, 1:] > 0)).sum(axis=1)
    np.testing.assert_array_equal(result.spikes["cells"], rises)


HH = """dv/dt = (120*m**3*h*(50 - v) + 36*n**4*(-77 - v) + 0.3*(-54.4 - v) + I)/T
dm/dt = (0.1*(v + 40)/(1 - exp(-(v + 40)/10))*(1 - m) - 4*exp(-(v + 65)/18)*m)/T
dh/dt = (0.07*exp(-(v + 65)/20)*(1 - h) - h/(1 + exp(-(v + 35)/10)))/T
dn/dt = (0.01*(v + 55)/(1 - exp(-(v + 55)/10))*(1 - n) - 0.125*exp(-(v + 65)/80)*n)/T"""
TRAUB = """dv/dt = (g_l*(E_l - v) + g*m**3*h*(50 - v) + 30*n**4*(-90 - v) + I)/T
dm/dt = (0.32*(13 - v - 63)/(exp((13 - v - 63)/4) - 1)*(1 - m)
    - 0.28*(v + 63 - 40)/(exp((v + 63 - 40)/5) - 1)*m)/T
dn/dt = (0.032*(15 - v - 63)/(exp((15 - v - 63)/5) - 1)*(1 - n)
    - 0.5*exp((10 - v - 63)/40)*n)/T
dh/dt = (0.128*exp((17 - v - 63)/18)*(1 - h) - 4/(1 + exp((40 - v - 63)/5))*h)/T"""
MORRIS_LECAR = """dv/dt = (I - g_l*(v + 60) - g*(1 + tanh((v + 1.2)/18))/2*(v - 120)
    - 8*n*(v + 84))/T
dn/dt = 0.04*((1 + tanh((v - 2)/30))/2 - n)*(exp((v - 2)/60) + exp(-(v - 2)/60))/2/T"""
WANG_BUZSAKI = """dv/dt = (I - 35*(0.1*(v + 35)/(1 - exp(-(v + 35)/10)) /
    (0.1*(v + 35)/(1 - exp(-(v + 35)/10)) + 4*exp(-(v + 60)/18)))**3*h*(v - 55)
    - 9*n**4*(v + 90) - 0.1*(v + 65))/T
dh/dt = 5*(0.07*exp(-(v + 58)/20)*(1 - h) - h/(exp(-0.1*(v + 28)) + 1))/T
dn/dt = 5*(0.01*(v + 34)/(1 - exp(-0.1*(v + 34)))*(1 - n) - 0.125*exp(-(v + 44)/80)*n)/T"""
ADEX = """dv/dt = (E_l - v + 2*exp((v + 50)/2) - w_a + I)/T
dw_a/dt = (4*(v - E_l) - w_a)/T"""
HINDMARSH_ROSE = """dv/dt = (y - v**3 + 3*v**2 - z + I)/T
dy/dt = (1 - 5*v**2 - y)/T;  dz/dt = 0.006*(4*(v + 1.6) - z)/T"""
FITZHUGH_NAGUMO = "dv/dt = (v - v**3/3 - w_r + I)/T;  dw_r/dt = 0.08*(v + 0.7 - 0.8*w_r)/T"
CONNOR_STEVENS = (
    HH
    + """
da/dt = ((0.0761*exp(0.0314*(v + 94.22))/(1 + exp(0.0346*(v + 1.17))))**(1/3) - a)/T
db/dt = ((1/(1 + exp(0.0688*(v + 53.3))))**4 - b)/T"""
)
LITERATURE = {
    "Hodgkin-Huxley": HH,
    "Traub-Miles": TRAUB,
    "Morris-Lecar": MORRIS_LECAR,
    "Wang-Buzsaki": WANG_BUZSAKI,
    "adaptive exponential": ADEX,
    "Hindmarsh-Rose": HINDMARSH_ROSE,
    "FitzHugh-Nagumo": FITZHUGH_NAGUMO,
    "Connor-Stevens": CONNOR_STEVENS,
}


QUICK = {("Hodgkin-Huxley", ""), ("Hodgkin-Huxley", "v = -65"), ("Morris-Lecar", "")}
CASES = [
    pytest.param(name, reset, marks=() if (name, reset) in QUICK else NIGHTLY)
    for name in LITERATURE
    for reset in ("", "v = -65")
]


@pytest.mark.parametrize(("name", "reset"), CASES)
def test_models_of_the_literature_are_derived_within_seconds(name: str, reset: str) -> None:
    """With an exponential synapse, spikes with and without a reset, and parameters that learn."""
    cell = gp.Neuron(
        name,
        flow=LITERATURE[name],
        spike="v > v_th",
        reset=reset,
        parameters={
            "T": gp.learn(1 * ms),
            "v_th": gp.learn(0.5),
            "E_l": -70.0,
            "g_l": gp.learn(0.1),
            "g": gp.learn(20.0),
        },
        initial={"v": -65.0},
    )
    net = gp.Network()
    net.population("input", 2, gp.spikes())
    net.population("cells", 2, cell)
    net.connect(
        "input", "cells", gp.synapse("exp"), weight=gp.learn(1.0), delay=gp.learn(1.0, max=2)
    )
    spec = net.freeze(gp.CrossEntropy(gp.integral("cells", "v")))
    began = time.process_time()
    network = understand(spec)
    program = lower(spec, derive(network, spec), clock=make_clock("grid", 0.01, 1.0))
    assert (
        time.process_time() - began < 20
    )  # Connor and Stevens: 9 to 10 on a free core of a server
    assert program.population("cells").rising == (reset == "")


def test_native_says_that_its_exact_clock_knows_resets_alone() -> None:
    e = example("no_reset")
    with pytest.raises(UnsupportedError, match="without a reset") as found:
        gp.compile(
            e.network, loss=e.loss, dt=1.0, duration=e.duration, clock="exact", backend="native"
        )
    assert "clock='grid'" in found.value.remedy
