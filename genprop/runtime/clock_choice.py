"""Which clock a network runs on where none is named, and why, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from genprop.adjoint.readouts import registered
from genprop.backends import get_backend
from genprop.errors import UnsupportedError
from genprop.lower.clocks import make_clock
from genprop.runtime.lowering import lowered, unsteppable
from genprop.runtime.remembered import remembered

if TYPE_CHECKING:
    import numpy as np

    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec
    from genprop.errors import GenpropError
    from genprop.lower.clocks.base import Clock

__all__ = ["choose_clock", "clock_words", "why_not_exact"]

Arrays = Mapping[str, "np.ndarray"]


def choose_clock(
    name: str | None,
    dt: float,
    duration: float,
    spec: NetworkSpec,
    target: Target,
    solver: str,
    arrays: Callable[[], Arrays] | None = None,
) -> Clock:
    """The clock called ``name``; the best that ``spec`` and ``target`` have where it is None.

    Args:
        name: ``"exact"``, ``"grid"`` or None.
        dt: [ms].
        duration: [ms].
        spec: the network.
        target: the backend.
        solver: as for ``compile``.
        arrays: gives those that run first, with which the network must be able to begin.
    """
    if name is None:
        grid = make_clock("grid", dt, duration)
        if why_not_exact(spec, target, solver, grid, arrays):
            return grid
        name = "exact"
    return make_clock(name, dt, duration)


def why_not_exact(
    spec: NetworkSpec,
    target: Target,
    solver: str,
    clock: Clock,
    arrays: Callable[[], Arrays] | None = None,
) -> str:
    """Why the exact clock cannot run ``spec`` on ``target``, in words; empty where it can."""
    exact, grid = (make_clock(n, clock.dt, clock.duration) for n in ("exact", "grid"))
    known = {str(finding) for finding in target.check(spec, grid)}
    findings = [f for f in target.check(spec, exact) if str(f) not in known]
    reasons = [_words(f) for f in (*findings, *unsteppable(solver, exact))]
    return "; ".join(reasons or _beyond(spec, exact, arrays))


def clock_words(spec: NetworkSpec, target: Target, solver: str, clock: Clock) -> str:
    """Which clock runs, and why the grid where it does, in one sentence."""
    if not clock.rounds:
        return (
            "exact clock: spikes, arrivals and releases at their real times, gradients of the loss "
            f"itself; dt = {clock.dt:g} ms: states are recorded, losses over time averaged by it"
        )
    reason = why_not_exact(spec, target, solver, clock)
    if reason:
        return f"time grid of {clock.dt:g} ms, since the exact clock cannot run it: {reason}"
    return (
        f"time grid of {clock.dt:g} ms, as chosen: spikes and delays are rounded to steps, "
        "gradients deviate by that; clock='exact' can run it without"
    )


def _beyond(spec: NetworkSpec, clock: Clock, arrays: Callable[[], Arrays] | None) -> list[str]:
    """What about the network itself the exact ``clock`` cannot run: what its lowering refuses."""

    def found() -> list[str]:
        given = None if arrays is None else arrays()
        try:
            lowered(spec, clock, "exact", get_backend("reference"), given)  # remembered, if it can
        except UnsupportedError as refused:
            return [_words(refused)]
        return []

    if registered(spec):  # by code that no key of the cache names
        return found()
    return remembered(found, "beyond exact", spec.digest(), repr(clock), spec.name)


def _words(finding: GenpropError) -> str:
    return f"{finding.where}: {finding.what}" if finding.where else finding.what
