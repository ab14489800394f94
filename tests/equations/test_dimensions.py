from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

import genprop as gp
from genprop import ms, mV
from genprop.describe.library import list_models, load_neuron, load_synapse, load_update
from genprop.describe.spec import Equation
from genprop.equations.dimensions import check
from genprop.errors import DimensionError, EquationError, GenpropError

LOAD = {"neuron": load_neuron, "synapse": load_synapse, "update": load_update}


def cell(**changed: Any) -> gp.Neuron:
    """A neuron in mV, nA and ms; fields are what tests change."""
    given: dict[str, Any] = dict(
        flow="dv/dt = (E - v + R*I)/tau;  da/dt = -a/tau",
        spike="v > v_th + b*a",
        reset="v = E;  a = a + 1",
        parameters=dict(E=-70 * mV, R=2 * mV / gp.nA, tau=20 * ms, v_th=-50 * mV, b=2 * mV),
        units=dict(v="mV", I="nA"),
        initial={"v": -70 * mV},
    )
    return gp.Neuron("cell", **{**given, **changed})


def only(findings: list[GenpropError]) -> tuple[GenpropError, str]:
    """The one finding, and what stands above its caret."""
    assert len(findings) == 1, [str(f) for f in findings]
    lines = str(findings[0]).splitlines()
    row = next(k for k, line in enumerate(lines) if line.strip() == "^")
    return findings[0], lines[row - 1][lines[row].index("^") :]


@pytest.mark.parametrize("model", list_models(), ids=lambda m: f"{m.kind} {m.name}")
def test_every_model_of_the_library_is_sound(model: Any) -> None:
    assert check(LOAD[model.kind](model.name).spec) == []


def test_every_library_synapse_fits_every_library_neuron() -> None:
    """Those that carry values fit neurons without spikes, the others those that send no values."""
    neurons = [load_neuron(m.name).spec for m in list_models() if m.kind == "neuron"]
    for model in list_models():
        if model.kind == "synapse":
            synapse, carries = load_synapse(model.name).spec, model.name == "graded"
            for neuron in neurons:
                inputs = [q.name for q in neuron.inputs]
                if carries and neuron.spike is None and "I" in inputs:
                    assert check(synapse, neuron) == []
                if not carries and not neuron.send and neuron.name != "group_norm":
                    assert check(synapse, neuron) == []


def test_a_sound_neuron_with_units_has_no_findings() -> None:
    assert check(cell().spec) == []


@pytest.mark.parametrize(
    ("changed", "units", "above"),
    [
        (dict(flow="dv/dt = (E - v)/tau + a; da/dt = -a/tau"), "1).*mV/ms", "a"),
        (dict(flow="dv/dt = E - v; da/dt = -a/tau"), "mV, .*mV/ms", "E - v"),
        (dict(flow="dv/dt = (E - tau)/tau; da/dt = -a/tau"), "ms, .*mV", "tau)/tau"),
        (dict(flow="dv/dt = -(v + R)/tau; da/dt = -a/tau"), "mV/nA, .*mV", "R)/tau"),
        (dict(flow="dv/dt = (E - v)/tau*exp(v); da/dt = -a/tau"), "exp takes a dimension", "v)"),
        (dict(flow="dv/dt = (E - v)/tau*2**tau; da/dt = -a/tau"), "ms, .*dimensionless", "tau"),
        (dict(flow="dv/dt = (E - v)/tau*(tau/tau)**a*v**a; da/dt=-a/tau"), "no literal", "a"),
        (dict(flow="dv/dt = v**0.5/tau; da/dt = -a/tau"), "power 0.5", "v**0.5/tau"),
        (dict(flow="dv/dt = sqrt(v)/tau; da/dt = -a/tau"), "power 0.5", "sqrt(v)/tau"),
        (dict(flow="dv/dt = max(v, tau)/tau; da/dt = -a/tau"), "ms, .*mV", "tau)/tau"),
        (dict(spike="v > tau"), "ms, .*mV", "tau"),
        (dict(spike="v > v_th + a"), "1).*mV", "a"),
        (dict(reset="v = a;  a = a + 1"), "1).*mV", "a"),
        (dict(reset="v = E;  a = a + 0.1*E"), "mV, .*dimensionless", "0.1*E"),
    ],
)
def test_the_caret_stands_below_the_term_that_disagrees(
    changed: dict[str, Any], units: str, above: str
) -> None:
    finding, pointed = only(check(cell(**changed).spec))
    assert isinstance(finding, DimensionError)
    assert re.search(units.replace(")", r"\)"), str(finding)), str(finding)
    assert pointed.strip() == above


