"""What maps to the chip is recognised by what it does; what does not is told at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.backends.loihi.chip import limits
from genprop.backends.loihi.mapping.check import check

if TYPE_CHECKING:
    from genprop.backends.loihi.mapping.cell import Cell
    from genprop.errors import GenpropError


def look(
    cell: gp.Neuron,
    synapse: gp.Synapse | None = None,
    delay: float = 0.0,
    dt: float = 1.0,
    duration: float | None = None,
) -> tuple[dict[str, Cell], list[GenpropError]]:
    net = gp.Network("small")
    source = net.population("in", 2, gp.spikes())
    cells = net.population("cells", 3, cell)
    exp = synapse or gp.synapse("exp", tau=5.0)
    net.connect(source, cells, exp, weight=gp.constant(1.0), delay=gp.constant(delay))
    sim = gp.compile(net, clock="grid", dt=dt, duration=duration or 100.0 * dt, backend="reference")
    return check(sim.program, sim.parameters)


def only(found: tuple[dict[str, Cell], list[GenpropError]]) -> Cell:
    assert found[1] == []
    return found[0]["cells"]


def test_lif_and_li_have_the_numbers_of_their_exact_step() -> None:
    for cell in (only(look(gp.neuron("LIF", tau_mem=20.0))), only(look(gp.neuron("LI")))):
        assert cell.alpha == pytest.approx(math.exp(-1 / 20), rel=1e-12)
        assert cell.beta == pytest.approx(math.exp(-1 / 5), rel=1e-12)
        slower = (math.exp(-1 / 20) - math.exp(-1 / 5)) * 5 / (20 - 5)
        assert cell.drive == cell.gain == pytest.approx(slower, rel=1e-12)
        assert (cell.voltage, cell.current) == ("v", "I")
    assert only(look(gp.neuron("LIF", v_th=0.7))).threshold == pytest.approx(0.7)
    assert only(look(gp.neuron("LI"))).threshold is None


def test_a_neuron_is_recognised_whatever_its_names() -> None:
    cell = gp.Neuron(
        "anything",
        flow="dq/dt = (0.2*I - q)/tau",
        spike="2*q > high",
        reset="q = 0",
        parameters={"tau": 20 * gp.ms, "high": 3.0},
    )
    found = only(look(cell))
    assert found.voltage == "q"
    assert found.threshold == pytest.approx(1.5)
    assert found.drive == pytest.approx(0.2 * only(look(gp.neuron("LIF", tau_mem=20.0))).drive)


def test_a_synapse_without_memory_has_no_current() -> None:
    found = only(look(gp.neuron("LIF", tau_mem=20.0), gp.synapse("delta")))
    assert (found.current, found.beta) == ("", 0.0)
    assert found.alpha == found.gain == pytest.approx(math.exp(-1 / 20))


def test_equal_time_constants_map_too() -> None:
    found = only(look(gp.neuron("LIF", tau_mem=5.0)))
    assert found.drive == pytest.approx(math.exp(-1 / 5) / 5)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (gp.neuron("LIF", tau_ref=3.0), "refractory"),
        (gp.neuron("LIF", v_reset=0.2), "resets its voltage"),
        (
            gp.Neuron(
                "free", flow="dv/dt = (I - v)/tau", spike="v > 1", parameters={"tau": 20 * gp.ms}
            ),
            "without a reset",
        ),
        (gp.neuron("LIF", v_th=gp.values([1.0, 1.1, 1.2])), "more than one threshold"),
        (gp.neuron("LIF", tau_mem=gp.values([10.0, 20.0, 30.0])), "more than one time constant"),
        (gp.neuron("ALIF"), "3 states"),
    ],
)
def test_what_does_not_map_is_told_with_a_remedy(cell: gp.Neuron, words: str) -> None:
    _, found = look(cell)
    assert any(words in str(finding) for finding in found)
    assert all(finding.remedy and "population cells" in finding.where for finding in found)


def test_a_nonlinear_neuron_is_refused() -> None:
    net = gp.Network("small")
    net.connect(
        net.population("in", 2, gp.spikes()),
        net.population("cells", 3, gp.neuron("QIF")),
        gp.synapse("exp", tau=5.0),
        weight=gp.constant(1.0),
    )
    sim = gp.compile(
        net, clock="grid", dt=1.0, duration=10.0, backend="reference", solver="runge_kutta"
    )
    _, found = check(sim.program, sim.parameters)
    assert any("not linear" in str(finding) for finding in found)


def test_all_findings_come_at_once() -> None:
    _, found = look(gp.neuron("LIF", v_reset=0.2, tau_ref=3.0), delay=70.0)
    assert len(found) == 3


def test_delays_end_at_62_steps() -> None:
    assert look(gp.neuron("LIF"), delay=62.0)[1] == []
    (found,) = look(gp.neuron("LIF"), delay=63.0)[1]
    assert "63 steps" in found.what
    assert "max=62*ms" in found.remedy
    assert look(gp.neuron("LIF"), delay=63.0, dt=2.0)[1] == []


def test_every_limit_names_its_source() -> None:
    table = [getattr(limits, name) for name in limits.__all__]
    table = [entry for entry in table if isinstance(entry, limits.Limit)]
    assert len(table) >= 10
    assert all(entry.source and entry.lowest <= entry.highest for entry in table)
    assert not all(entry.confirmed for entry in table)
    assert limits.DELAY.holds(62)
    assert not limits.DELAY.holds(63)
    assert "17 bits" in str(limits.THRESHOLD)


def test_bias_of_a_drifting_membrane_is_kept_per_neuron() -> None:
    cell = gp.Neuron(
        "driven",
        flow="dv/dt = (I + b - v)/tau",
        spike="v > 1",
        reset="v = 0",
        parameters={"tau": 20 * gp.ms, "b": gp.values([0.0, 0.5, 1.0])},
    )
    found = only(look(cell))
    np.testing.assert_allclose(found.bias, (1 - math.exp(-1 / 20)) * np.array([0.0, 0.5, 1.0]))


@pytest.mark.parametrize("delay", [63.0, 66.4, 70.0, 89.5])
@pytest.mark.parametrize("duration", [90.0, 97.0, 120.0])
def test_the_step_in_the_remedy_is_one_that_compiles_and_holds_the_delays(
    delay: float, duration: float
) -> None:
    (found,) = look(gp.neuron("LIF"), delay=delay, duration=duration)[1]
    step = float(found.remedy.rpartition("dt=")[2].removesuffix("*ms"))
    assert step > 1.0
    assert look(gp.neuron("LIF"), delay=delay, duration=duration, dt=step)[1] == []


def test_the_step_in_the_remedy_has_few_digits() -> None:
    """60 ms in steps of 0.2 ms with a delay of 12.8 ms: 0.206 does not divide 60 ms."""
    (found,) = look(gp.neuron("LIF"), delay=12.8, duration=60.0, dt=0.2)[1]
    assert found.remedy.endswith("dt=0.24*ms")
