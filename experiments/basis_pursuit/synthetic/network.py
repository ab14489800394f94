"""The three estimators of this experiment: a code, plain, grouped or pooled, and a readout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from dictionary import COUNT, DIM, GROUPS, SIZE, dictionary

import genprop as gp
from genprop import ms

ACTIVE = 8
ESTIMATORS = ("BP", "GBP", "PGBP")


@dataclass(frozen=True)
class Draw:
    """Samples of 8 active groups, and the labels that a random direction w gives them.

    The label is the sign of wᵀΓ (of the pooled code for PGBP), of samples whose margin is at least
    ``margin``; w is normal, of norm 1.
    """

    x: np.ndarray
    code: np.ndarray
    labels: np.ndarray
    direction: np.ndarray

    @classmethod
    def of(cls, seed: int, estimator: str, samples: int, margin: float = 0.1) -> Draw:
        """The draw ``seed``, the same samples for all estimators as far as their labels allow."""
        rng = np.random.default_rng([seed, ESTIMATORS.index(estimator)])
        w = rng.normal(size=COUNT if estimator == "PGBP" else COUNT * SIZE)
        w /= np.linalg.norm(w)
        codes: list[np.ndarray] = []
        while len(codes) < samples:
            code = np.zeros(COUNT * SIZE)
            for group in rng.choice(COUNT, ACTIVE, replace=False):
                code[GROUPS.of == group] = rng.uniform(1, 2, SIZE)
            if abs(cls.margin(code, w)) >= margin:
                codes.append(code)
        code = np.array(codes)
        labels = np.array([int(cls.margin(c, w) > 0) for c in codes])
        return cls(code @ dictionary()[0].T, code, labels, w)

    @staticmethod
    def margin(code: np.ndarray, w: np.ndarray) -> float:
        """wᵀΓ, or wᵀp of the pooled code where w is as long as that."""
        pooled = np.sqrt((code.reshape(COUNT, SIZE) ** 2).sum(axis=1))
        return float(w @ (pooled if len(w) == COUNT else code))

    @property
    def batch(self) -> gp.data.GradedBatch:
        """The samples as networks take them."""
        return gp.data.GradedBatch.of(self.x, labels=self.labels)


def compiled(estimator: str, gamma: float, draw: Draw, backend: gp.Native) -> gp.Simulator:
    """The network of an estimator; two output neurons read ±w."""
    net = gp.Network(f"synthetic-{estimator}")
    net.population("x", DIM, gp.graded())
    model = gp.neuron("lca", gamma=gamma) if estimator == "BP" else gp.neuron("group_lca")
    net.population("atoms", COUNT * SIZE, model)
    net.population("out", 2, gp.neuron("li", tau_mem=5 * ms))
    sent = gp.Synapse("sent", arrival="I = I + w*a")
    net.connect("x", "atoms", gp.synapse("graded"), weight=dictionary()[0])
    net.connect("atoms", "atoms", sent, weight=gp.gram("x->atoms.weight"))
    read = np.stack([-draw.direction, draw.direction], axis=1)
    if estimator != "BP":
        norm = gp.neuron("group_norm", gamma=gamma, tau_n=30 * ms, tau_s=30 * ms)
        net.population("norms", COUNT, norm)
        power = gp.Synapse("power", arrival="q = q + w*power")
        gate = gp.Synapse("gate", arrival="shrinkage = shrinkage + w*shrinkage")
        net.connect("atoms", "norms", power, weight=1, pattern=GROUPS.gather)
        net.connect("norms", "atoms", gate, weight=1, pattern=GROUPS.spread)
    if estimator == "PGBP":
        pooled = gp.Synapse("pooled", arrival="I = I + w*pooled")
        net.connect("norms", "out", pooled, weight=read)
    else:
        net.connect("atoms", "out", sent, weight=read, name="read")
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.final("out", "v")),
        dt=3 * ms,
        duration=30_000 * ms,
        batch=len(draw.x),
        backend=backend,
        tolerance=1e-4,
    )
