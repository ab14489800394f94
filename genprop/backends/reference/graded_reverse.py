"""Gradients of graded networks: at the fixed point by an adjoint fixed point, or step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import ConvergenceError
from genprop.numerics.graded import losses_of, slopes_at

if TYPE_CHECKING:
    from genprop.backends.reference.graded_trial import Moment, Trial

__all__ = ["at_fixed_point", "unrolled"]

Array = np.ndarray
Key = tuple[str, str]


class _Reverse:
    """The adjoint of one step; p of states, q of inputs and m of values, (batch, n) each."""

    def __init__(self, trial: Trial) -> None:
        self.trial, self.program = trial, trial.program
        everything = trial.now.states | trial.now.values
        self.drive = losses_of(self.program, everything, trial.inputs).slopes
        self.gradients: dict[str, Array] = {
            used.name: np.zeros(p.size if used.per_neuron else ())
            for p in trial.cells
            for used in p.parameters
            if used.learned
        }
        for projection in self.program.projections:
            if projection.learned:
                shape = trial.weights[projection.name].shape
                self.gradients[projection.weight] = np.zeros(shape)
        for p in self.program.populations:
            if p.source:
                self.gradients[f"{p.name}.value"] = np.zeros_like(
                    np.asarray(trial.inputs.values[p.name], np.float64)
                )

    def zeros(self, keys: Iterator[Key]) -> dict[Key, Array]:
        """Zeros for each population and name."""
        batch = self.trial.inputs.batch
        return {k: np.zeros((batch, self.program.population(k[0]).size)) for k in keys}

    def states(self) -> Iterator[Key]:
        """Every population and state."""
        return ((p.name, x) for p in self.trial.cells for x in p.states)

    def inputs(self) -> Iterator[Key]:
        """Every population and input."""
        return ((p.name, i) for p in self.trial.cells for i in p.inputs)

    def values(self) -> Iterator[Key]:
        """Every population and value."""
        return ((p.name, v) for p in self.trial.cells for v in p.values)

    def gather(self, q: dict[Key, Array]) -> dict[Key, Array]:
        """∂L/∂v = W q, of the values that arrive."""
        m = self.zeros(self.values())
        for projection in self.program.projections:
            if not self.program.population(projection.pre).source:
                weight = self.trial.weights[projection.name]
                key = projection.pre, projection.value
                m[key] = m[key] + q[projection.post, projection.input] @ weight.T
        return m

    def slopes(self, before: Moment, after: Moment) -> tuple[dict[str, dict[Key, Array]], ...]:
        """Those of the states and of the values, by population."""
        trial = self.trial
        of_states = {
            p.name: slopes_at(p.of_states, trial.reads(p, before, after)) for p in trial.cells
        }
        of_values = {
            p.name: slopes_at(p.of_values, trial.reads(p, after, after)) for p in trial.cells
        }
        return of_states, of_values

    def accumulate(
        self,
        slopes: tuple[dict[str, dict[Key, Array]], ...],
        p: dict[Key, Array],
        m: dict[Key, Array],
    ) -> None:
        """∂L/∂θ += F_θᵀ p + S_θᵀ m."""
        for cell in self.trial.cells:
            for used in cell.parameters:
                if not used.learned:
                    continue
                for found, adjoint in zip(slopes, (p, m), strict=True):
                    for (of, by), slope in found[cell.name].items():
                        if by == used.local:
                            each = slope * adjoint[cell.name, of]
                            self.gradients[used.name] += (
                                each.sum(axis=0) if used.per_neuron else each.sum()
                            )

    def arrive(self, q: dict[Key, Array], before: Moment, step: int) -> None:
        """∂L/∂W += v qᵀ, and ∂L/∂ of what the sources sent."""
        for projection in self.program.projections:
            adjoint = q[projection.post, projection.input]
            if projection.learned:
                sent = self.trial.sent(projection, before, step)
                self.gradients[projection.weight] += sent.T @ adjoint
            if self.program.population(projection.pre).source:
                given = self.gradients[f"{projection.pre}.value"]
                own = adjoint @ self.trial.weights[projection.name].T
                if given.ndim == 3:
                    given[:, step] += own
                else:
                    given += own

    def finished(self) -> dict[str, Array]:
        """The gradients, in the shapes of their parameters."""
        topology = self.trial.topology
        for projection in self.program.projections:
            synapses = topology[projection.name]
            if projection.learned and not synapses.dense:
                full = self.gradients[projection.weight]
                self.gradients[projection.weight] = full[synapses.row, synapses.column]
        return self.gradients


def _through(
    slopes: dict[str, dict[Key, Array]],
    adjoint: dict[Key, Array],
    to: dict[Key, Array],
) -> None:
    """``to`` += Σ_of slope(of, by) · adjoint(of)."""
    for population, found in slopes.items():
        for (of, by), slope in found.items():
            if (population, by) in to:
                to[population, by] = to[population, by] + slope * adjoint[population, of]


def at_fixed_point(trial: Trial) -> dict[str, Array]:
    """The adjoint fixed point, at the states where the network settled.

    Raises:
        ConvergenceError: where it does not settle in the steps of a trial.
    """
    reverse, now = _Reverse(trial), trial.now
    slopes = reverse.slopes(now, now)
    of_states, of_values = slopes
    p, q, m = (reverse.zeros(k()) for k in (reverse.states, reverse.inputs, reverse.values))
    scale = np.zeros(trial.inputs.batch)
    for drive in reverse.drive.values():
        scale = np.maximum(scale, np.abs(drive).max(axis=1))
    allowed, speed = scale * (trial.program.tolerance or 0.0), scale
    for _ in range(trial.program.steps):
        m = reverse.gather(q)
        for key in m:
            m[key] = m[key] + reverse.drive.get(key, 0.0)
        later, q = reverse.zeros(reverse.states()), reverse.zeros(reverse.inputs())
        _through(of_states, p, later)
        _through(of_values, m, later)
        for key in later:
            later[key] = later[key] + reverse.drive.get(key, 0.0)
        _through(of_states, later, q)
        _through(of_values, m, q)
        moved = np.max([np.abs(later[k] - p[k]).max(axis=1) for k in p], axis=0)
        p, speed = later, moved / trial.program.dt
        if np.all(speed <= allowed):
            break
    else:
        worst = int(np.argmax(speed - allowed))
        raise ConvergenceError(
            f"the adjoint has not settled after {trial.program.steps} steps: it still moves by "
            f"{speed[worst] / max(scale[worst], 1e-300):.3g} of its drive per ms",
            where=f"sample {worst} of the batch",
            remedy="give a longer duration, or a larger tolerance",
        )
    reverse.accumulate(slopes, p, m)
    reverse.arrive(q, now, 0)
    return reverse.finished()


def unrolled(trial: Trial) -> dict[str, Array]:
    """Back through every step of the trial."""
    reverse = _Reverse(trial)
    moments = [*trial.moments, trial.now]
    p = reverse.zeros(reverse.states())
    for key in p:
        p[key] = p[key] + reverse.drive.get(key, 0.0)
    m = reverse.zeros(reverse.values())
    for key in m:
        m[key] = m[key] + reverse.drive.get(key, 0.0)
    for step in range(len(trial.moments) - 1, -1, -1):
        before, after = moments[step], moments[step + 1]
        slopes = reverse.slopes(before, after)
        of_states, of_values = slopes
        _through(of_values, m, p)
        reverse.accumulate(slopes, p, m)
        q, earlier = reverse.zeros(reverse.inputs()), reverse.zeros(reverse.states())
        _through(of_states, p, q)
        _through(of_values, m, q)
        _through(of_states, p, earlier)
        reverse.arrive(q, before, step)
        p, m = earlier, reverse.gather(q)
    start = moments[0]
    numbers = {c.name: slopes_at(c.of_values, trial.reads(c, start, start)) for c in trial.cells}
    empty: dict[str, dict[Key, Array]] = {c.name: {} for c in trial.cells}
    reverse.accumulate((empty, numbers), p, m)
    return reverse.finished()
