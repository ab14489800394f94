"""Are the gradients of a network right? Measured, for users' own networks.

Linear networks are solved exactly, event by event: their gradients on the user's clock and on a
fine one are compared with the exact gradient, and that with difference quotients of the exact loss.
Other networks are compared with quotients of the loss on the fine clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.native import Native
from genprop.describe.bounds import clipped
from genprop.errors import DescriptionError, UnsupportedError
from genprop.runtime.compile import compile
from genprop.runtime.differences import (
    FIT_POINTS,
    Quotient,
    fitted_slope,
    quotients,
    worst_error,
)
from genprop.runtime.random_batch import random_batch
from genprop.runtime.report import NEAR, GradientReport, ParameterCheck
from genprop.stages.stack import Stages
from genprop.units import Quantity, in_ms

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointNetwork
    from genprop.backends.base import Target
    from genprop.backends.reference.exact.events import EventSimulator
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.network import Network
    from genprop.describe.objective import Loss
    from genprop.describe.spec import NetworkSpec, ParameterSpec
    from genprop.runtime.simulator import Simulator

__all__ = ["check_gradients"]

Arrays = Mapping[str, np.ndarray]
Counts = tuple[int, ...]
Evaluation = Callable[[Arrays], tuple[float, Counts]]

_FINEST, _MOST_STEPS = 0.01, 20_000
# Points of a fitted quotient are this far apart: relative to the largest entry of the parameter,
# and in steps for delays. Wide ones average jumps of the clock out, narrow ones keep spike counts.
_PROBES, _DELAYS = (1e-2, 2e-3, 2e-4), (8, 2, 32)


def check_gradients(
    net: Network,
    *,
    loss: Loss,
    dt: Quantity | float = 1.0,
    duration: Quantity | float = 100.0,
    batch: SpikeBatch | None = None,
    samples: int = 3,
    seed: int = 0,
    fine: Quantity | float | None = None,
    backend: str | Target | None = None,
) -> GradientReport:
    """Compare the derived gradients of a network with independent measures.

    Args:
        net: the description.
        loss: what is minimised.
        dt: the step to be used for learning; numbers are ms.
        duration: of a trial.
        batch: what to run; random spikes and labels where absent. A few samples are enough.
        samples: components per parameter that difference quotients are taken of.
        seed: of initial parameters, random input and the choice of components.
        fine: the fine step; a hundredth of a ms or a tenth of ``dt`` by default.
        backend: runs the clocks; by default the native one in double precision.

    Returns:
        A report; ``print(report)`` shows it, ``report.passed`` is the verdict.
    """
    clocks = in_ms(dt), in_ms(fine) if fine is not None else _fine_step(in_ms(dt), in_ms(duration))
    check = _Check(
        net, loss, clocks, in_ms(duration), batch, samples, seed, backend or Native("double")
    )
    return check.against_exact() if check.exact is not None else check.against_quotients()


class _Check:
    """One network compiled on two clocks and, where it is linear, for the exact solver."""

    def __init__(
        self,
        net: Network,
        loss: Loss,
        clocks: tuple[float, float],
        duration: float,
        batch: SpikeBatch | None,
        samples: int,
        seed: int,
        backend: str | Target,
    ) -> None:
        self.spec, self.samples, self.seed, self.clocks = net.freeze(loss), samples, seed, clocks
        self.batch = batch if batch is not None else random_batch(self.spec, duration, seed)
        self.learned = [p.name for p in self.spec.leaf_parameters() if p.learned]
        if not self.learned:
            raise DescriptionError("nothing is learned", remedy="declare a weight as gp.learn(…)")
        self.coarse, self.fine = (
            compile(
                net,
                loss=loss,
                dt=step,
                duration=duration,
                batch=len(self.batch),
                backend=backend,
                seed=seed,
            )
            for step in clocks
        )
        self.parameters = {
            name: np.array(x, np.float64) for name, x in self.fine.parameters.items()
        }
        self.stages = Stages(self.fine.stages.all, self.spec, np.float64)
        self.exact, self.heuristic = _exact_solver(self.spec, duration)

    def against_exact(self) -> GradientReport:
        """Both clocks against the exact solver, and that against quotients of its loss."""
        solver = self.exact
        assert solver is not None
        inputs = _as_events(self.batch, self.spec)
        labels, targets = self.batch.labels, self.batch.targets
        sizes = {p.name: p.size for p in self.spec.populations if p.name in self.coarse_counts}

        def evaluate(parameters: Arrays, gradient: bool = False) -> tuple[float, Counts, Arrays]:
            flow = self.stages.forward(parameters, self.fine.topology)
            found = solver.solve(flow.used, inputs, labels, targets, gradient=gradient)
            slopes = flow.back(dict(found.gradients)) if gradient else {}
            counts = [
                np.bincount(neurons, minlength=size)
                for name, size in sizes.items()
                for _, neurons in found.spikes[name]
            ]
            return found.loss + flow.penalty, _flat(counts), slopes

        _, counts, gradients = evaluate(self.parameters, gradient=True)
        found = [] if self.heuristic else self._quotients(lambda p: evaluate(p)[:2], gradients)
        return self._report(counts, gradients, found, quotient_of_reference=True)

    def against_quotients(self) -> GradientReport:
        """The fine clock against quotients of its own loss."""
        sim = self.fine

        def evaluate(parameters: Arrays) -> tuple[float, Counts]:
            sim.parameters.update(parameters)
            return sim.run(self.batch).loss, _counts(sim)

        sim.parameters.update(self.parameters)
        gradients = {n: np.array(g) for n, g in sim.gradients(self.batch)[1].items()}
        counts = _counts(sim)
        found = [] if self.heuristic else self._fitted(evaluate, gradients)
        sim.parameters.update(self.parameters)
        return self._report(counts, gradients, found, quotient_of_reference=False)

    @property
    def coarse_counts(self) -> Mapping[str, np.ndarray]:
        """Spike counts by population on the user's clock."""
        return self.coarse.run(self.batch).spikes

    def _quotients(self, evaluate: Evaluation, gradients: Arrays) -> list[Quotient]:
        return quotients(
            evaluate,
            self.parameters,
            gradients,
            self.learned,
            per_parameter=self.samples,
            tolerance=1e-6,
            seed=self.seed,
        )

    def _fitted(self, evaluate: Evaluation, gradients: Arrays) -> list[Quotient]:
        rng = np.random.default_rng(self.seed)
        found: list[Quotient] = []
        for name in self.learned:
            flat = np.asarray(self.parameters[name]).reshape(-1)
            size = max(float(np.abs(flat).max()), 0.1)
            timed = self._spec(name).role in ("delay", "position")
            steps = [k * self.clocks[1] for k in _DELAYS] if timed else [k * size for k in _PROBES]
            for index in sorted(rng.permutation(flat.size)[: self.samples].tolist()):
                values: list[float] = []
                for step in steps:
                    if not self._inside(name, index, step):
                        continue
                    slope = fitted_slope(evaluate, self.parameters, name, index, step)
                    values += [] if slope is None else [slope]
                    if (
                        values
                        and worst_error(gradients, [Quotient(name, index, tuple(values))])[0] < NEAR
                    ):
                        break
                found.append(Quotient(name, index, tuple(values)))
        return found

    def _inside(self, name: str, index: int, step: float) -> bool:
        """Whether all points of a fit lie within the bounds: beyond them there is no slope."""
        spec = self._spec(name)
        value = float(self.parameters[name].reshape(-1)[index])
        ends = np.array([value - FIT_POINTS * step, value + FIT_POINTS * step])
        return bool(np.array_equal(clipped(ends, spec), ends))

    def _spec(self, name: str) -> ParameterSpec:
        return next(p for p in self.spec.leaf_parameters() if p.name == name)

    def _report(
        self,
        counts: Counts,
        gradients: Arrays,
        found: list[Quotient],
        *,
        quotient_of_reference: bool,
    ) -> GradientReport:
        clocked: list[Arrays | None] = []
        for sim in (self.coarse, self.fine):
            gradient = sim.gradients(self.batch)[1]
            clocked.append(gradient if _counts(sim) == counts else None)
        errors = worst_error(gradients, found)[1]
        rows: list[ParameterCheck] = []
        for name in self.learned:
            own = [q for q in found if q.name == name]
            coarse, fine = (
                None if g is None else _distance(g[name], gradients[name]) for g in clocked
            )
            quotient = errors.get(name)
            rows.append(
                ParameterCheck(
                    name,
                    float(np.abs(gradients[name]).max(initial=0.0)),
                    coarse,
                    fine if quotient_of_reference else quotient,
                    quotient if quotient_of_reference else None,
                    len(own),
                    sum(not q.values for q in own),
                )
            )
        return GradientReport(
            network=self.spec.name,
            linear=quotient_of_reference,
            heuristic=self.heuristic,
            dt=self.clocks[0],
            fine=self.clocks[1],
            spikes=sum(counts),
            same=(clocked[0] is not None, clocked[1] is not None),
            parameters=tuple(rows),
        )


