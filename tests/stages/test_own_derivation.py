"""What stands where a delay is declared, written outside the package, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import genprop as gp
from genprop import ms
from tests.stages.spatial import RECURRENT, spatial
from tests.stages.staged import HIDDEN, batch, exact, quotient_error

if TYPE_CHECKING:
    from genprop.describe.initial import Learn
    from genprop.describe.spec import NetworkSpec, ParameterSpec, ProjectionSpec
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays


@dataclass(frozen=True)
class BothEnds:
    """d_ij = a_i + b_j: an axonal and a dendritic delay in one."""

    longest: float

    def placeholder(self, known: Mapping[str, ParameterSpec]) -> Learn:
        return gp.learn(0.0, max=2 * self.longest)

    def of(self, projection: ProjectionSpec, target: ParameterSpec) -> gp.Stage:
        return Sum(projection.name, projection.pre, projection.post, self.longest)


@dataclass(frozen=True)
class Sum(gp.Stage):
    """The stage behind it."""

    projection: str
    pre: str
    post: str
    longest: float

    @property
    def ends(self) -> tuple[str, str]:
        return f"{self.projection}.a", f"{self.projection}.b"

    def declare(self, spec: NetworkSpec) -> gp.Declared:
        sizes = (spec.population(p).size for p in (self.pre, self.post))
        drawn = gp.learn(gp.uniform(1 * ms, 5 * ms), max=self.longest)
        leaves = (
            gp.leaf(name, size, drawn, role="delay", unit=ms, min=0.0, per_neuron=True)
            for name, size in zip(self.ends, sizes, strict=True)
        )
        return gp.Declared(tuple(leaves), (f"{self.projection}.delay",))

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        synapses = topology[self.projection]
        a, b = (values[name] for name in self.ends)
        return {f"{self.projection}.delay": synapses.of_pre(a) + synapses.of_post(b)}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        synapses, given = topology[self.projection], gradients[f"{self.projection}.delay"]
        a, b = self.ends
        return {a: synapses.sum_pre(given), b: synapses.sum_post(given)}


def test_its_gradients_are_quotients_of_the_exact_loss() -> None:
    for sparse in (False, True):
        sim = spatial(recur=BothEnds(6.0), sparse=sparse, backend="reference")
        slopes = exact(sim, gradient=True)[1]
        for end in "ab":
            assert sim.parameters[f"{RECURRENT}.{end}"].shape == (HIDDEN,)
            assert quotient_error(sim, slopes, f"{RECURRENT}.{end}") < 1e-6


def test_a_formula_that_the_network_holds_itself() -> None:
    net = gp.Network("held")
    source, out = net.population("in", 3, gp.spikes()), net.population("out", 2, gp.neuron("LI"))
    net.connect(source, out, gp.synapse("exp"), weight=1.0)
    gain = gp.leaf("out.gain", (), gp.learn(2.0))
    net.derive(gp.derived("in->out.weight", "g*g", {"g": "out.gain at one"}, [gain]))
    loss = gp.CrossEntropy(gp.final(out, "v"))
    sim = gp.compile(net, loss=loss, optimiser=gp.Adam(), clock="grid", dt=1.0, duration=20.0,
                     backend="reference")  # fmt: skip
    assert list(sim.settings) == ["out.gain"] and np.all(sim.arrays()["in->out.weight"] == 4.0)


def test_two_simulators_of_one_network_share_no_state() -> None:
    net = gp.Network("twice")
    source, out = net.population("in", 6, gp.spikes()), net.population("out", 3, gp.neuron("LI"))
    net.connect(source, out, gp.synapse("exp"), weight=gp.learn(gp.normal(1, 1)),
                pattern=gp.sparse(0.5), rewire=gp.SET(every=1))  # fmt: skip
    loss = gp.CrossEntropy(gp.integral(out, "v"))
    sims = [gp.compile(net, loss=loss, optimiser=gp.Adam(0.1),
            clock="grid", dt=1.0, duration=40.0, batch=4,
                       backend="reference") for _ in range(2)]  # fmt: skip
    for k in range(3):
        sims[0].gradients(batch(k))
        sims[0].step()
    assert not sims[1].state()["stage/rewiring in->out/updates"]
    for k in range(3):
        sims[1].gradients(batch(k))
        sims[1].step()
    left, right = (sim.state() for sim in sims)
    assert all(np.array_equal(left[name], right[name]) for name in left)
