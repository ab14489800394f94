"""The exact solver's trials: crossings, clamps, arrivals and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.adjoint.readouts.final import final
from genprop.backends.reference.exact.events import EventSimulator
from genprop.backends.reference.exact.trajectories import Arrival, Release, Spike
from genprop.describe.initial import learn
from genprop.describe.network import Network
from genprop.describe.neuron import neuron, spikes
from genprop.describe.objective import MeanSquare
from genprop.describe.pattern import sparse
from genprop.describe.synapse import Synapse, synapse
from genprop.equations.analyse import understand
from genprop.errors import DescriptionError, UnsupportedError
from genprop.testing.zoo import NAMES, example

if TYPE_CHECKING:
    from genprop.backends.reference.exact.forward import Trial

LINEAR = [name for name in NAMES if example(name).linear]


def simulator(name: str, duration: float | None = None) -> EventSimulator:
    e = example(name)
    spec = e.spec()
    return EventSimulator(spec, understand(spec), duration=duration or e.duration)


def first_trial(name: str, duration: float | None = None) -> Trial:
    e = example(name)
    return simulator(name, duration).forward(e.parameters(), e.inputs[0])


WHERE_V_STAYS_BELOW = [n for n in LINEAR if n not in ("adaptive", "coupled", "no_reset")]


def test_each_rise_through_the_threshold_is_one_spike_where_nothing_resets() -> None:
    trial, parameters = first_trial("no_reset"), example("no_reset").parameters()
    times = np.linspace(0, trial.duration, 80_001)
    theta, spikes = float(parameters["hidden.v_th"]), trial.spikes("hidden")
    for j, trajectory in enumerate(trial.trajectories["hidden"]):
        above = trajectory.at(times)[:, 0] >= theta
        rises = np.flatnonzero(~above[:-1] & above[1:])
        found = np.array([s.time for s in spikes if s.neuron == j])
        assert len(rises) >= 1
        np.testing.assert_allclose(found, times[rises + 1], atol=times[1])
    assert {s.inducer is None for s in spikes} == {True, False}
    assert all(s.after[0] == s.before[0] for s in spikes)


@pytest.mark.parametrize("name", WHERE_V_STAYS_BELOW)
def test_no_crossing_is_missed_and_each_is_at_the_threshold(name: str) -> None:
    trial, parameters = first_trial(name), example(name).parameters()
    times = np.linspace(0, trial.duration, 8001)
    for population, trajectories in trial.trajectories.items():
        if f"{population}.v_th" not in parameters:
            continue
        theta = np.broadcast_to(parameters[f"{population}.v_th"], len(trajectories))
        for j, trajectory in enumerate(trajectories):
            assert trajectory.at(times)[:, 0].max() < theta[j] + 1e-12
        for spike in trial.spikes(population):
            if spike.inducer is None:
                assert spike.before[0] == pytest.approx(theta[spike.neuron], abs=1e-13)
            else:
                assert spike.before[0] >= theta[spike.neuron] > spike.inducer.before[0]


@pytest.mark.parametrize("name", ["refractory", "per_neuron", "branched"])
def test_the_clamp_lasts_exactly_its_time(name: str) -> None:
    trial, parameters = first_trial(name), example(name).parameters()
    releases = [e for e in trial.events if isinstance(e, Release)]
    assert len(releases) > 3
    for release in releases:
        clamp = parameters[f"{release.population}.tau_ref"]
        clamp = np.broadcast_to(clamp, 4 if clamp.ndim == 0 else clamp.shape)[release.neuron]
        assert release.time == release.spike.time + clamp
        trajectory = trial.trajectories[release.population][release.neuron]
        inside = trajectory.at(np.linspace(release.spike.time, release.time, 20))[:, 0]
        assert np.all(inside[:-1] == release.spike.after[0])


def test_events_are_in_order_and_arrive_after_their_delay() -> None:
    trial, parameters = first_trial("recurrent"), example("recurrent").parameters()
    assert all(a.time <= b.time for a, b in zip(trial.events, trial.events[1:], strict=False))
    names = ["inp->hidden", "hidden->hidden", "hidden->out"]
    arrivals = [e for e in trial.events if isinstance(e, Arrival)]
    assert {a.projection for a in arrivals} == {0, 1, 2}
    for a in arrivals:
        delay = parameters[f"{names[a.projection]}.delay"].reshape(-1)[a.synapse]
        assert a.time == a.emitted + delay
        assert (a.cause is None) == (a.projection == 0)


def test_what_arrives_after_the_end_does_nothing() -> None:
    short, long = first_trial("recurrent", 25.0), first_trial("recurrent", 40.0)
    assert max(e.time for e in short.events) <= 25.0
    early = [(e.time, e.neuron) for e in long.events if isinstance(e, Spike) and e.time <= 25.0]
    assert [(e.time, e.neuron) for e in short.events if isinstance(e, Spike)] == early


def two_sources(listed: bool) -> tuple[Trial, np.ndarray]:
    pairs = [(0, 1), (1, 0), (1, 2), (2, 2)]
    net = Network()
    net.population("inp", 3, spikes())
    net.population("hidden", 3, neuron("LIF"))
    syn = synapse("exp", tau=5.0)
    if listed:
        pattern = sparse(pairs=pairs)
        net.connect("inp", "hidden", syn, weight=np.arange(9.0, 13.0), pattern=pattern)
    else:
        weight = np.zeros((3, 3))
        weight[tuple(np.transpose(pairs))] = np.arange(9.0, 13.0)
        net.connect("inp", "hidden", syn, weight=weight)
    spec = net.freeze()
    rng = np.random.default_rng(0)
    parameters = {p.name: p.initial.sample(rng, p.shape) for p in spec.parameters()}
    run = EventSimulator(spec, understand(spec), duration=30.0)
    times = np.array([1.0, 2.0, 2.5, 7.0, 9.0])
    trial = run.forward(parameters, {"inp": (times, np.array([0, 1, 2, 1, 0]))})
    return trial, np.array([(s.time, s.neuron) for s in trial.spikes("hidden")])


def test_sparse_connections_equal_dense_ones_with_zeros() -> None:
    (_, listed), (_, dense) = two_sources(listed=True), two_sources(listed=False)
    assert len(listed) > 5
    assert np.array_equal(listed[:, 1], dense[:, 1])
    assert np.allclose(listed[:, 0], dense[:, 0], rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", ["quadratic", "izhikevich"])
def test_non_linear_flows_are_refused_with_what_to_use_instead(name: str) -> None:
    with pytest.raises(UnsupportedError, match="backend="):
        simulator(name)


def test_a_reset_above_the_threshold_is_told() -> None:
    net = Network()
    net.population("inp", 1, spikes())
    net.population("hidden", 1, neuron("LIF"))
    net.connect("inp", "hidden", synapse("exp", tau=5.0), weight=15.0)
    spec = net.freeze()
    rng = np.random.default_rng(0)
    parameters = {p.name: p.initial.sample(rng, p.shape) for p in spec.parameters()}
    parameters["hidden.v_reset"] = np.array(1.5)
    run = EventSimulator(spec, understand(spec), duration=30.0)
    with pytest.raises(DescriptionError, match="above its threshold"):
        run.forward(parameters, {"inp": (np.array([1.0]), np.array([0]))})


def test_arrivals_scaled_by_a_learned_parameter_are_refused() -> None:
    net = Network()
    net.population("inp", 1, spikes())
    net.population("out", 1, neuron("LI"))
    gain = {"tau": learn(5.0), "gain": learn(1.0)}
    scaled = Synapse(
        "scaled",
        flow="dI/dt = -I/tau",
        arrival="I = I + gain*w",
        output="I",
        parameters=gain,
        units={"tau": "ms"},
    )
    net.connect("inp", "out", scaled, weight=5.0)
    with pytest.raises(DescriptionError, match="gain"):
        understand(net.freeze(MeanSquare(final("out"))))
