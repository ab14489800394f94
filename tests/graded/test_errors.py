"""What cannot settle, arrive or be described is refused with the numbers that matter."""

from __future__ import annotations

import re

import numpy as np
import pytest

import genprop as gp
from genprop.errors import (
    ConfigurationError,
    ConvergenceError,
    DataError,
    DescriptionError,
    UnsupportedError,
)
from tests.graded.networks import ATOMS, DIM, DOUBLE, INHIBITION, Problem


@pytest.mark.parametrize("grouped", [False, True])
def test_a_step_beyond_the_largest_is_refused_with_that_one(grouped: bool) -> None:
    problem = Problem(grouped)
    bound = 2 * 10.0 / problem.largest  # 2 τ/λ_max(DᵀD)
    with pytest.raises(DescriptionError, match="largest legal step") as refusal:
        problem.compiled(dt=1.01 * bound, duration=1010 * bound).run(problem.samples)
    found = re.search(r"largest legal step is ([\d.e+-]+) ms", str(refusal.value))
    assert found is not None and abs(float(found[1]) - bound) < 1e-4 * bound


def test_the_largest_step_is_the_one_where_it_begins_to_swing() -> None:
    """Just below the bound all atoms settle; just above, unchecked, some never do."""
    problem = Problem(grouped=False)
    problem.gamma, bound = 0.0, 20.0 / problem.largest  # all atoms active: the bound is sharp
    code = {}
    for part in (0.98, 1.02):
        dt = part * bound
        sim = problem.compiled("reference", dt=dt, duration=3000 * dt, tolerance=None)
        out = sim.run(problem.samples, record=["atoms.u"])
        code[part] = np.abs(np.asarray(out.recorded["atoms.u"])).max()
    assert code[0.98] < 1e3 < 1e6 < code[1.02]


@pytest.mark.parametrize("backend", [DOUBLE, "reference"])
def test_what_does_not_settle_tells_after_how_many_steps_and_how_far(backend: object) -> None:
    problem = Problem(grouped=False)
    sim = problem.compiled(backend, duration=10.0)
    with pytest.raises(ConvergenceError, match=r"after 10 steps: a state still moves by .* per ms"):
        sim.run(problem.samples)


@pytest.mark.parametrize("backend", [DOUBLE, "reference"])
def test_an_adjoint_that_does_not_settle_tells_too(backend: object) -> None:
    """Without input the network stands still at once; its adjoint begins at 0 and does not."""
    problem = Problem(grouped=False, learned=True)
    problem.x[:] = 0.0
    sim = problem.compiled(backend, classifier=True, duration=10.0)
    sim.run(problem.samples)
    with pytest.raises(ConvergenceError, match="adjoint has not settled after 10 steps"):
        sim.gradients(problem.samples)


def test_names_that_do_not_fit_are_refused_with_those_that_do() -> None:
    net = gp.Network("wrong")
    x = net.population("x", DIM, gp.graded())
    atoms = net.population("atoms", ATOMS, gp.neuron("group_lca"))
    with pytest.raises(DescriptionError, match="sends a, power"):
        net.connect(atoms, atoms, gp.synapse("graded"), weight=1.0)
    with pytest.raises(DescriptionError, match="no input of 'atoms'"):
        net.connect(x, atoms, gp.Synapse("q", arrival="q = q + w*value"), weight=1.0)
    with pytest.raises(DescriptionError, match="does not say which one"):
        net.connect(x, atoms, gp.synapse("exp"), weight=1.0)
    net.connect(x, atoms, gp.synapse("graded"), weight=1.0, delay=2.0)
    with pytest.raises(DescriptionError, match="has delays"):
        net.freeze()


def test_spikes_and_values_are_not_mixed() -> None:
    net = gp.Network("mixed")
    x = net.population("x", DIM, gp.graded())
    net.population("spiking", 3, gp.neuron("LIF"))
    net.population("atoms", ATOMS, gp.neuron("lca"))
    net.connect(x, "atoms", gp.synapse("graded"), weight=1.0)
    with pytest.raises(DescriptionError, match="'spiking' sends spikes"):
        net.freeze()
    with pytest.raises(DescriptionError, match="spikes and sends values"):
        gp.Neuron("both", flow="dv/dt = (1 - v)/tau", spike="v > 1", reset="v = 0", send="a = v",
                  parameters={"tau": 10 * gp.ms})  # fmt: skip
    with pytest.raises(DescriptionError, match="sends 'v', which is a state"):
        gp.Neuron("own", flow="dv/dt = (I - v)/tau", send="v = v", parameters={"tau": 10 * gp.ms})


