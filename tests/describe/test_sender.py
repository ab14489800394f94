"""Synapses with states on the sender's side: how they are written, and what is refused."""

from __future__ import annotations

import pickle

import pytest

import genprop as gp
from genprop import ms
from genprop.describe.listing import spec_text
from genprop.equations.analyse import understand
from genprop.errors import DescriptionError, DimensionError, EquationError, UnsupportedError

SIDES = {
    "flow": "dI/dt = -I/tau",
    "arrival": "I = I + w",
    "output": "I",
    "sender_flow": "du/dt = -u/tau_f;  dx/dt = (1 - x)/tau_d",
    "sender_spike": "u = u + U*(1 - u);  value = u*x;  x = x - value",
}


def own(**changed: object) -> gp.Synapse:
    """Tsodyks and Markram's, written in Python."""
    parameters = {"tau": 5 * ms, "U": 0.5, "tau_f": 50 * ms, "tau_d": 200 * ms}
    given = {**SIDES, "parameters": parameters, "initial": {"x": 1.0}, **changed}
    return gp.Synapse("tm", **given)  # pyright: ignore[reportArgumentType]


def network(synapse: gp.Synapse, model: str = "LIF", **options: object) -> gp.Network:
    net = gp.Network()
    source, cells = (
        net.population("input", 3, gp.spikes()),
        net.population("cells", 2, gp.neuron(model)),
    )
    net.connect(source, cells, synapse, weight=1.0, **options)  # pyright: ignore
    return net


def test_the_library_model_is_that_of_the_paper_and_of_a_few_lines() -> None:
    written, library = (
        understand(network(s).freeze()).senders["input->cells"]
        for s in (own(), gp.synapse("tsodyks_markram"))
    )
    assert written.value.equals(library.value)
    assert all(e.equals(library.system.reset[x]) for x, e in written.system.reset.items())
    assert written.system.flow == library.system.flow
    assert [float(x) for x in written.system.initial.values()] == [0.0, 1.0]


def test_parameters_of_the_sender_are_the_projections() -> None:
    spec = network(own()).freeze()
    names = {p.name: p.shape for p in spec.parameters()}
    assert names["input->cells.U"] == ()
    assert names["cells.tm.tau"] == ()
    assert "cells.tm.U" not in names
    each = network(
        own(
            parameters={
                "tau": 5 * ms,
                "U": gp.uniform(0.1, 0.9),
                "tau_f": 50 * ms,
                "tau_d": 200 * ms,
            }
        )
    )
    assert {p.name: p.shape for p in each.freeze().parameters()}["input->cells.U"] == (3,)


def test_projections_share_the_receptor_and_each_has_its_own_sender() -> None:
    net = network(own())
    net.connect("input", "cells", own().given(U=0.1), weight=1.0, name="other")
    spec = net.freeze()
    assert [p.receptor for p in spec.projections] == ["tm", "tm"]
    assert len(spec.population("cells").receptors) == 1
    values = {p.name: p.initial for p in spec.parameters()}
    assert repr(values["other.U"]) != repr(values["input->cells.U"])


def test_networks_without_senders_keep_their_digest_and_those_with_have_another() -> None:
    plain = gp.Synapse(
        "tm", flow="dI/dt = -I/tau", arrival="I = I + w", output="I", parameters={"tau": 5 * ms}
    )
    assert own().receiving == plain
    assert network(own()).freeze().digest() != network(plain).freeze().digest()
    assert network(own()).freeze().digest() == network(own()).freeze().digest()


def test_a_synapse_with_a_sender_pickles_and_is_listed() -> None:
    assert pickle.loads(pickle.dumps(own())) == own()
    text = spec_text(network(own()).freeze())
    assert "at its spike: value = u*x" in text
    for stage in ("system", "adjoint"):
        shown = str(gp.show(network(own()), stage))
        assert "sender of input->cells" in shown


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sender_spike": "u = u + U*(1 - u)"}, "does not say what is sent"),
        ({"sender_spike": ""}, "go together"),
        ({"sender_flow": "", "initial": {}}, "go together"),
        ({"sender_spike": "y = 1;  value = u*x"}, "sets 'y'"),
        ({"arrival": "I = I + w*u*x"}, "'u' stands on the sender's side"),
        ({"output": "I*x"}, "'x' stands on the sender's side"),
        ({"flow": "dI/dt = -I/tau_d"}, "'tau_d' stands on the sender's side"),
        ({"initial": {"y": 1.0}}, "has no state 'y'"),
    ],
)
def test_a_sender_that_does_not_hang_together_is_refused(
    changed: dict[str, object], said: str
) -> None:
    with pytest.raises(DescriptionError, match=said):
        own(**changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sender_spike": "value = u*v"}, "state of the receiving neuron"),
        ({"sender_spike": "value = u*y"}, "unknown name 'y'"),
        ({"sender_flow": "du/dt = -u/tau_f;  dx/dt = (1 - x)*t/tau_d**2"}, "time itself"),
        ({"sender_spike": "x = x - value;  value = u*x"}, "read before it is set"),
    ],
)
def test_what_the_sender_cannot_know_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises((EquationError, DescriptionError)) as found:
        understand(network(own(**changed)).freeze())
    assert said in str(found.value)


def test_units_on_the_senders_side_are_checked() -> None:
    with pytest.raises(DimensionError):
        understand(network(own(sender_spike="value = u*tau_f")).freeze())
    with pytest.raises(DimensionError):
        understand(network(own(sender_flow="du/dt = -u;  dx/dt = (1 - x)/tau_d")).freeze())


def test_a_flow_that_is_not_linear_in_the_senders_states_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="not linear"):
        understand(network(own(sender_flow="du/dt = -u/tau_f;  dx/dt = (1 - x)*x/tau_d")).freeze())


def test_a_value_without_a_finite_number_is_refused_before_it_runs() -> None:
    synapse = own(sender_spike="value = U/u;  u = u + U*(1 - u)")
    given = {"dt": 1 * ms, "duration": 10 * ms, "batch": 1, "backend": "reference"}
    with pytest.raises(EquationError, match="no finite value") as found:
        gp.compile(network(synapse), **given)  # pyright: ignore
    assert "projection input->cells" in str(found.value)


def test_machines_that_have_no_values_say_so() -> None:
    from genprop.backends.genn.check import findings
    from genprop.lower.clocks.grid import TimeGrid

    spec = network(own()).freeze()
    found = [f for f in findings(spec, "cpu", TimeGrid.of(1.0, 10.0)) if "sender's side" in f.what]
    assert [f.where for f in found] == ["projection input->cells"]
