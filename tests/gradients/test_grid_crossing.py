"""The grid's jump, where one spike has a closed form: it is right to second order in dt.

A neuron with τm = 2τs that one arrival of weight w drives crosses θ = w (a − a²) after −τm ln x,
x = (1 + q)/2, q = √(1 − 4θ/w): ∂t*/∂w = −τm θ/(w² x q), ∂t*/∂d = 1, ∂t*/∂θ = τm/(w x q), and
∂t*/∂τm, as of τs, by a difference quotient. The grid rounds the arrival and the spike to its steps,
which moves none of these. Draws that graze the threshold are left to the other laws: θ ≤ 0.8 w/4.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

import genprop as gp

TAU_MEM, TAU_SYN, DURATION, DRAWS = 10.0, 5.0, 48.0, 32
COARSE, FINE = 1.0, 0.25
DUE = ("weight", "delay", "v_th", "tau_mem", "tau")


def network() -> gp.Network:
    net = gp.Network("one-crossing")
    net.population("inp", 1, gp.spikes())
    cell = gp.neuron("LIF", tau_mem=gp.learn(TAU_MEM), v_th=gp.learn(1.0), tau_ref=50.0)
    net.population("out", 1, cell)
    syn = gp.synapse("exp", tau=gp.learn(TAU_SYN))
    net.connect("inp", "out", syn, weight=gp.learn(6.0), delay=gp.learn(0.0, max=20.0))
    return net


def potential(after: float, w: float, tau_mem: float, tau_syn: float) -> float:
    decayed = np.exp(-after / tau_mem) - np.exp(-after / tau_syn)
    return w * tau_syn / (tau_mem - tau_syn) * decayed


def crossing(w: float, theta: float, tau_mem: float, tau_syn: float) -> float:
    """How long after the arrival."""
    ratio = tau_mem / tau_syn
    summit = np.log(ratio) * tau_mem / (ratio - 1)
    low, high = 0.0, float(summit)
    for _ in range(60):  # halved to rounding
        middle = (low + high) / 2
        above = potential(middle, w, tau_mem, tau_syn) > theta
        low, high = (low, middle) if above else (middle, high)
    return high


def due(w: float, theta: float) -> dict[str, float]:
    """∂t*/∂parameter."""
    q = np.sqrt(1 - 4 * theta / w)
    x, h = (1 + q) / 2, 1e-4

    def quotient(*moved: float) -> float:
        up, down = ((TAU_MEM + k * moved[0], TAU_SYN + k * moved[1]) for k in (h, -h))
        return (crossing(w, theta, *up) - crossing(w, theta, *down)) / (2 * h)

    return {
        "weight": -TAU_MEM * theta / (w**2 * x * q),
        "delay": 1.0,
        "v_th": TAU_MEM / (w * x * q),
        "tau_mem": quotient(1.0, 0.0),
        "tau": quotient(0.0, 1.0),
    }


def errors(dt: float) -> Mapping[str, np.ndarray]:
    """Relative error of each derivative, by draw."""
    loss = gp.EarlySpike(gp.first_spike("out"), alpha=20.0, tau=20.0)
    sim = gp.compile(
        network(), loss=loss, dt=dt, duration=DURATION, batch=1, backend="reference", clock="grid"
    )
    found: dict[str, list[float]] = {name: [] for name in DUE}
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        w, d, start = rng.uniform(4.0, 12.0), rng.uniform(0, 20), rng.uniform(0, 10)
        theta = rng.uniform(0.3, 0.8) * w / 4
        drawn = {"inp->out.weight": w, "inp->out.delay": d, "out.v_th": theta}
        sim.parameters.update({name: np.asarray(x) for name, x in drawn.items()})
        sample = (np.array([start]), np.array([0]))
        batch = gp.data.SpikeBatch.from_events(
            [sample], channels=1, duration=DURATION, labels=np.zeros(1, int)
        )
        value, gradients = sim.gradients(batch)
        per_time = value / 20.0 + 1.0
        for name, exact in due(w, theta).items():
            (own,) = (g for n, g in gradients.items() if n.rsplit(".", 1)[1] == name)
            found[name].append(abs(float(np.squeeze(own)) / per_time / exact - 1.0))
    return {name: np.array(one) for name, one in found.items()}


@pytest.fixture(scope="module")
def by_step() -> dict[float, Mapping[str, np.ndarray]]:
    return {dt: errors(dt) for dt in (COARSE, FINE)}


@pytest.mark.parametrize("name", DUE)
def test_the_crossing_of_a_grid_has_its_closed_form(
    by_step: dict[float, Mapping[str, np.ndarray]], name: str
) -> None:
    assert np.median(by_step[FINE][name]) < 0.006  # 0.04 to 0.13 with jumps at the end of the step
    assert np.quantile(by_step[FINE][name], 0.9) < 0.03


def test_the_crossing_of_a_grid_errs_at_second_order(
    by_step: dict[float, Mapping[str, np.ndarray]],
) -> None:
    coarse, fine = (sum(np.median(e) for e in by_step[dt].values()) for dt in (COARSE, FINE))
    assert coarse / fine > 6  # 16 at second order, 4 at first


def test_a_threshold_is_crossed_at_its_own_rate_where_it_is_not_grazed(
    by_step: dict[float, Mapping[str, np.ndarray]],
) -> None:
    assert np.quantile(by_step[COARSE]["v_th"], 0.9) < 0.01