def test_zero_fits_every_unit_and_other_numbers_none() -> None:
    flow = "dv/dt = (E - v)/tau + 0; da/dt = -a/tau"
    assert check(cell(flow=flow, reset="v = 2*E + 0").spec) == []
    finding, above = only(check(cell(reset="v = -60; a = a + 1").spec))
    assert above == "-60" or above == "60"
    assert "dimensionless numbers" in str(finding)


def test_powers_roots_and_signs_follow_the_rules() -> None:
    flow = "dv/dt = sqrt(v*v)*sign(v - E)*(v/E)**0.5/tau + v**2/(E*tau); da/dt = -abs(a)/tau"
    assert check(cell(flow=flow).spec) == []


def test_unknown_names_are_told_with_the_closest() -> None:
    finding, above = only(check(cell(flow="dv/dt = (E - v)/taw; da/dt = -a/tau").spec))
    assert isinstance(finding, EquationError)
    assert "did you mean 'tau'" in str(finding)
    assert above == "taw"


def test_every_faulty_equation_is_told() -> None:
    faulty = cell(flow="dv/dt = E; da/dt = b", spike="v > a", reset="v = a; a = v")
    assert len(check(faulty.spec)) == 5


def test_a_guard_must_read_a_state() -> None:
    finding, _ = only(check(cell(spike="v_th > E").spec))
    assert "reads no state" in str(finding)


@pytest.mark.parametrize("reset", ["a = a", "v = v_th + b*a; a = a", "v = 0*v", "a = a - 1"])
def test_a_reset_must_leave_the_guard_false(reset: str) -> None:
    finding, _ = only(check(cell(reset=reset).spec))
    assert "still at or above its threshold" in str(finding)


@pytest.mark.parametrize("reset", ["v = v - 10*b", "a = a + 1", "v = E", ""])
def test_soft_adaptive_and_absolute_resets_are_sound(reset: str) -> None:
    assert check(cell(reset=reset).spec) == []


def test_the_reset_is_tried_at_the_given_parameters() -> None:
    assert check(gp.neuron("lif", v_reset=0.5).spec) == []
    assert len(check(gp.neuron("lif", v_reset=2.0).spec)) == 1
    assert len(check(gp.neuron("izhikevich", c=40).spec)) == 1


def test_a_synapse_is_checked_against_its_neuron() -> None:
    plain, nano = gp.synapse("exp").spec, gp.synapse("exp", units={"I": "nA"}).spec
    finding, above = only(check(plain, cell().spec))
    assert isinstance(finding, DimensionError)
    assert "where nA is needed" in str(finding)
    assert above == "I"
    assert check(nano, cell().spec) == []
    assert check(gp.synapse("delta").spec, cell().spec) == []


def test_a_synapse_may_read_states_of_its_neuron() -> None:
    made = gp.Synapse(
        "conductance",
        flow="dg/dt = -g/tau_s",
        arrival="g = g + w",
        output="g*(E_s - v)/E_0",
        parameters=dict(tau_s=5 * ms, E_s=0 * mV, E_0=1 * mV),
        units={"g": "nA"},
    )
    assert check(made.spec, cell().spec) == []
    assert check(made.spec) == []
    wrong = replace(made.spec, output=Equation("I", "g*(E_s - u)/E_0", "output of x"))
    assert "unknown name 'u'" in str(only(check(wrong, cell().spec))[0])


def test_arrivals_agree_with_the_weight() -> None:
    def synapse(arrival: str) -> gp.Synapse:
        return gp.Synapse(
            "x",
            flow="dI/dt = -I/tau",
            arrival=arrival,
            output="I",
            parameters={"tau": 5 * ms},
            units={"I": "nA"},
        )

    assert check(synapse("I = I + 2*w").spec) == []
    finding, above = only(check(synapse("I = I + w/tau").spec))
    assert "nA/ms, where nA" in str(finding)
    assert above == "w/tau"


def test_updates_are_checked_too() -> None:
    spec = gp.Adam().spec
    broken = replace(spec, equations=(Equation("x", "x - rat*g", "equations of adam"),))
    assert "did you mean 'rate'" in str(only(check(broken))[0])
