from __future__ import annotations

import pickle

import pytest

import genprop as gp
from genprop import ms, mV
from genprop.errors import DescriptionError, DimensionError


def test_a_library_synapse_has_flow_arrival_and_output() -> None:
    made = gp.synapse("exp", tau=3 * ms)
    assert made.name == "exp"
    assert [(e.target, e.text) for e in made.spec.flow] == [("I", "-I/tau")]
    assert [(e.target, e.text) for e in made.spec.arrival] == [("I", "I + w")]
    assert made.spec.output is not None
    assert (made.spec.output.text, made.spec.input) == ("I", "I")
    assert made.spec.parameters[0].value == 3.0
    assert gp.synapse("exp", tau=3) == made
    assert gp.synapse("exp", tau=3, name="fast") != made


def test_delta_moves_the_neuron_itself() -> None:
    spec = gp.synapse("delta").spec
    assert (spec.states, spec.output, spec.input) == ((), None, "")
    assert spec.arrival[0].target == "v"


def test_a_synapse_can_be_written_in_python() -> None:
    made = gp.Synapse(
        "exp",
        flow="dI/dt = -I/tau",
        arrival="I = I + w",
        output="I",
        parameters=dict(tau=gp.learn(5 * ms, min=1 * ms)),
    )
    spec = made.parameter_specs("hidden.exp", 4)[0]
    assert (spec.name, spec.role, spec.shape, spec.learned) == (
        "hidden.exp.tau",
        "synapse",
        (),
        True,
    )
    assert pickle.loads(pickle.dumps(made)) == made


def test_the_state_can_take_the_unit_of_the_neurons_input() -> None:
    assert gp.synapse("exp", units={"I": "nA"}).spec.states[0].dimension == (0, 0, 1)
    with pytest.raises(DescriptionError, match="no state 'J'"):
        gp.synapse("exp", units={"J": "nA"})


def test_what_cannot_be_a_synapse_is_refused() -> None:
    with pytest.raises(DescriptionError, match="did you mean 'exp'"):
        gp.synapse("expp")
    with pytest.raises(DescriptionError, match="no parameter 'taus'"):
        gp.synapse("exp", taus=3 * ms)
    with pytest.raises(DimensionError, match="ms"):
        gp.synapse("exp", tau=3 * mV)
    with pytest.raises(DescriptionError, match="no arrival"):
        gp.Synapse("x", arrival="")
    with pytest.raises(DescriptionError, match="no state 'J'"):
        gp.Synapse("x", flow="dI/dt = -I/tau", arrival="J = J + w", output="I")
    with pytest.raises(DescriptionError, match="states and output go together"):
        gp.Synapse("x", flow="dI/dt = -I", arrival="I = I + w")
    with pytest.raises(DescriptionError, match="'w' for two things"):
        gp.Synapse("x", flow="dw/dt = -w", arrival="w = w + 1", output="w")
    with pytest.raises(DescriptionError, match="is no name"):
        gp.synapse("exp", name="a b")
