"""Sparse coding networks that tests of graded networks have in common, with their problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

import genprop as gp
from genprop import ms
from genprop.runtime.graded import GradedSimulator
from genprop.testing.basis_pursuit import Array, Penalty, pursue
from tests.graded.solved import solved

if TYPE_CHECKING:
    from genprop.describe.initial import Learn

DIM, ATOMS, SIZE, CLASSES = 18, 24, 4, 3
GROUPS = gp.groups(ATOMS, SIZE)
INHIBITION = gp.Synapse("inhibition", arrival="I = I + w*a")
POWER = gp.Synapse("power", arrival="q = q + w*power")
SHRINKAGE = gp.Synapse("shrinkage", arrival="shrinkage = shrinkage + w*shrinkage")
DOUBLE = gp.Native(precision="double", threads=1)


def alike(net: gp.Network, backends: Iterable[object], **how: Any) -> Iterator[GradedSimulator]:
    """The network on each backend, with the parameters that the first has drawn."""
    drawn: dict[str, Array] = {}
    for backend in backends:
        sim = gp.compile(net, backend=backend, optimiser=gp.Adam(1e-3), **how)  # type: ignore[arg-type]
        assert isinstance(sim, GradedSimulator)
        drawn = drawn or {name: np.asarray(sim.parameters[name]) for name in sim.settings}
        for name, value in drawn.items():
            sim.parameters[name] = value
        yield sim


@dataclass
class Problem:
    """Samples and a dictionary of unit columns, new ones each time; codes of a kind of penalty.

    They are made from their codes (``solved.py``), so that active sets are well conditioned and no
    state is near a threshold; with ``any_draw`` both are drawn without such conditions.
    """

    grouped: bool
    learned: bool = False
    batch: int = 4
    any_draw: bool = False
    gamma: float = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng()
        self.gamma = 0.8 if self.grouped else 0.3
        if self.any_draw:
            dictionary = rng.normal(size=(DIM, ATOMS))
            self.dictionary: Array = dictionary / np.linalg.norm(dictionary, axis=0)
            self.x: Array = rng.normal(size=(self.batch, DIM))
        else:
            of = GROUPS.of if self.grouped else np.arange(ATOMS)
            made = solved(rng, self.batch, DIM, of, self.gamma)
            self.dictionary, self.x, self.known = made.dictionary, made.x, made.code
        self.labels = rng.integers(0, CLASSES, self.batch)
        self.read: Array = rng.normal(0, 0.3, (ATOMS, CLASSES))

    @property
    def penalty(self) -> Penalty:
        return Penalty(self.gamma, GROUPS if self.grouped else None)

    @property
    def code(self) -> Array:
        return pursue(self.x, self.dictionary, self.penalty).code

    @property
    def known_active(self) -> np.ndarray:
        """Which groups of the codes that the problem was made from are active (batch, groups)."""
        return self.penalty.norms(self.known) > 0

    @property
    def samples(self) -> gp.data.GradedBatch:
        return gp.data.GradedBatch.of(self.x, labels=self.labels)

    @property
    def largest(self) -> float:
        """λ_max(DᵀD)."""
        return float(np.linalg.eigvalsh(self.dictionary.T @ self.dictionary)[-1])

    def network(self, recurrent: Array | None = None) -> gp.Network:
        """The code's network: `recurrent` weights instead of 1 − DᵀD where they are given."""
        net = gp.Network("sparse-code")
        source = net.population("x", DIM, gp.graded())
        gamma = gp.learn(self.gamma, min=0.0) if self.learned else self.gamma
        model = gp.neuron("group_lca") if self.grouped else gp.neuron("lca", gamma=gamma)
        atoms = net.population("atoms", ATOMS, model)
        dictionary = self._learn(self.dictionary)
        net.connect(source, atoms, gp.synapse("graded"), weight=dictionary)
        lateral = gp.gram("x->atoms.weight") if recurrent is None else recurrent
        net.connect(atoms, atoms, INHIBITION, weight=lateral)
        if self.grouped:
            each = np.full(GROUPS.count, self.gamma)
            norm = gp.neuron("group_norm", gamma=gp.learn(each, min=0.0) if self.learned else each)
            norms = net.population("norms", GROUPS.count, norm)
            net.connect(atoms, norms, POWER, weight=1.0, pattern=GROUPS.gather)
            net.connect(norms, atoms, SHRINKAGE, weight=1.0, pattern=GROUPS.spread)
        return net

    def classifier(self) -> gp.Network:
        """The same with a linear readout of the code."""
        net = self.network()
        out = net.population("out", CLASSES, gp.neuron("li", tau_mem=5 * ms))
        net.connect("atoms", out, INHIBITION, weight=self._learn(self.read), name="read")
        return net

    def enter(self, sim: gp.Simulator) -> gp.Simulator:
        """Put these numbers into a simulator compiled for another problem of this kind."""
        sim.parameters["x->atoms.weight"] = self.dictionary
        if "read.weight" in sim.parameters:
            sim.parameters["read.weight"] = self.read
        return sim

    def active(self, sim: gp.Simulator, batch: gp.data.GradedBatch) -> np.ndarray:
        """Which groups are active (batch, groups), all by a margin from their threshold."""
        name = "norms.n" if self.grouped else "atoms.u"
        found = np.abs(np.asarray(sim.run(batch, record=[name]).recorded[name]))
        gamma = np.asarray(sim.parameters["norms.gamma" if self.grouped else "atoms.gamma"])
        assert np.abs(found - gamma).min() > 0.1 * self.gamma
        return found > gamma

    def _learn(self, weight: Array) -> Array | Learn:
        return gp.learn(weight) if self.learned else weight

    def compiled(
        self,
        backend: object = DOUBLE,
        *,
        classifier: bool = False,
        dt: float = 1.0,
        duration: float = 100_000.0,
        tolerance: float | None = 1e-9,
    ) -> gp.Simulator:
        """A simulator; steps and tolerance fit both kinds."""
        return gp.compile(
            self.classifier() if classifier else self.network(),
            loss=gp.CrossEntropy(gp.final("out", "v")) if classifier else None,
            optimiser=gp.Adam(1e-3) if self.learned else None,
            dt=dt,
            duration=duration,
            batch=64,
            backend=backend,  # type: ignore[arg-type]
            tolerance=tolerance,
        )
