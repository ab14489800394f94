"""Are the gradients of a network right? Measured, for users' own networks.

Linear networks are solved exactly, event by event: their gradients on the exact clock, on the grid
of the user's dt and on a fine one are compared with the exact gradient, and that with difference
quotients of the exact loss; others with quotients of the loss on the fine grid. An error there is
called wrong only where it stays on finer grids: spikes rounded to steps make errors too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import refuse_unlike
from genprop.backends.native import Native
from genprop.errors import DescriptionError
from genprop.runtime.compared import distance, flat, on_exact_clock, spike_counts
from genprop.runtime.compile import compile
from genprop.runtime.differences import Quotient, quotients, worst_error
from genprop.runtime.exact_measure import ExactMeasure, exact_solver, fine_step, same_counts
from genprop.runtime.fitted import fitted_quotients
from genprop.runtime.graded_show import refuse_graded
from genprop.runtime.random_batch import random_batch
from genprop.runtime.report import EXACT, NEAR, SINGLE, GradientReport, ParameterCheck, stays
from genprop.stages.stack import Stages
from genprop.units import Quantity, in_ms

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.network import Network
    from genprop.describe.objective import Loss
    from genprop.runtime.simulator import Simulator

__all__ = ["check_gradients"]

Arrays = Mapping[str, np.ndarray]
Errors = Mapping[str, float]
Counts = tuple[int, ...]
Evaluation = Callable[[Arrays], tuple[float, Counts]]

_DRAWS = 8
_REFINEMENTS, _FINEST_STEPS = 3, 500_000
_FITTED_REFINEMENTS, _FITTED_STEPS = 2, 200_000  # a fit takes many runs


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
    trials: int | None = None,
) -> GradientReport:
    """Compare the derived gradients of a network with independent measures.

    Args:
        net: the description.
        loss: what is minimised.
        dt: the step to be used for learning; numbers are ms.
        duration: of a trial.
        batch: what to run; random spikes and labels where absent. A few samples are enough. Only
            those are compared that have as many spikes on the fine clock as the exact solver has.
        samples: components per parameter that difference quotients are taken of.
        seed: of initial parameters, random input and the choice of components.
        fine: the fine step; a hundredth of a ms or a tenth of ``dt`` by default. Where gradients
            are far from what they should be it is divided by 4, up to three times, for
            quotients twice.
        backend: runs the clocks; by default the native one in double precision.
        trials: of the samples that can be compared, how many are at most; by default all.

    Returns:
        A report; ``print(report)`` shows it, ``report.passed`` is the verdict.
    """
    refuse_unlike(net, "freeze connect", "check_gradients(net, …)", "gp.Network(…)")
    refuse_unlike(loss, "terms penalties", "check_gradients(loss=…)", "gp.CrossEntropy(…)")
    if batch is not None:
        refuse_unlike(batch, "start times", "check_gradients(batch=…)", "gp.data.SpikeBatch")
    clocks = in_ms(dt), in_ms(fine) if fine is not None else fine_step(in_ms(dt), in_ms(duration))
    check = _Check(
        net, loss, clocks, in_ms(duration), batch, samples, seed, backend or Native("double")
    )
    return check.report(batch, trials)


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
        refuse_graded(
            self.spec,
            "check_gradients(net, …)",
            "compare gradients at the fixed point with those of sim.on(tolerance=float('inf'), "
            "backend='reference'), which goes through all steps",
        )
        self.batch = batch if batch is not None else random_batch(self.spec, duration, seed)
        self.drawn, self.duration = (len(self.batch), len(self.batch)), duration
        self.learned = [p.name for p in self.spec.leaf_parameters() if p.learned]
        if not self.learned:
            raise DescriptionError("nothing is learned", remedy="declare a weight as gp.learn(…)")

        def compiled(step: float, clock: str = "grid") -> Simulator:
            return compile(
                net,
                loss=loss,
                dt=step,
                duration=duration,
                batch=len(self.batch),
                backend=backend,
                seed=seed,
                clock=clock,
            )

        self._compiled = compiled
        self.coarse, self.fine = map(compiled, clocks)
        self.parameters = {
            name: np.array(x, np.float64) for name, x in self.fine.parameters.items()
        }
        self.fine.stages.hold_constants(self.parameters, self.fine.topology)
        solver, self.heuristic = exact_solver(self.spec, duration)
        stages = Stages(self.fine.stages.all, self.spec, np.float64)
        self.exact = solver and ExactMeasure(solver, self.spec, stages, self.fine.topology)

    def report(self, batch: SpikeBatch | None, trials: int | None) -> GradientReport:
        """Choose the samples and compare."""
        if (measure := self.exact) is None:
            self.batch = self.batch.select(range(len(self.batch))[:trials])
            self.drawn = (len(self.batch), self.drawn[1])
            return self.against_quotients()
        self._choose(measure, batch, trials)
        return self.against_exact(measure)

    def _choose(self, measure: ExactMeasure, batch: SpikeBatch | None, trials: int | None) -> None:
        """Take samples that spike as often on the fine clock as exactly; without any, all."""
        for draw in range(_DRAWS if batch is None else 1):
            if batch is None:
                self.batch = random_batch(self.spec, self.duration, self.seed, draw)
            _, counts, _ = measure.evaluate(self.batch, self.parameters)
            same = np.flatnonzero(same_counts(counts, self.fine.run(self.batch).spikes))
            if same.size:
                self.drawn = (same[:trials].size, len(self.batch))
                self.batch = self.batch.select(same[:trials])
                return
        self.drawn = (0, len(self.batch))
        self.batch = self.batch.select(range(len(self.batch))[:trials])

    def _refine(self, measure: Callable[[], Errors | None], times: int, most: int) -> list[Errors]:
        """Take the fine clock finer, where gradients are far from what they should be.

        Close to a graze that takes small steps. A gradient that is wrong does not come nearer.
        That is done ``times`` times at most, up to ``most`` steps.
        ``measure`` gives the errors on it, None where its spikes are others than those sought.
        """
        first = measure()
        errors = [] if first is None else [first]
        for _ in range(times):
            step = self.clocks[1] / 4
            near = errors and max(errors[-1].values(), default=0.0) <= NEAR
            if near or self.duration / step > most:
                break
            before, self.fine = self.fine, self._compiled(step)
            found = measure()
            if found is None:
                self.fine = before
                break
            self.clocks = (self.clocks[0], step)
            errors.append(found)
        return errors

    def against_exact(self, measure: ExactMeasure) -> GradientReport:
        """Both clocks against the exact solver, and that against quotients of its loss."""

        def evaluate(parameters: Arrays) -> tuple[float, Counts]:
            loss, counts, _ = measure.evaluate(self.batch, parameters)
            return loss, flat(counts)

        _, counts, gradients = measure.evaluate(self.batch, self.parameters, gradient=True)
        found = [] if self.heuristic else self._quotients(evaluate, gradients)

        def errors() -> Errors | None:
            own = self.fine.gradients(self.batch)[1]
            if spike_counts(self.fine) != flat(counts):
                return None
            return {name: distance(own[name], gradients[name]) for name in self.learned}

        steps = self._refine(errors, _REFINEMENTS, _FINEST_STEPS)
        real = on_exact_clock(
            self._compiled, self.coarse, measure, self.batch, self.parameters, self.learned
        )
        return self._report(flat(counts), gradients, found, real or {}, steps, exact=True)

    def against_quotients(self) -> GradientReport:
        """The fine clock against quotients of its own loss."""
        gradients: dict[str, np.ndarray] = {}
        found: list[Quotient] = []

        def evaluate(parameters: Arrays) -> tuple[float, Counts]:
            self.fine.parameters.update(parameters)
            return self.fine.run(self.batch).loss, spike_counts(self.fine)

        def errors() -> Errors:
            sim = self.fine
            sim.parameters.update(self.parameters)
            gradients.update({n: np.array(g) for n, g in sim.gradients(self.batch)[1].items()})
            found[:] = [] if self.heuristic else self._fitted(evaluate, gradients)
            sim.parameters.update(self.parameters)
            return worst_error(gradients, found)[1]

        steps = self._refine(errors, _FITTED_REFINEMENTS, _FITTED_STEPS)
        self.fine.run(self.batch)
        counts = spike_counts(self.fine)
        return self._report(counts, gradients, found, {}, steps, exact=False)

    def _fitted(self, evaluate: Evaluation, gradients: Arrays) -> list[Quotient]:
        return fitted_quotients(
            evaluate,
            self.parameters,
            gradients,
            [p for p in self.spec.leaf_parameters() if p.learned],
            dt=self.fine.dt,
            per_parameter=self.samples,
            seed=self.seed,
        )

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

    def _report(
        self,
        counts: Counts,
        gradients: Arrays,
        found: list[Quotient],
        real: Mapping[str, float],
        steps: list[Errors],
        *,
        exact: bool,
    ) -> GradientReport:
        clocked: list[Arrays | None] = []
        for sim in (self.coarse, self.fine):
            gradient = sim.gradients(self.batch)[1]
            clocked.append(gradient if spike_counts(sim) == counts else None)
        errors = worst_error(gradients, found)[1]
        rows: list[ParameterCheck] = []
        for name in self.learned:
            own = [q for q in found if q.name == name]
            coarse, fine = (
                None if g is None else distance(g[name], gradients[name]) for g in clocked
            )
            quotient = errors.get(name)
            rows.append(
                ParameterCheck(
                    name,
                    float(np.abs(gradients[name]).max(initial=0.0)),
                    coarse,
                    fine if exact else quotient,
                    quotient if exact else None,
                    len(own),
                    sum(not q.values for q in own),
                    real.get(name),
                    SINGLE if self.coarse.engine.dtype == np.float32 else EXACT,
                    stays([e[name] for e in steps if name in e]),
                )
            )
        return GradientReport(
            network=self.spec.name,
            linear=exact,
            heuristic=self.heuristic,
            dt=self.clocks[0],
            fine=self.clocks[1],
            spikes=sum(counts),
            same=(clocked[0] is not None, clocked[1] is not None),
            samples=self.drawn,
            parameters=tuple(rows),
        )
