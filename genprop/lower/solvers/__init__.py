"""Solvers: how a flow becomes a step, forward and in reverse. One file each, found by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointSystem
    from genprop.lower.solvers.base import Solution

__all__ = ["solve"]


def solve(adjoint: AdjointSystem, learned: frozenset[str], solver: str, dt: float) -> Solution:
    """The steps of one population by the solver ``"name"`` or ``"name:substeps"``.

    ``"exact"`` falls back to ``"runge_kutta"`` for flows that are not linear, which it cannot
    solve.

    Raises:
        UnsupportedError: for a solver that does not exist.
    """
    name, _, substeps = solver.partition(":")
    if name == "exact" and not adjoint.system.linear:
        name = "runge_kutta"
    try:
        module = import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise UnsupportedError(
            f"there is no solver {name!r}",
            where="compile(solver=…)",
            remedy="use 'exact' (linear flows), 'runge_kutta', or 'runge_kutta:4' (four sub-steps)",
        ) from error
    return module.steps(adjoint, learned, dt, int(substeps) if substeps else 0)
