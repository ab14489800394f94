"""A network with stages, two of them written outside the package, and its exact gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

import genprop as gp
from genprop import ms
from genprop.adjoint.derive import derive
from genprop.backends.reference.exact.events import EventSimulator
from genprop.data.spikes import SpikeBatch
from genprop.equations.analyse import understand

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays

IN, HIDDEN, OUT, STEPS = 6, 5, 3, 40
WEIGHT, DELAY = "in->hidden.weight", "hidden->hidden.delay"


@dataclass(frozen=True)
class Signed(gp.Stage):
    """weight = sign × magnitude, the sign fixed per sender: written outside the package."""

    projection: str
    wrong: float = 1.0

    def declare(self, spec: NetworkSpec) -> gp.Declared:
        used = next(p for p in spec.projections if p.name == self.projection).weight
        size = gp.learn(gp.uniform(0.2, 1.2), min=0.0)
        magnitude = gp.leaf(self._leaf, used.shape, size, role="weight", doc="|w|")
        return gp.Declared((magnitude,), (used.name,))

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        return {f"{self.projection}.weight": self._signs(topology) * values[self._leaf]}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        slope = gradients[f"{self.projection}.weight"]
        return {self._leaf: self.wrong * self._signs(topology) * slope}

    @property
    def _leaf(self) -> str:
        return f"{self.projection}.magnitude"

    def _signs(self, topology: Topology) -> np.ndarray:
        synapses = topology[self.projection]
        return synapses.of_pre(np.where(np.arange(synapses.pre) % 3 == 0, -1.0, 1.0))


@dataclass(frozen=True)
class Cost(gp.Stage):
    """λ Σ |w| d: a penalty on what other stages derive."""

    strength: float = 0.01
    name: str = "cost"  # pyright: ignore[reportIncompatibleMethodOverride]

    def penalty(self, values: Mapping[str, np.ndarray], topology: Topology) -> tuple[float, Arrays]:
        weight, delay = (values[f"hidden->hidden.{what}"] for what in ("weight", "delay"))
        value = self.strength * float(np.sum(np.abs(weight) * delay))
        slopes = {
            "hidden->hidden.weight": self.strength * np.sign(weight) * delay,
            DELAY: self.strength * np.abs(weight),
        }
        return value, slopes


def distance() -> gp.Stage:
    """delay = |x_pre − x_post|."""
    x = gp.leaf("hidden.x", HIDDEN, gp.learn(gp.uniform(-4, 4), min=-5.0, max=5.0), doc="position")
    ends = {"a": "hidden.x at pre", "b": "hidden.x at post"}
    return gp.derived(DELAY, "abs(a - b)", ends, [x])


def network(
    stages: list[gp.Stage],
    *,
    sparse: bool = False,
    backend: str | Target | None = None,
    dt: float = 0.01,
) -> gp.Simulator:
    net = gp.Network("staged")
    source = net.population("in", IN, gp.spikes())
    hidden = net.population("hidden", HIDDEN, gp.neuron("LIF", tau_mem=11 * ms))
    out = net.population("out", OUT, gp.neuron("LI", tau_mem=13 * ms))
    exp = gp.synapse("exp", tau=4 * ms)
    late = gp.learn(gp.uniform(0 * ms, 8 * ms), max=12 * ms)
    some = gp.sparse(0.6, seed=3) if sparse else gp.dense()
    net.connect(source, hidden, exp, weight=gp.learn(gp.normal(0.7, 0.9)))
    net.connect(hidden, hidden, exp, weight=gp.learn(gp.normal(0.3, 0.2)), delay=late, pattern=some)
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 1.0)))
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral(out, "v")),
        optimiser={"default": gp.Adam(1e-2), "x": gp.Adam(5e-2)}
        if any("hidden.x" in stage.form for stage in stages)
        else gp.Adam(1e-2),
        clock="grid",
        dt=dt,
        duration=STEPS,
        batch=4,
        backend=backend or gp.Native(precision="double", threads=2),
        seed=4,
        stages=stages,
    )


def batch(seed: int = 1) -> SpikeBatch:
    rng = np.random.default_rng(seed)
    trains = [(np.sort(rng.uniform(0, 30, 30)), rng.integers(0, IN, 30)) for _ in range(4)]
    labels = np.arange(4) % OUT
    return SpikeBatch.from_events(trains, channels=IN, duration=STEPS, labels=labels)


@cache
def solver(sim: gp.Simulator) -> EventSimulator:
    """Derived once for every network."""
    network = understand(sim.spec)
    return EventSimulator(sim.spec, network, derive(network, sim.spec), duration=STEPS)


def exact(sim: gp.Simulator, *, gradient: bool = False) -> tuple[float, Arrays]:
    """Loss and gradients of what runs, by the event-driven solver, penalties included."""
    events = [{"in": batch().sample(k)} for k in range(4)]
    flow = sim.stages.forward(sim.parameters, sim.topology)
    used = {name: np.asarray(value, np.float64) for name, value in flow.used.items()}
    found = solver(sim).solve(used, events, batch().labels, None, gradient=gradient)
    values = zip(sim.stages.all, flow.values[1:], strict=True)
    penalties = (stage.penalty(after, sim.topology) for stage, after in values)
    slopes = flow.back(dict(found.gradients)) if gradient else {}
    return found.loss + sum(p[0] for p in penalties if p is not None), slopes


Quotients = dict[tuple[tuple[int, ...], float], float]


def quotient_error(
    sim: gp.Simulator,
    slopes: Mapping[str, np.ndarray],
    name: str,
    known: Quotients | None = None,
) -> float:
    """The worst error of ``slopes`` against quotients of the exact loss, over max|g|.

    A spike that only just happens bends the loss within 1e-5, so a hundredth of that counts too.
    ``known`` keeps the quotients for other slopes of the same loss.
    """
    known = {} if known is None else known
    given, worst = np.array(sim.parameters[name]), 0.0
    scale = max(float(np.abs(slopes[name]).max()), 1e-12)
    for index in list(np.ndindex(given.shape))[::3]:
        own = float(slopes[name][index])
        errors: list[float] = []
        for step in (1e-5, 1e-6, 1e-7):
            if (index, step) not in known:
                known[index, step] = _quotient(sim, name, given, index, step)
            errors.append(abs(known[index, step] - own) / scale)
            if errors[-1] < 1e-7:
                break
        worst = max(worst, min(errors))
    return worst


def _quotient(
    sim: gp.Simulator, name: str, given: np.ndarray, index: tuple[int, ...], step: float
) -> float:
    values: list[float] = []
    for way in (step, -step):
        moved = given.copy()
        moved[index] += way
        sim.parameters[name] = moved
        values.append(exact(sim)[0])
    sim.parameters[name] = given
    return (values[0] - values[1]) / (2 * step)
