"""Rounding by data: the errors of a neuron's weights make each other good."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.loihi.chip.weights import stored_weights
from genprop.backends.loihi.mapping.cell import Cell
from genprop.backends.loihi.mapping.compensate import Responses, compensated
from genprop.backends.loihi.mapping.connectivity import Connectivity
from genprop.data.dataset import Dataset
from genprop.data.spikes import SpikeBatch
from genprop.errors import ConfigurationError

STEPS = 80
PRE, POST = 12, 5


def cell() -> Cell:
    return Cell("post", POST, "v", "I", 0.95, 0.8, 0.2, 0.2, 1.0, np.zeros(POST))


def trains(rng: np.random.Generator, samples: int = 20) -> list[dict[str, np.ndarray]]:
    """Neighbours spike together."""
    found: list[dict[str, np.ndarray]] = []
    for _ in range(samples):
        start = rng.integers(0, STEPS - 12, PRE // 3)
        spikes = [
            (s + k + j, 3 * g + k)
            for g, s in enumerate(start)
            for k in range(3)
            for j in range(0, 9, 2)
        ]
        found.append({"pre": np.array(spikes)})
    return found


def connectivity(rng: np.random.Generator, delayed: bool, sparse: bool) -> Connectivity:
    pre, post = (index.ravel() for index in np.indices((PRE, POST)))
    if sparse:
        kept = np.flatnonzero(rng.random(len(pre)) < 0.7)
        pre, post = pre[kept], post[kept]
    delay = rng.integers(0, 6, len(pre)) if delayed else None
    weight = rng.normal(0, 2, len(pre))
    return Connectivity("p", (PRE, POST), pre, post, weight, delay, delay, False)


@pytest.mark.parametrize("delayed", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_voltages_differ_less_than_with_each_weight_at_its_nearest(
    delayed: bool, sparse: bool
) -> None:
    """The voltage error is computed here anew, on other data than the rounding saw."""
    rng = np.random.default_rng(5)
    given = connectivity(rng, delayed, sparse)
    responses = Responses(trains(rng, 60), "pre", PRE, cell(), STEPS, 5, 0)
    ours = compensated(given.weight, given, responses, -8, 7)
    assert np.array_equal(ours, np.rint(ours))
    assert ours.min() >= -8
    assert ours.max() <= 7
    nearest = np.clip(np.rint(given.weight), -8, 7)
    assert np.any(ours != nearest)
    fresh = trains(np.random.default_rng(99), 10)
    error = [_voltage(given, whole - given.weight, fresh) for whole in (ours, nearest)]
    assert error[0] < (0.75 if sparse else 0.5) * error[1]


def _voltage(
    given: Connectivity, weight: np.ndarray, samples: list[dict[str, np.ndarray]]
) -> float:
    """The mean square of V for these weights, spike by spike and step by step."""
    delay = np.zeros(len(weight), int) if given.steps is None else given.steps
    total = 0.0
    for sample in samples:
        arrivals = np.zeros((2 * STEPS, POST))
        for step, neuron in sample["pre"]:
            for k in np.flatnonzero(given.pre == neuron):
                arrivals[step + delay[k], given.post[k]] += weight[k]
        current, voltage = np.zeros(POST), np.zeros(POST)
        for now in arrivals[:STEPS]:
            current = 0.8 * current + now
            voltage = 0.95 * voltage + current
            total += float(np.sum(voltage**2))
    return total


def test_weights_that_no_data_reach_go_to_the_nearest() -> None:
    rng = np.random.default_rng(2)
    given = connectivity(rng, True, False)
    quiet = [{"pre": t["pre"][t["pre"][:, 1] < 6]} for t in trains(rng)]
    responses = Responses(quiet, "pre", PRE, cell(), STEPS, 5, 0)
    ours = compensated(given.weight, given, responses, -8, 7)
    silent = given.pre >= 6
    np.testing.assert_array_equal(ours[silent], np.clip(np.rint(given.weight[silent]), -8, 7))


def test_a_network_of_few_bits_keeps_more_of_what_it_does() -> None:
    net = gp.Network("few bits")
    source = net.population("in", 16, gp.spikes())
    hidden = net.population("hidden", 12, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", 4, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    late = gp.uniform(0 * ms, 12 * ms)
    net.connect(source, hidden, exp, weight=gp.learn(gp.normal(0.3, 0.5)), delay=late)
    net.connect(hidden, hidden, exp, weight=gp.learn(gp.normal(0.0, 0.2)), delay=late)
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 0.6)))
    loss = gp.CrossEntropy(gp.integral(out, "v"))
    sim = gp.compile(
        net, loss=loss, clock="grid", dt=1 * ms, duration=STEPS, batch=24, backend="reference"
    )
    rng = np.random.default_rng(8)
    events = [(np.sort(rng.uniform(0, STEPS, 90)), rng.integers(0, 16, 90)) for _ in range(72)]
    labels = rng.integers(0, 4, 72)
    every = Dataset(SpikeBatch.from_events(events, channels=16, duration=STEPS, labels=labels), 4)
    seen, fresh = every.select(np.arange(48)), every.select(np.arange(48, 72))
    lost: list[float] = []
    for rounding in ("nearest", "calibrated"):
        chip = sim.retarget("loihi", gp.Quantise(4, rounding, calibrate=seen))
        correlation = gp.agreement(sim, chip, fresh).correlation
        assert correlation is not None
        lost.append(1 - correlation)
        for synapses in chip.network.synapses:
            stored = stored_weights(synapses.weight, 4)
            np.testing.assert_array_equal(stored, synapses.weight)
    assert lost[1] < 0.6 * lost[0]
    with pytest.raises(ConfigurationError, match="nearest"):
        gp.QuantiseAware(sim, gp.Quantise(4, "calibrated", calibrate=seen))


def test_it_is_the_default_where_there_are_data() -> None:
    spike = SpikeBatch.from_events([([1.0], [0])], channels=1, duration=STEPS, labels=[0])
    data = Dataset(spike, 1)
    assert gp.Quantise(calibrate=data).rounds == "calibrated"
    assert gp.Quantise().rounds == "nearest"
    assert gp.Quantise(8, "stochastic", calibrate=data).rounds == "stochastic"


def test_without_data_it_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no data to calibrate with"):
        gp.Quantise(rounding="calibrated")


def test_it_is_optimal_brain_surgery_without_the_inverse() -> None:
    """The same integers as when weights yet to come are moved by the inverse of H, clips too."""
    rng = np.random.default_rng(3)
    given = connectivity(rng, True, False)
    responses = Responses(trains(rng, 60), "pre", PRE, cell(), STEPS, 5, 0)
    told: list[tuple[str, int, int]] = []
    ours = compensated(given.weight, given, responses, -2, 2, lambda *so_far: told.append(so_far))
    for post in range(POST):
        own = np.flatnonzero(given.post == post)
        assert given.steps is not None
        moments = responses.moments(given.pre[own], given.steps[own])
        power = np.diag(moments)
        busiest = np.argsort(power, kind="stable")[::-1]
        h = moments[np.ix_(busiest, busiest)] + 0.01 * power.mean() * np.eye(PRE)
        moved = given.weight[own][busiest]
        for k in range(PRE):
            whole = np.clip(np.rint(moved[k]), -2, 2)
            assert ours[own[busiest[k]]] == whole
            inverse = np.linalg.inv(h[k:, k:])
            moved[k:] -= (moved[k] - whole) / inverse[0, 0] * inverse[0]
    assert told == [("p", k, POST) for k in range(1, POST + 1)]
