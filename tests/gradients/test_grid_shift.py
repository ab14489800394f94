"""Moving all input in time moves all that follows, on the grid too: it costs nothing.

A maximum does not look at the clock, so that the derivatives by all delays from the input sum to 0,
in networks of neurons that burst as well. The grid's gradient holds that as far as the
reset, what a spike sends and the crossing inside its step are moved together.
"""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.reference.forward import PopulationRun
from genprop.lower.given import FRACTION, crossing_name

DURATION, DRAWS, INPUTS, HIDDEN = 80.0, 12, 6, 5


def network(reset: str) -> gp.Network:
    net = gp.Network(f"shifted-{reset}")
    net.population("inp", INPUTS, gp.spikes())
    cell = gp.neuron("LIF", tau_mem=10.0)
    if reset == "subtract":
        flow = "dv/dt = (I - v)/tau_mem"
        parameters = {"tau_mem": 10 * ms, "v_th": 1.0}
        cell = gp.Neuron(
            "lowered", flow=flow, spike="v > v_th", reset="v = v - v_th", parameters=parameters
        )
    net.population("hidden", HIDDEN, cell)
    net.population("out", 2, gp.neuron("LI", tau_mem=15.0))
    for pre, post in (("inp", "hidden"), ("hidden", "out")):
        delay = gp.learn(0.0, max=12.0)
        net.connect(pre, post, gp.synapse("exp", tau=5.0), weight=gp.learn(0.0), delay=delay)
    return net


def sums(dt: float, reset: str) -> np.ndarray:
    """|Σ ∂L/∂d| of the input's delays, over their norm, by draw."""
    sim = gp.compile(
        network(reset),
        loss=gp.CrossEntropy(gp.maximum("out")),
        dt=dt,
        duration=DURATION,
        batch=1,
        backend="reference",
        clock="grid",
    )
    found: list[float] = []
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        means = {"inp->hidden": (2.5, 1.5), "hidden->out": (0.0, 2.0)}
        for name, array in dict(sim.parameters).items():
            projection, _, what = name.rpartition(".")
            if what == "weight":
                sim.parameters[name] = rng.normal(*means[projection], array.shape)
            elif what == "delay":
                sim.parameters[name] = rng.uniform(0.0, 10.0, array.shape)
        times, channels = np.sort(rng.uniform(0, 15, 10)), rng.integers(0, INPUTS, 10)
        batch = gp.data.SpikeBatch.from_events(
            [(times, channels)], channels=INPUTS, duration=DURATION, labels=rng.integers(0, 2, 1)
        )
        _, gradients = sim.gradients(batch)
        g = np.asarray(gradients["inp->hidden.delay"])
        if np.linalg.norm(g) > 0:
            found.append(abs(float(g.sum())) / float(np.linalg.norm(g)))
    return np.array(found)


@pytest.mark.parametrize("reset", ["fixed", "subtract"])
def test_moving_all_input_in_time_costs_nothing(reset: str) -> None:
    coarse, fine = (sums(dt, reset) for dt in (1.0, 0.25))
    assert np.median(coarse) < 0.12
    assert np.max(coarse) < 0.5
    assert np.median(fine) < 0.01  # 0.23 and 0.09 with jumps at the end of the step
    assert np.max(fine) < 0.05


def test_a_reset_that_costs_what_it_would_at_the_crossing_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It happens at the end of the step."""
    right = PopulationRun.at_crossing

    def mistaken(run: PopulationRun) -> dict[str, np.ndarray]:
        found = right(run)
        return found | {x: found[crossing_name(x)] for x in run.program.crossing}

    monkeypatch.setattr(PopulationRun, "at_crossing", mistaken)
    assert np.median(sums(0.25, "fixed")) > 0.1


def test_a_jump_at_the_end_of_its_step_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threshold is crossed before."""
    right = PopulationRun.at_crossing

    def mistaken(run: PopulationRun) -> dict[str, np.ndarray]:
        found = right(run)
        return found | {FRACTION: np.ones_like(found["v"])}

    monkeypatch.setattr(PopulationRun, "at_crossing", mistaken)
    assert np.median(sums(0.25, "subtract")) > 0.03
