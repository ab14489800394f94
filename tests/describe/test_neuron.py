from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

import genprop as gp
from genprop import ms, mV
from genprop.errors import DescriptionError, DimensionError, EquationError


def alif(**changed: Any) -> gp.Neuron:
    given: dict[str, Any] = dict(
        flow="dv/dt = (I - v)/tau_mem;  da/dt = -a/tau_a",
        spike="v > v_th + beta*a",
        reset="v = 0;  a = a + 1",
        parameters=dict(tau_mem=gp.learn(20 * ms, min=1 * ms), tau_a=200 * ms, beta=0.2, v_th=1.0),
    )
    return gp.Neuron("ALIF", **{**given, **changed})


def test_a_neuron_written_in_python_is_a_hybrid_system_as_text() -> None:
    spec = alif().spec
    assert [q.name for q in spec.states] == ["v", "a"]
    assert [q.name for q in spec.inputs] == ["I"]
    assert {q.name: (q.value, q.dimension) for q in spec.parameters} == {
        "tau_mem": (20.0, (1, 0, 0)),
        "tau_a": (200.0, (1, 0, 0)),
        "beta": (0.2, (0, 0, 0)),
        "v_th": (1.0, (0, 0, 0)),
    }
    assert spec.spike is not None
    assert [e.target for e in spec.reset] == ["v", "a"]
    assert all(type(q.value) is float for q in (*spec.parameters, *spec.states))


def test_parameters_become_shared_or_one_per_neuron_and_learned_or_not() -> None:
    made = alif(
        parameters=dict(
            tau_mem=gp.learn(20 * ms, min=1 * ms),
            tau_a=gp.uniform(100 * ms, 300 * ms),
            beta=gp.learn([0.1, 0.2, 0.3]),
            v_th=1,
        )
    )
    found = {p.key: p for p in made.parameter_specs("hidden", 3)}
    assert [p.name for p in found.values()] == [
        "hidden.tau_mem",
        "hidden.tau_a",
        "hidden.beta",
        "hidden.v_th",
    ]
    assert [p.shape for p in found.values()] == [(), (3,), (3,), ()]
    assert [p.learned for p in found.values()] == [True, False, True, False]
    assert found["tau_mem"].minimum == 1.0
    assert {p.role for p in found.values()} == {"neuron"}
    assert found["beta"].initial.sample(np.random.default_rng(0), (3,)).tolist() == [0.1, 0.2, 0.3]


def test_library_neurons_take_overrides_whatever_the_capitals() -> None:
    made = gp.neuron("LIF", tau_mem=10 * ms, v_th=gp.learn(0.5))
    values = {q.name: q.value for q in made.spec.parameters}
    assert values == {"tau_mem": 10.0, "v_th": 0.5, "v_reset": 0.0, "tau_ref": 0.0}
    assert made.values["v_th"].learned
    assert made.spec.refractory == "tau_ref"
    assert made.spec.held == ("v",)
    assert gp.neuron("lif", tau_mem=0.01 * gp.s, v_th=gp.learn(0.5)) == made
    assert gp.neuron("lif", tau_mem=10) == gp.neuron("lif", tau_mem=10 * ms)


def test_initial_states_can_be_given() -> None:
    made = gp.neuron("izhikevich", initial={"v": -60})
    assert [q.value for q in made.spec.states] == [-60.0, -14.0]
    assert alif(initial={"a": 2}).spec.states[1].value == 2.0
    with pytest.raises(DescriptionError, match="no state 'vv'"):
        alif(initial={"vv": 2})


def test_unknown_names_are_answered_with_the_closest() -> None:
    with pytest.raises(DescriptionError, match="did you mean 'lif'"):
        gp.neuron("liff")
    with pytest.raises(DescriptionError, match="did you mean 'tau_mem'"):
        gp.neuron("lif", tau_men=10 * ms)
    with pytest.raises(DescriptionError, match=r"(?s)tau_men.*v_thh"):
        gp.neuron("lif", tau_men=10 * ms, v_thh=1)


def test_values_are_checked_where_they_are_given() -> None:
    with pytest.raises(DimensionError, match=r"lif\.tau_mem is declared in ms .* mV"):
        gp.neuron("lif", tau_mem=10 * mV)
    with pytest.raises(DescriptionError, match="below its minimum"):
        gp.neuron("lif", tau_mem=0)
    with pytest.raises(DescriptionError, match="below its minimum"):
        gp.neuron("lif", tau_ref=-1 * ms)


