"""Whether a graded network can settle with its step, and whether it has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import ConvergenceError, DescriptionError, DivergenceError, refuse_if
from genprop.runtime.at_rest import around_rest
from genprop.runtime.linearised import Circle, circles, largest_step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.backends.graded import GradedOutcome
    from genprop.describe.topology import Topology
    from genprop.lower.graded_program import GradedProgram
    from genprop.numerics.graded import GradedInputs

__all__ = ["refuse_long_step", "refuse_swinging", "refuse_unsettled"]

_SMALL, _LARGE = 200, 2000
"""Rows of a matrix whose eigenvalues are found in milliseconds, and in seconds."""


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


def refuse_swinging(
    program: GradedProgram,
    outcome: GradedOutcome,
    arrays: Mapping[str, np.ndarray],
    topology: Topology,
    inputs: GradedInputs,
) -> None:
    """Refuse the step of a batch that has not settled, if that is why.

    Raises:
        DescriptionError: with the step and the largest legal one.
    """
    if program.tolerance is None or np.all(outcome.speed <= program.tolerance):
        return
    refuse_if(_too_long(program.dt, circles(program, arrays, topology)))
    sample = int(np.argmax(~(outcome.speed <= program.tolerance)))
    whole = around_rest(program, arrays, topology, inputs, sample)
    if whole is not None:
        refuse_if(_too_long_at_rest(program.dt, whole, sample))


def refuse_long_step(
    program: GradedProgram, arrays: Mapping[str, np.ndarray], topology: Topology, checked: bytes
) -> bytes:
    """Refuse a step at which populations that drive each other cannot settle.

    What falls into modes, or is small, is looked at whenever its arrays change; larger circles are
    looked at once, and again where a sample has not settled.

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
    found = list(circles(program, arrays, topology))
    names = [q.weight for c in found for q in c.projections]
    names += [used.name for c in found for p in c.populations for used in p.parameters]
    now = hashlib.sha256(b"".join(np.asarray(arrays[n]).tobytes() for n in names)).digest()
    if now != checked:
        due = (c for c in found if c.modal or c.size <= (_SMALL if checked else _LARGE))
        refuse_if(_too_long(program.dt, due))
    return now


def _too_long(dt: float, found: Iterable[Circle]) -> Iterator[DescriptionError]:
    for circle in found:
        legal = largest_step(circle, dt)
        if legal < dt:
            first, more = circle.populations[0].name, len(circle.populations) > 1
            does = "do to each other" if more else "does to itself"
            yield DescriptionError(
                f"a step of {dt:g} ms is beyond 2/λ of what {circle.names} {does}: the network "
                f"would swing, not settle; the largest legal step is {legal:.6g} ms",
                where=" and ".join(f"projection {q.name}" for q in circle.projections)
                or f"population {first}",
                remedy=f"compile(…, dt={_rounded_down(legal):g}) or smaller, or longer time "
                "constants",
            )


def _too_long_at_rest(dt: float, whole: Circle, sample: int) -> Iterator[DescriptionError]:
    legal = largest_step(whole, dt)
    if legal < dt:
        each = {p.name: replace(whole, populations=(p,), projections=()) for p in whole.populations}
        alone = [repr(name) for name, own in each.items() if largest_step(own, dt) < dt]
        yield DescriptionError(
            f"with a step of {dt:g} ms {' and '.join(alone) or 'the network'} would swing where "
            f"sample {sample} of the batch settles with shorter ones; the largest legal step there "
            f"is {legal:.6g} ms",
            where=f"population {', '.join(alone)}" if alone else "",
            remedy=f"compile(…, dt={_rounded_down(legal):g}) or smaller, or longer time constants",
        )


def _rounded_down(step: float) -> float:
    scale = 10.0 ** (np.floor(np.log10(step)) - 1)
    return float(np.floor(step / scale) * scale)