def test_batches_of_another_kind_are_refused() -> None:
    problem = Problem(grouped=False)
    sim = problem.compiled()
    spikes = gp.data.SpikeBatch.from_events([([1.0], [0])], channels=DIM, duration=10.0)
    with pytest.raises(DataError, match="sources send values"):
        sim.run(spikes)
    with pytest.raises(DataError, match="do not fit population 'x'"):
        sim.run(gp.data.GradedBatch.of(np.zeros((2, DIM + 1))))
    with pytest.raises(DataError, match="no fixed point"):
        steps = round(sim.duration / sim.dt)
        sim.run(gp.data.GradedBatch.of(np.zeros((1, steps, DIM), np.float32)))
    with pytest.raises(DataError, match="not finite"):
        gp.data.GradedBatch.of([[np.nan] * DIM])
    with pytest.raises(DataError, match="cannot be recorded"):
        sim.run(problem.samples, record=["atoms.spikes"])


def test_values_are_no_spikes() -> None:
    net = gp.Network("spikes")
    inp = net.population("input", DIM, gp.spikes())
    out = net.population("out", 2, gp.neuron("LI"))
    net.connect(inp, out, gp.synapse("exp"), weight=1.0)
    with pytest.raises(ConfigurationError, match="does not settle"):
        gp.compile(net, dt=1.0, duration=10.0, backend="reference", tolerance=1e-3)
    sim = gp.compile(net, dt=1.0, duration=10.0, backend="reference")
    with pytest.raises(DataError, match="not one of values"):
        sim.run(gp.data.GradedBatch.of(np.zeros((1, DIM))))


def test_what_is_of_spikes_alone_is_refused() -> None:
    problem = Problem(grouped=False, learned=True)
    net, loss = problem.classifier(), gp.CrossEntropy(gp.final("out", "v"))
    with pytest.raises(UnsupportedError, match="read at its end"):
        wrong = gp.CrossEntropy(gp.maximum("out", "v"))
        gp.compile(net, loss=wrong, dt=1.0, duration=10.0, backend="reference", tolerance=1e-3)
    with pytest.raises(UnsupportedError, match="send values"):
        gp.check_gradients(net, loss=loss, dt=1.0, duration=10.0)
    with pytest.raises(UnsupportedError, match="no stage 'program'"):
        gp.show(net, "program", loss=loss)
    with pytest.raises(UnsupportedError, match="no adjoint with jumps"):
        gp.neuron("lca").adjoint()
    with pytest.raises(
        UnsupportedError, match=r"divides batches of spikes alone[^→]*→ train it in one process"
    ):
        gp.distributed(problem.compiled())


def test_native_needs_a_fixed_point_for_gradients() -> None:
    problem = Problem(grouped=False, learned=True)
    sim = problem.compiled(classifier=True, tolerance=None, duration=10.0)
    with pytest.raises(UnsupportedError, match="differentiates fixed points"):
        sim.gradients(problem.samples)


def test_gram_needs_a_dictionary_of_its_size() -> None:
    net = gp.Network("gram")
    x = net.population("x", DIM, gp.graded())
    atoms = net.population("atoms", ATOMS, gp.neuron("lca"))
    with pytest.raises(DescriptionError, match="no such weights yet"):
        net.connect(atoms, atoms, gp.synapse("graded"), weight=gp.gram("x->atoms.weight"))
    net.connect(x, atoms, gp.synapse("graded"), weight=0.1)
    other = net.population("other", 3, gp.neuron("lca"))
    net.connect(atoms, other, INHIBITION, weight=gp.gram("x->atoms.weight"))
    with pytest.raises(DescriptionError, match="other sizes or synapses"):
        net.freeze()
