"""Saved networks that other code of genprop wrote: their Programs are derived anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from genprop._warn import warn
from genprop.errors import ConfigurationError
from genprop.lower.clocks import make_clock
from genprop.runtime.lowering import lowered
from genprop.runtime.serialise import serialised

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.program import Program

__all__ = ["derived_anew", "refuse_edited"]

Saved = Mapping[str, object]


def derived_anew(
    found: Saved, spec: NetworkSpec, target: Target, sources: SourceBundle | None, where: str
) -> tuple[Program, SourceBundle | None]:
    """Program and text of ``spec`` as they are now, by the clock and the solver of ``found``.

    Sources and the code that calls them are of one version, so text of another one is not used.

    Raises:
        ConfigurationError: where ``sources`` were edited, or no solver gives the Program's steps.
    """
    refuse_edited(found, sources, where)
    if sources is not None and "sources" not in found:
        warn(
            f"{where}: another version of genprop wrote the sources; they are rendered anew and "
            "edits made in them are not used",
        )
    saved = cast("Saved", found["program"])
    time = cast("Saved", saved.get("clock", saved))
    dt, steps = float(str(time["dt"])), int(str(time["steps"]))
    clock = make_clock(str(found.get("clock", "grid")), dt, dt * steps)
    for solver in _solvers(saved):
        program, bundle = lowered(spec, clock, solver, target)
        if "solver" in saved or _steps(saved) == _steps(cast("Saved", serialised(program))):
            return program, bundle
    raise ConfigurationError(
        "another version of genprop wrote this network, by a solver that is not named",
        where=where,
        remedy="write the folder again: genprop build NET -o DIR",
    )


def refuse_edited(found: Saved, sources: SourceBundle | None, where: str) -> None:
    """Refuse sources that were edited, to be called by code that did not write them.

    Raises:
        ConfigurationError: where their digest is not the saved one.
    """
    if sources is not None and found.get("sources") not in (None, sources.digest()):
        raise ConfigurationError(
            "the sources were edited, and another version of genprop wrote them",
            where=where,
            remedy="make the edits in what genprop build NET -o OTHER writes now",
        )


def _solvers(saved: Saved) -> Iterator[str]:
    """The one that is named; Programs of before did not name it."""
    if "solver" in saved:
        yield str(saved["solver"])
        return
    yield "exact"
    yield from (f"runge_kutta:{n}" for n in range(1, 17))


def _steps(program: Saved) -> list[object]:
    populations = cast("list[Saved]", program["populations"])
    return [population["step"] for population in populations]
