"""Classical fourth-order Runge–Kutta for flows that are not linear, with sub-steps.

The reverse is the exact adjoint of the step: the stages are computed again from the taped state and
run backwards line by line, so that parameters and states get the derivative of the very map that
was run.

Of a spiking population the step also says whether it may stand: whether every sub-step is
accurate and ends below the threshold. Where it may not, the same sub-steps are taken again, of
lengths that locate the spike and follow the upstroke (:mod:`genprop.lower.event_location`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import sympy

from genprop.lower.event_location import EventLocation, SubStep
from genprop.lower.nodes import Assign, Statement, names_in
from genprop.lower.solvers.base import DEFAULT_SUBSTEPS, Solution
from genprop.lower.stages import FreshNames, Stages, tolerances

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointSystem

__all__ = ["steps"]

Flow = Mapping[sympy.Symbol, sympy.Expr]


def steps(adjoint: AdjointSystem, learned: frozenset[str], dt: float, substeps: int) -> Solution:
    """The Runge–Kutta step of a population in ``substeps`` parts (2 by default)."""
    system = adjoint.system
    parameters = tuple(s for s, name in system.parameters.items() if name in learned)
    count = substeps or DEFAULT_SUBSTEPS
    free = _Flow(adjoint, system.flow, parameters)
    step, backward = free.steps(dt / count, count)
    tape = tuple(x.name for x in system.states)
    location = _location(free, None, dt, count)
    if not system.held:
        return Solution(step, (), backward, (), tape, (), location)
    held = _Flow(adjoint, system.held_flow, parameters)
    held_step, held_backward = held.steps(dt / count, count)
    location = _location(free, held, dt, count)
    return Solution(step, held_step, backward, held_backward, tape, (), location)


def _location(free: _Flow, held: _Flow | None, dt: float, count: int) -> EventLocation | None:
    system = free.adjoint.system
    if system.guard is None or system.linear or system.rising:
        return None  # a spike that resets nothing changes no step, and stays at the end of one
    names = FreshNames(free.adjoint)
    return EventLocation(
        longest=dt / count,
        length=names.length.name,
        accurate=names.accurate.name,
        dL_dlength=names.dL_dlength.name,
        dL_dwait=names.dL_dwait.name,
        elapsed=names.elapsed.name,
        dL_delapsed=names.dL_delapsed.name,
        motion=tuple(names.motion[x].name for x in system.states),
        step=free.checked_steps(dt / count, count, below=True),
        held_step=held.checked_steps(dt / count, count, below=False) if held else (),
        free=free.sub_step(dt / count),
        held=held.sub_step(dt / count) if held else None,
        climb=free.climb(dt / count),
    )


class _Flow:
    """One flow in Runge–Kutta steps."""

    def __init__(
        self, adjoint: AdjointSystem, flow: Flow, parameters: Sequence[sympy.Symbol]
    ) -> None:
        self.adjoint, self.flow, self.parameters = adjoint, flow, parameters

    def steps(self, h: float, count: int) -> tuple[tuple[Assign, ...], tuple[Statement, ...]]:
        """``count`` sub-steps of ``h`` [ms], and the same stages again with their reverse."""
        stages = Stages(self.adjoint, self.flow, h, count)
        reverse, results = stages.reverse(self.parameters)
        again = [*stages.assignments, *reverse]
        last = stages.results()
        return (*_needed(stages.assignments, last), *last), (*_needed(again, results), *results)

    def checked_steps(self, h: float, count: int, *, below: bool) -> tuple[Assign, ...]:
        """The same sub-steps, and whether all are accurate and, if wanted, end ``below`` g = 0."""
        stages = Stages(self.adjoint, self.flow, h, count)
        results = [stages.checked(tolerances(h)[1], below=below), *stages.results()]
        return (*_needed(stages.assignments, results), *results)

    def sub_step(self, longest: float) -> SubStep:
        """One sub-step whose length is a variable."""
        stages = Stages(self.adjoint, self.flow)
        reverse, back = stages.reverse(self.parameters)
        again = [*stages.assignments, *reverse]
        tangent, motion = stages.tangent()
        moved = [*stages.assignments, *tangent]
        results = [stages.checked(tolerances(longest)[0], below=False), *stages.results()]
        return SubStep(
            advance=(*_needed(stages.assignments, results), *results),
            motion=(*_needed(moved, motion), *motion),
            reverse=(*_needed(again, back), *back),
        )

    def climb(self, longest: float) -> SubStep:
        """A part of the way to the threshold."""
        stages = Stages(self.adjoint, self.flow, climbing=longest)
        reverse, back = stages.reverse(self.parameters)
        again = [*stages.assignments, *reverse]
        results = [stages.checked(tolerances(longest)[0], below=False), *stages.results()]
        return SubStep(
            advance=(*_needed(stages.assignments, results), *results),
            motion=(),
            reverse=(*_needed(again, back), *back),
        )


def _needed(lines: Sequence[Assign], results: Sequence[Statement]) -> Iterator[Assign]:
    """Those ``lines`` that the ``results`` read, directly or through other lines."""
    read = {name for result in results for name in names_in(result.value)}
    needed: list[Assign] = []
    for line in reversed(lines):
        if line.target in read:
            needed.append(line)
            read |= set(names_in(line.value))
    return reversed(needed)