def test_units_of_states_and_parameters_can_be_declared() -> None:
    made = gp.Neuron(
        "mv",
        flow="dv/dt = (E - v + R*I)/tau",
        spike="v > v_th",
        reset="v = E",
        parameters=dict(E=-70, R=2, tau=0.02, v_th=-50 * mV),
        units=dict(v="mV", E="mV", R="mV/nA", I="nA", tau="s"),
        initial={"v": -65},
    )
    assert made.spec.states[0].dimension == (0, 1, 0)
    assert made.spec.states[0].value == -65.0
    assert {q.name: q.value for q in made.spec.parameters}["tau"] == 20.0
    assert {q.name: q.value for q in made.given(tau=0.01).spec.parameters}["tau"] == 10.0
    with pytest.raises(DescriptionError, match="did you mean 'v_th'"):
        alif(units={"v_thh": "mV"})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (dict(reset="u = 0"), "no state 'u'"),
        (dict(refractory="tau_ref", held=("v",)), "no parameter 'tau_ref'"),
        (dict(refractory="beta", held=("v",)), "must be a time"),
        (dict(refractory="tau_a", held=("u",)), "no state 'u'"),
        (dict(refractory="tau_a"), "go together"),
        (dict(held=("v",)), "go together"),
        (dict(spike=""), "never spikes"),
        (dict(inputs=("v",)), "'v' for two things"),
        (dict(parameters={"exp": 1.0}), "reserved"),
        (dict(parameters={"tau mem": 1.0}), "is no name"),
        (dict(flow=""), "no flow"),
    ],
)
def test_what_cannot_be_a_neuron_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(DescriptionError, match=message):
        alif(**changed)


def test_a_faulty_equation_names_the_neuron() -> None:
    with pytest.raises(EquationError, match="flow of neuron 'ALIF', line 1"):
        alif(flow="v = -v")


def test_neurons_never_change_and_survive_pickling() -> None:
    made = alif()
    with pytest.raises(FrozenInstanceError):
        made.spec = made.spec  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(TypeError):
        made.values["beta"] = made.values["v_th"]  # pyright: ignore[reportIndexIssue]
    assert pickle.loads(pickle.dumps(made)) == made
    assert made.given(beta=0.3) != made
    assert made.values["beta"].typical() == 0.2


def test_a_bias_is_added_to_the_input_of_any_model_in_the_unit_of_that_input() -> None:
    one = gp.neuron("LIF", bias=gp.learn(0.3))
    assert one.spec.flow[0].text == "((I + bias) - v)/tau_mem"
    assert [p.name for p in one.parameter_specs("h", 2) if p.learned] == ["h.bias"]
    assert one.given(bias=0.5).spec.flow == one.spec.flow
    own = gp.Neuron(
        "own",
        flow="dv/dt = (I_in*R - v)/tau;  dI_x/dt = -I_x/tau",
        parameters={"tau": 20 * ms, "R": 2.0},
        inputs=("I_in",),
        units={"I_in": "mV", "v": "mV", "I_x": "mV"},
    ).given(bias=3 * mV)
    assert own.spec.flow[0].text == "((I_in + bias)*R - v)/tau"
    assert own.spec.flow[1].text == "-I_x/tau"
    assert own.parameter_specs("h", 1)[-1].dimension == mV.dimension
    with pytest.raises(DimensionError, match="mV"):
        own.given(bias=3 * ms)
    kept = gp.Neuron("k", flow="dv/dt = (I + bias - v)/tau", parameters={"tau": 1.0, "bias": 0.0})
    assert kept.given(bias=1.0).spec.flow == kept.spec.flow


def test_a_bias_without_one_input_is_refused_with_what_to_write() -> None:
    two = gp.Neuron("two", flow="dv/dt = E + J", inputs=("E", "J"))
    with pytest.raises(DescriptionError, match="but E, J") as found:
        two.given(bias=1.0)
    assert "into its flow" in found.value.remedy
    taken = gp.Neuron("taken", flow="dbias/dt = I")
    with pytest.raises(DescriptionError, match="'bias' for two things"):
        taken.given(bias=1.0)
