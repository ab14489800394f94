"""From a description to the Program and its text, derived now or remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from genprop.adjoint.readouts import registered
from genprop.backends import get_backend
from genprop.equations.start import Start
from genprop.errors import GenpropError, UnsupportedError, refuse_if
from genprop.lower.clocks import make_clock
from genprop.runtime.announce import announced
from genprop.runtime.remembered import remembered, rendered
from genprop.stages.expressed import derivations

if TYPE_CHECKING:
    import numpy as np

    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.clocks.base import Clock
    from genprop.lower.program import Program
    from genprop.stages.base import Stage

__all__ = ["in_steps", "lowered", "unsteppable"]


def lowered(
    spec: NetworkSpec,
    clock: Clock,
    solver: str,
    target: Target,
    arrays: Mapping[str, np.ndarray] | None = None,
    stages: Sequence[Stage] = (),
) -> tuple[Program, SourceBundle | None]:
    """The Program and its text, made now or remembered in the user's cache.

    All targets and precisions have the same Program: it is derived once. ``arrays`` are those that
    run first, by flat name; the network must be able to begin with them. ``stages`` are those of
    the description.
    """
    start = Start(spec)
    expressed = derivations(stages, spec)

    def derived() -> Program:
        return _derived(spec, clock, solver, start, arrays)

    if registered(spec):  # by code that no key of the cache names
        program = replace(derived(), derivations=expressed)
        return program, target.render(program)
    words = (spec.digest(), repr(clock), solver, spec.name)
    program = replace(remembered(derived, *words), derivations=expressed)
    if arrays is not None:
        start.refuse_unsound(arrays)
    return program, rendered(lambda: target.render(program), *words, repr(expressed), target.form)


def in_steps(spec: NetworkSpec, program: Program, arrays: Mapping[str, np.ndarray]) -> Program:
    """``program`` on the grid of its dt, whatever its clock: for those who read its steps."""
    if program.clock.rounds:
        return program
    clock = make_clock("grid", program.dt, program.duration)
    return lowered(spec, clock, program.solver, get_backend("reference"), arrays)[0]


def _derived(
    spec: NetworkSpec,
    clock: Clock,
    solver: str,
    start: Start,
    arrays: Mapping[str, np.ndarray] | None,
) -> Program:
    from genprop.adjoint.derive import derive
    from genprop.equations.analyse import understand
    from genprop.lower.network import lower
    from genprop.lower.superposition import beyond_exact
    from genprop.lower.verify import verified

    network = understand(spec)
    if arrays is not None:
        start.refuse_unsound(arrays)  # here a pole has a place, in what is derived it has none
    with announced(f"deriving the equations of {spec.name!r} and their adjoint, once"):
        adjoint = derive(network, spec)
        if not clock.rounds:
            refuse_if(beyond_exact(network, adjoint))
        return verified(lower(spec, adjoint, clock=clock, solver=solver))


def unsteppable(solver: str, clock: Clock) -> list[GenpropError]:
    """The exact clock has no steps that a solver could approximate."""
    if clock.rounds or solver == "exact":
        return []
    return [
        UnsupportedError(
            f"the solver {solver!r} approximates steps, and the clock {clock.name!r} has none",
            where="compile(solver=…, clock=…)",
            remedy="leave solver='exact', or choose clock='grid'",
        )
    ]
