"""Whether a graded network can settle with its step, and whether it has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import ConvergenceError, DescriptionError, DivergenceError, refuse_if
from genprop.numerics.graded import constants_of, slopes_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.backends.graded import GradedOutcome
    from genprop.describe.topology import Topology
    from genprop.lower.graded_program import GradedPopulation, GradedProgram, GradedProjection

__all__ = ["largest_step", "refuse_long_step", "refuse_unsettled"]

_FAR = 1e6
"""A state and an input far above every threshold: there all neurons of a population are active."""
_MARGIN = 1 + 1e-9


def refuse_unsettled(program: GradedProgram, outcome: GradedOutcome) -> None:
    """Refuse a batch in which a sample had not settled at the end of its trial.

    Raises:
        DivergenceError: where a state left the finite numbers.
        ConvergenceError: with the steps made, the largest speed left, and what to try.
    """
    if outcome.finite is not None and not outcome.finite.all():
        raise DivergenceError(
            "a state leaves the finite numbers",
            where=f"sample {int(np.argmin(outcome.finite))} of the batch",
            remedy=f"take shorter steps: compile(…, dt={program.dt / 4:g})",
        )
    tolerance = program.tolerance
    if tolerance is None:
        return
    moving = np.flatnonzero(~(outcome.speed <= tolerance))
    if moving.size:
        worst = int(moving[np.argmax(outcome.speed[moving])])
        raise ConvergenceError(
            f"{moving.size} of {len(outcome.speed)} samples have not settled after {program.steps} "
            f"steps: a state still moves by {outcome.speed[worst]:.3g} per ms, and the tolerance "
            f"is {tolerance:g}",
            where=f"sample {worst} of the batch",
            remedy="give compile a longer duration, a larger tolerance, or a shorter dt where it "
            "swings from step to step",
        )


def refuse_long_step(
    program: GradedProgram, arrays: Mapping[str, np.ndarray], topology: Topology, checked: bytes
) -> bytes:
    """Refuse a step at which a population that inhibits itself cannot settle.

    Args:
        program: the network.
        arrays: what runs, by flat name.
        topology: the synapses.
        checked: what this gave for arrays that were found sound, which are not looked at again.

    Raises:
        DescriptionError: with the step and the largest legal one.
    """
    if program.tolerance is None:
        return checked
    looked_at = [(q, p) for q, p in _recurrent(program) if topology[q.name].dense]
    names = [q.weight for q, _ in looked_at]
    names += [used.name for _, p in looked_at for used in p.parameters]
    now = hashlib.sha256(b"".join(np.asarray(arrays[n]).tobytes() for n in names)).digest()
    if now != checked:
        refuse_if(_too_long(program, looked_at, arrays))
    return now


def largest_step(
    program: GradedProgram,
    projection: GradedProjection,
    population: GradedPopulation,
    arrays: Mapping[str, np.ndarray],
) -> float:
    """The largest dt [ms] at which Euler's step of a population with itself is stable.

    Where all neurons are active the step is x ← x + dt A x with A = ∂f/∂x + ∂f/∂I Wᵀ ∂v/∂x; of
    the locally competitive algorithm A = −DᵀD/τ, and the bound 2/|λ| is 2 τ/λ_max(DᵀD). Infinite
    where W is not symmetric or A has positive eigenvalues, of which this says nothing.
    """
    weight = np.asarray(arrays[projection.weight], np.float64)
    if not np.allclose(weight, weight.T, rtol=1e-5, atol=1e-6):
        return np.inf
    (state,), values = population.states, constants_of(population, arrays, program.dt)
    values |= {state: np.asarray(_FAR)}
    bounds = dict(zip(population.inputs, population.input_bounds, strict=True))
    values |= {i: np.asarray(_FAR if b is None else b) for i, b in bounds.items()}
    of_states, of_values = (
        slopes_at(s, values) for s in (population.of_states, population.of_values)
    )
    own = of_states.get((state, state), np.zeros(()))
    driven = of_states.get((state, projection.input), np.zeros(()))
    sent = of_values.get((projection.value, state), np.zeros(()))
    gain = np.broadcast_to(driven * sent, population.size)
    if np.any(gain < 0):
        return np.inf
    root = np.sqrt(gain)  # similar to the symmetric matrix that has the same eigenvalues
    step = np.diag(np.broadcast_to(own, population.size)) + root[:, None] * weight * root[None, :]
    fastest = float(np.linalg.eigvalsh(step)[0])
    return np.inf if fastest >= 1 else 2 * program.dt / (1 - fastest)


def _recurrent(program: GradedProgram) -> Iterator[tuple[GradedProjection, GradedPopulation]]:
    for q in program.projections:
        population = program.population(q.pre)
        if q.pre == q.post and len(population.states) == 1:
            yield q, population


def _too_long(
    program: GradedProgram,
    looked_at: list[tuple[GradedProjection, GradedPopulation]],
    arrays: Mapping[str, np.ndarray],
) -> Iterator[DescriptionError]:
    for projection, population in looked_at:
        legal = largest_step(program, projection, population, arrays)
        if program.dt > legal * _MARGIN:
            yield DescriptionError(
                f"a step of {program.dt:g} ms is beyond 2/λ of what {population.name!r} does to "
                f"itself: the network would swing, not settle; the largest legal step is "
                f"{legal:.6g} ms",
                where=f"projection {projection.name}",
                remedy=f"compile(…, dt={_rounded_down(legal):g}) or smaller, or a longer time "
                "constant",
            )


def _rounded_down(step: float) -> float:
    scale = 10.0 ** (np.floor(np.log10(step)) - 1)
    return float(np.floor(step / scale) * scale)
