"""Where a right side has a value and no slope, a network does not begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.equations.start import Start
from genprop.errors import EquationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.describe.initial import Learn, Value

STEEP = ["a**0.5", "sqrt(a)", "a**n", "a**m", "abs(a)**0.3", "sqrt(a*n)", "1 + b*a**0.5"]
SMOOTH = ["(a + 0.001)**n", "a**1.5", "a**2", "sqrt(a**2)", "a*sqrt(a)", "sqrt(b)", "sqrt(a + b)"]


def begin(
    term: str,
    reset: str = "v = 0;  a = a + 1",
    flow: str = "-a/tau",
    initial: Mapping[str, float] | None = None,
    learns: bool = True,
) -> None:
    parameters: dict[str, Value | Learn] = {"tau": 10 * ms, "n": 0.5, "m": gp.learn(2.0)}
    cell = gp.Neuron(
        "cell",
        flow=f"dv/dt = (I - v - {term})/tau;  da/dt = {flow};  db/dt = (1 - b)/tau",
        spike="v > 1",
        reset=reset,
        parameters=parameters,
        initial={"b": 1.0, **(initial or {})},
    )
    net = gp.Network()
    source, cells = net.population("input", 1, gp.spikes()), net.population("cells", 2, cell)
    net.connect(source, cells, gp.synapse("exp"), weight=1.0)
    loss = gp.MeanSquare(gp.final(cells, "v")) if learns else None
    spec = net.freeze(loss, gp.Adam(0.1) if learns else None)
    drawn = {p.name: p.initial.sample(np.random.default_rng(0), p.shape) for p in spec.parameters()}
    Start(spec).refuse_unsound(drawn)


@pytest.mark.parametrize("term", STEEP)
def test_a_root_of_a_state_at_zero_is_refused_where_it_stands(term: str) -> None:
    with pytest.raises(EquationError, match="no finite slope") as found:
        begin(term)
    assert "population cells: at t = 0" in str(found.value)
    assert "a = 0" in str(found.value)
    line, mark = str(found.value).splitlines()[2:4]
    assert line[mark.index("^") :].startswith(("*", "sqrt"))


@pytest.mark.parametrize("term", SMOOTH)
def test_what_has_a_slope_at_zero_begins(term: str) -> None:
    begin(term)


def test_without_a_loss_slopes_do_not_matter() -> None:
    begin("sqrt(a)", learns=False)


def test_a_state_that_begins_elsewhere_may_have_its_root_until_a_reset_takes_it_to_zero() -> None:
    begin("sqrt(a)", initial={"a": 0.5})
    with pytest.raises(EquationError, match=r"(?s)after the reset this has no finite slope"):
        begin("sqrt(a)", reset="v = 0;  a = 0", initial={"a": 0.5})


def test_a_root_in_the_reset_of_a_state_that_rests_at_zero_is_refused() -> None:
    with pytest.raises(EquationError, match=r"at the threshold this has no finite slope"):
        begin("0*a", reset="v = 0;  a = sqrt(a) + 1")
    begin("0*a", reset="v = 0;  a = sqrt(a) + 1", flow="(v - a)/tau")  # it has moved by then
    begin("0*a", reset="v = 0;  a = sqrt(a) + 1", initial={"a": 0.1})


def test_a_pole_in_the_reset_of_a_state_that_rests_is_refused() -> None:
    with pytest.raises(EquationError, match=r"at the threshold this has no finite value"):
        begin("0*a", reset="v = 0;  a = 0.1/a")


def test_a_root_on_the_senders_side_is_refused_at_its_spike() -> None:
    net = gp.Network()
    source, out = net.population("input", 1, gp.spikes()), net.population("out", 1, gp.neuron("LI"))
    steep = gp.Synapse(
        "steep",
        flow="dI/dt = -I/tau",
        arrival="I = I + w",
        output="I",
        sender_flow="du/dt = -u/tau_u",
        sender_spike="value = sqrt(u);  u = u + 1",
        parameters={"tau": 5 * ms, "tau_u": 20 * ms},
    )
    net.connect(source, out, steep, weight=1.0)
    spec = net.freeze(gp.MeanSquare(gp.final(out, "v")))
    drawn = {p.name: p.initial.sample(np.random.default_rng(0), p.shape) for p in spec.parameters()}
    with pytest.raises(EquationError, match="no finite slope") as found:
        Start(spec).refuse_unsound(drawn)
    assert "projection input->out" in str(found.value)
