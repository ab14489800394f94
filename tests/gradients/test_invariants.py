"""Levels F and G: what must not change a gradient, does not; generated code in double."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.data.spikes import SpikeBatch
from genprop.testing import contract
from genprop.testing.contract import Case

if TYPE_CHECKING:
    from genprop.runtime.simulator import Simulator

DOUBLE = gp.Native(precision="double")
RECURRENT = Case("recurrent", 0.1)
Arrays = dict[str, np.ndarray]


def run(sim: Simulator, parameters: Arrays, batch: SpikeBatch) -> Arrays:
    sim.parameters.update(parameters)
    return {name: np.array(g) for name, g in sim.gradients(batch)[1].items()}


def moved(batch: SpikeBatch, by: float) -> SpikeBatch:
    pairs = [batch.sample(k) for k in range(len(batch))]
    return SpikeBatch.from_events(
        [(times + by, channels) for times, channels in pairs],
        channels=batch.channels_total,
        duration=batch.duration,
        labels=batch.labels,
    )


def extended(batch: SpikeBatch, times: list[float]) -> SpikeBatch:
    """Every channel fires once more at each of ``times``."""
    lines = np.arange(batch.channels_total)
    pairs = [batch.sample(k) for k in range(len(batch))]
    more = np.repeat(np.asarray(times), lines.size)
    return SpikeBatch.from_events(
        [
            (np.append(own, more), np.append(channels, np.tile(lines, len(times))))
            for own, channels in pairs
        ],
        channels=batch.channels_total,
        duration=batch.duration,
        labels=batch.labels,
    )


def on_the_grid(parameters: Arrays) -> Arrays:
    """Delays rounded to whole ms, away from the middle of two steps."""
    return {n: np.round(x) if n.endswith(".delay") else x for n, x in parameters.items()}


@pytest.fixture(scope="module")
def sim() -> Simulator:
    return contract.simulator(DOUBLE, RECURRENT)


def test_permuted_neurons_have_permuted_gradients(sim: Simulator) -> None:
    batch, parameters = RECURRENT.example.batch(), RECURRENT.example.parameters()
    order = np.array([2, 0, 1])

    def permuted(arrays: Arrays) -> Arrays:
        def one(name: str, x: np.ndarray) -> np.ndarray:
            pre, post = name.split(".", maxsplit=1)[0].split("->")
            x = x[order] if pre == "hidden" else x
            return x[:, order] if post == "hidden" else x

        return {n: one(n, x) if "->" in n else x for n, x in arrays.items()}

    plain = run(sim, parameters, batch)
    turned = run(sim, permuted(parameters), batch)
    for name, gradient in permuted(plain).items():
        assert contract.distance(turned[name], gradient) < 1e-6


def test_constant_added_to_all_delays_of_a_projection_equals_shifted_input(sim: Simulator) -> None:
    batch, parameters = RECURRENT.example.batch(), on_the_grid(RECURRENT.example.parameters())
    batch = moved(batch, 0.0)
    later = {**parameters, "inp->hidden.delay": parameters["inp->hidden.delay"] + 1.5}
    one, two = run(sim, later, batch), run(sim, parameters, moved(batch, 1.5))
    for name in one:
        assert contract.distance(one[name], two[name]) < 1e-6


def test_a_delay_equal_to_its_maximum_is_a_delay(sim: Simulator) -> None:
    batch, parameters = RECURRENT.example.batch(), on_the_grid(RECURRENT.example.parameters())
    longest, none = np.full((4, 3), 15.0), np.zeros((4, 3))
    one = run(sim, {**parameters, "inp->hidden.delay": longest}, batch)
    assert sim.last.spikes["hidden"].sum() > 0
    late = SpikeBatch.from_events(
        [
            (times[times < 25.0] + 15.0, channels[times < 25.0])
            for times, channels in (batch.sample(k) for k in range(len(batch)))
        ],
        channels=4,
        duration=batch.duration,
        labels=batch.labels,
    )
    two = run(sim, {**parameters, "inp->hidden.delay": none}, late)
    for name in one:
        assert contract.distance(one[name], two[name]) < 1e-6


def test_spikes_in_the_very_last_step_leave_gradients_as_they_are(sim: Simulator) -> None:
    """They arrive after T and do nothing; the channel's other spikes count as before."""
    batch, parameters = RECURRENT.example.batch(), RECURRENT.example.parameters()
    plain = run(sim, parameters, batch)
    last = run(sim, parameters, extended(batch, [batch.duration - 0.05]))
    for name in plain:
        assert np.array_equal(plain[name], last[name])


@pytest.mark.parametrize("backend", ["reference", DOUBLE], ids=["interpreter", "double"])
def test_neurons_that_spike_in_the_very_last_step_keep_the_gradient(
    backend: str | gp.Native,
) -> None:
    """A delta synapse makes every hidden neuron spike at T: its arrivals come too late."""
    net = gp.Network()
    net.population("inp", 2, gp.spikes())
    net.population("hidden", 2, gp.neuron("LIF"))
    net.population("out", 2, gp.neuron("LI"))
    syn = gp.synapse("exp", tau=5.0)
    net.connect("inp", "hidden", gp.synapse("delta"), weight=gp.learn(gp.constant(1.5)))
    net.connect("hidden", "out", syn, weight=gp.learn(gp.normal(0.5, 0.5)))
    sim = gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral("out")),
        clock="grid",
        dt=1.0,
        duration=20.0,
        batch=1,
        backend=backend,
    )

    def gradients(times: list[float]) -> tuple[Arrays, int]:
        lines = np.tile([0, 1], len(times))
        events = [(np.repeat(times, 2), lines)]
        batch = SpikeBatch.from_events(events, channels=2, duration=20.0, labels=[1])
        found = {name: np.array(g) for name, g in sim.gradients(batch)[1].items()}
        return found, int(sim.last.spikes["hidden"].sum())

    early, few = gradients([3.5])
    late, more = gradients([3.5, 18.5])
    assert (few, more) == (2, 4)
    assert np.abs(early["hidden->out.weight"]).max() > 0
    for name in early:
        assert np.allclose(early[name], late[name], rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ["recurrent", "refractory"])
def test_one_trial_four_times_at_rate_0_is_the_same(name: str) -> None:
    case = Case(name, 0.1)
    sim = contract.simulator(DOUBLE, case, optimiser=gp.Adam(0.0))
    batch = case.example.batch()
    first: Arrays = {}
    for k in range(4):
        value, gradients = sim.gradients(batch)
        found = {**gradients, "loss": np.asarray(value), "spikes": sim.last.spikes["hidden"]}
        sim.step()
        if k == 0:
            first = {n: np.array(x) for n, x in found.items()}
        assert all(np.array_equal(found[n], x) for n, x in first.items())
