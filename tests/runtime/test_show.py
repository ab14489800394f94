"""Every stage can be read, and says what is run."""

from __future__ import annotations

import sys

import pytest

import genprop as gp
from genprop import ms
from genprop.errors import ConfigurationError, UnsupportedError
from genprop.runtime.show import adjoint


def network() -> gp.Network:
    net = gp.Network("shown")
    source = net.population("input", 2, gp.spikes())
    hidden = net.population("hidden", 3, gp.neuron("LIF", tau_ref=2 * ms))
    out = net.population("out", 2, gp.neuron("LI"))
    exp = gp.synapse("exp")
    weight = gp.learn(gp.constant(1.0))
    net.connect(source, hidden, exp, weight=weight, delay=gp.learn(1 * ms, max=5 * ms))
    net.connect(hidden, out, exp, weight=weight)
    return net


LOSS = gp.CrossEntropy(gp.integral("out", "v"))


def test_a_neuron_shows_the_jump_of_its_adjoint() -> None:
    shown = str(gp.neuron("LIF", tau_ref=2 * ms).adjoint())
    assert "ġ    = (I − v_th)/τ_mem" in shown
    assert "p_v⁻ = −κ/ġ" in shown
    assert "−dp_I/dt = −p_I/τ_exp + p_v/τ_mem" in shown
    assert "dL/dv_th    += κ/ġ" in shown


def test_a_neuron_by_itself_is_shown_like_a_network_of_one() -> None:
    assert "dv/dt" in gp.show(gp.neuron("QIF"), "system")
    assert gp.show(gp.neuron("QIF"), "program").startswith("time grid of 1 ms")


def test_source_is_shown_without_what_compiles_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygenn", None)
    assert "// ==== shown_genn/neurons.py" in gp.show(
        network(), "source", loss=LOSS, backend="genn"
    )


def test_a_neuron_of_ones_own_shows_its_adjoint(capsys: pytest.CaptureFixture[str]) -> None:
    alif = gp.Neuron(
        "ALIF",
        flow="dv/dt = (I - v)/tau_mem;  da/dt = -a/tau_a",
        spike="v > v_th + beta*a",
        reset="v = 0;  a = a + 1",
        parameters=dict(tau_mem=gp.learn(20 * ms), tau_a=200 * ms, beta=0.2, v_th=1.0),
    )
    alif.adjoint().show()
    assert "p_a⁻ = β·κ/ġ + p_a" in capsys.readouterr().out
    assert r"p_{a}^{-} &= \frac{\beta \kappa }{\dot{g}} + p_{a}" in alif.adjoint().latex()


@pytest.mark.parametrize("model", [m.name for m in gp.list_models() if m.kind == "neuron"])
def test_every_neuron_of_the_library_shows_its_adjoint(model: str) -> None:
    if gp.neuron(model).spec.send:  # there are no spikes at which an adjoint could jump
        with pytest.raises(gp.GenpropError, match="sends values"):
            adjoint(gp.neuron(model))
        return
    sheet = adjoint(gp.neuron(model))
    assert "adjoint p = ∂L/∂x" in str(sheet)
    assert sheet._repr_latex_().count(r"\begin{aligned}") == 1


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("spec", "projection input->hidden: dense"),
        ("system", "dv/dt = (I − v)/τ_mem"),
        ("adjoint", "∂L/∂y"),
        ("program", "v = I*v_from_I + v*v_from_v"),
        ("source", "==== interface.cpp"),
        ("memory", "gradient of input->hidden"),
    ],
)
def test_every_stage_of_a_network_can_be_shown(stage: str, said: str) -> None:
    assert said in gp.show(network(), stage, loss=LOSS, duration=10, clock="grid")


def test_a_program_prints_as_its_statements() -> None:
    sim = gp.compile(network(), loss=LOSS, clock="grid", dt=1, duration=10, backend="reference")
    shown = gp.show(sim.spec, "program", duration=10, backend="reference", clock="grid")
    clock, _, listing = shown.partition("\n")
    assert listing == str(sim.program)
    assert clock.startswith("time grid of 1 ms")
    assert "update" not in str(sim.program)


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("program", "exact clock: spikes, arrivals and releases at their real times"),
        ("source", "in continuous time"),
        ("memory", "arrivals are taped as they come"),
    ],
)
def test_the_stages_of_the_exact_clock_can_be_shown(stage: str, said: str) -> None:
    assert said in gp.show(network(), stage, loss=LOSS, duration=10, clock="exact")


def test_a_stage_that_there_is_not_is_told() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'source'"):
        gp.show(network(), "sources")


def test_a_backend_without_text_says_so() -> None:
    with pytest.raises(UnsupportedError, match="there is no source"):
        gp.show(network(), "source", backend="reference")