def _fine_step(dt: float, duration: float) -> float:
    """A step that divides ``dt``, near 0.01 ms, with a bounded number of steps."""
    wanted = max(min(_FINEST, dt / 10), duration / _MOST_STEPS)
    return dt / max(2, round(dt / wanted))


def _exact_solver(spec: NetworkSpec, duration: float) -> tuple[EventSimulator | None, bool]:
    """The exact solver (None where a flow is not linear), and whether a loss counts spikes."""
    from genprop.adjoint.derive import derive
    from genprop.backends.reference.exact.events import EventSimulator
    from genprop.equations.analyse import understand

    network = understand(spec)
    adjoint: AdjointNetwork = derive(network, spec)
    counted = any(term.observation.surrogate for term in adjoint.loss)
    try:
        return EventSimulator(spec, network, adjoint, duration=duration), counted
    except UnsupportedError:
        return None, counted


def _as_events(
    batch: SpikeBatch, spec: NetworkSpec
) -> list[dict[str, tuple[np.ndarray, np.ndarray]]]:
    sources = [p.name for p in spec.populations if p.neuron is None]
    return [{name: batch.source(name).sample(k) for name in sources} for k in range(len(batch))]


def _counts(sim: Simulator) -> Counts:
    return _flat([row for counts in sim.last.spikes.values() for row in counts])


def _flat(counts: list[np.ndarray]) -> Counts:
    return tuple(np.concatenate(counts).tolist()) if counts else ()


def _distance(found: np.ndarray, expected: np.ndarray) -> float:
    scale = float(np.abs(expected).max(initial=0.0)) or 1.0
    return float(np.abs(np.asarray(found, float) - expected).max(initial=0.0)) / scale
