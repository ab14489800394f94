"""Scales lose nothing needlessly: whole thresholds, kept areas, exponents that use the room."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.loihi.mapping.cell import Cell
from genprop.backends.loihi.mapping.scaling import Range, scale_of
from genprop.data.dataset import Dataset
from genprop.data.spikes import SpikeBatch

STEPS = 400


def network(
    tau: float = 20.0, dt: float = 1.0, weight: float = 0.5, back: float = 0.1
) -> gp.Simulator:
    net = gp.Network("scales")
    source = net.population("in", 8, gp.spikes())
    hidden = net.population("hidden", 8, gp.neuron("LIF", tau_mem=tau * ms, v_th=0.7))
    out = net.population("out", 2, gp.neuron("LI", tau_mem=tau * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    net.connect(source, hidden, exp, weight=gp.learn(gp.normal(0.3, weight)))
    net.connect(hidden, hidden, exp, weight=gp.learn(gp.normal(0.0, back)))
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, weight)))
    return gp.compile(
        net,
        clock="grid",
        dt=dt * ms,
        duration=STEPS * dt * ms,
        batch=8,
        backend="reference",
        seed=7,
    )


def dataset(dt: float = 1.0) -> Dataset:
    rng = np.random.default_rng(1)
    trains = [(np.sort(rng.uniform(0, 100 * dt, 80)), rng.integers(0, 8, 80)) for _ in range(8)]
    batch = SpikeBatch.from_events(trains, channels=8, duration=STEPS * dt, labels=np.zeros(8, int))
    return Dataset(batch, 2)


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("scale", ["max", "percentile", "calibrated"])
def test_a_threshold_is_met_exactly(scale: str, bits: int) -> None:
    data = dataset()
    chip = network().retarget("loihi", gp.Quantise(bits, scale=scale, calibrate=data))
    report = chip.report().cells[0]
    assert report.threshold_error == pytest.approx(0.0, abs=1e-12)
    assert chip.network.cells[0].vth == pytest.approx(report.scale * 0.7)


def test_a_response_keeps_its_area_where_decays_are_coarse() -> None:
    """At 300 ms and a step of 0.2 ms the decay of v is 2.73, held as 3: a tenth too fast."""
    net = gp.Network("one response")
    source = net.population("in", 1, gp.spikes())
    out = net.population("out", 1, gp.neuron("LI", tau_mem=300 * ms))
    net.connect(source, out, gp.synapse("exp", tau=5 * ms), weight=gp.constant(1.0))
    sim = gp.compile(
        net, clock="grid", dt=0.2 * ms, duration=1800 * ms, batch=1, backend="reference"
    )
    spike = SpikeBatch.from_events([([1.0], [0])], channels=1, duration=1800.0)
    chip = sim.retarget()
    assert chip.report().cells[0].voltage_time_error < -0.05
    exact = np.asarray(sim.run(spike, record=["out.v"]).recorded["out.v"])
    ours = np.asarray(chip.run(spike, record=["out.v"]).recorded["out.v"])
    ours /= 64 * chip.grid.scale["out"]
    assert ours.sum() == pytest.approx(exact.sum(), rel=0.04)  # u rounds towards zero
    assert ours.max() > 1.05 * exact.max()


def test_exponents_use_the_room_that_data_leave() -> None:
    """u and v grow by powers of two, as their decays round towards zero."""
    sim, data = network(), dataset()
    chips = {
        (scale, exponents): sim.retarget(
            "loihi", gp.Quantise(8, "nearest", scale, data, exponents=exponents)
        )
        for scale in ("max", "calibrated")
        for exponents in (False, True)
    }
    lifted, plain = chips["calibrated", True].report(), chips["calibrated", False].report()
    for cell, before in zip(lifted.cells, plain.cells, strict=True):
        assert cell.scale >= 2 * before.scale
    assert lifted.cells[0].scale * 0.7 <= 131071
    for synapses, before in zip(lifted.synapses, plain.synapses, strict=True):
        assert synapses.weight_error <= 1.001 * before.weight_error
        assert synapses.exponent <= 7
    shy = chips["max", True].report()
    assert min(s.exponent for s in shy.synapses if s.name.endswith("hidden")) == 0
    for chip in chips.values():
        gp.agreement(sim, chip, data)
        activity = chip.report().activity
        assert not sum(activity.wraps.values()) + sum(activity.saturations.values())


def test_a_grid_puts_other_parameters_on_the_same_steps() -> None:
    sim, data = network(), dataset()
    first = sim.retarget("loihi", gp.Quantise(6, "nearest", calibrate=data, exponents=True))
    for name in ("in->hidden.weight", "hidden->out.weight"):
        sim.parameters[name] = 0.5 * sim.parameters[name]
    again = sim.retarget("loihi", gp.Quantise(6, scale=first.grid))
    assert again.grid == first.grid
    assert again.report().rule == "given"
    for one, other in zip(first.network.synapses, again.network.synapses, strict=True):
        assert one.exponent == other.exponent
        halved = one.pre == "in" or one.post == "out"
        expected = one.weight * (0.5 if halved else 1.0)
        assert np.abs(other.weight - expected).max() <= 4


def test_states_may_grow_by_the_head_room_beyond_what_data_showed() -> None:
    """|V| was 1000 and K|I'| 0.2 · 6000: the larger counts, where weights would ask for more."""
    readout = Cell("post", 1, "v", "I", 0.95, 0.8, 0.2, 0.2, None, np.zeros(1))
    seen, data = Range(1000.0, 6000.0), dataset()
    for options, room in (
        (gp.Quantise(8, calibrate=data), 1.25),
        (gp.Quantise(8, calibrate=data, headroom=3.0), 3.0),
    ):
        scale = scale_of(readout, [np.array([0.01])], options, seen)
        assert 64 * scale * 1200 * room == pytest.approx(2**23, rel=1e-6)
