"""A copy of a simulator goes on as the original would, and independently of it."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable

import numpy as np
import pytest

import genprop as gp
from genprop.data.spikes import SpikeBatch
from genprop.errors import UnsupportedError


def simulator(backend: str) -> gp.Simulator:
    net = gp.Network("copied")
    source = net.population("input", 2, gp.spikes())
    hidden = net.population("hidden", 4, gp.neuron("LIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    weight = gp.learn(gp.normal(9.0, 0.5))
    net.connect(source, hidden, gp.synapse("exp"), weight=weight, pattern=gp.sparse(0.8, seed=1))
    net.connect(hidden, out, gp.synapse("exp"), weight=gp.learn(gp.normal(0, 0.5)))
    loss, rule = gp.CrossEntropy(gp.integral(out)), gp.Adam(1e-2)
    return gp.compile(
        net,
        loss=loss,
        optimiser=rule,
        clock="grid",
        dt=1,
        duration=20,
        batch=2,
        backend=backend,
        seed=3,
    )


def batch() -> SpikeBatch:
    events = [([1.0, 3.0], [0, 1]), ([2.0], [1])]
    return SpikeBatch.from_events(events, channels=2, duration=20.0, labels=np.array([0, 1]))


def learned(sim: gp.Simulator, steps: int) -> gp.Simulator:
    for _ in range(steps):
        sim.gradients(batch())
        sim.step()
    return sim


def pickled(sim: gp.Simulator) -> gp.Simulator:
    return pickle.loads(pickle.dumps(sim))


@pytest.mark.parametrize("backend", ["native", "reference"])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_goes_on_bit_by_bit_and_alone(
    backend: str, copied: Callable[[gp.Simulator], gp.Simulator]
) -> None:
    sim = learned(simulator(backend), 2)
    sim.settings["input->hidden.weight"]["rate"] = 0.5
    before = {name: np.array(a) for name, a in sim.state().items()}
    other = learned(copied(sim), 2)
    assert all(np.array_equal(sim.state()[name], before[name]) for name in before)
    own, theirs = learned(sim, 2).state(), other.state()
    assert own.keys() == theirs.keys()
    assert all(np.array_equal(own[name], theirs[name]) for name in own)
    moved = [name for name in own if not np.array_equal(own[name], before[name])]
    assert "parameter/hidden->out.weight" in moved


def loss_of(sim: gp.Simulator) -> float:
    return sim.gradients(batch())[0]


def test_other_processes_take_simulators() -> None:
    sims = [learned(simulator("native"), n) for n in (0, 2)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(loss_of, sims) == [loss_of(sim) for sim in sims]


def test_a_simulator_with_parts_of_its_own_says_how_to_copy_it() -> None:
    class Mine(gp.Simulator):
        pass

    sim = simulator("reference")
    mine = Mine(sim.spec, sim.program, sim.engine, batch=2, seed=0, target=sim.target)
    with pytest.raises(UnsupportedError, match="restore"):
        pickle.dumps(mine)
