"""Saved networks whose neurons send values: their Program and text, as saved or derived anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from genprop.errors import ConfigurationError, refuse_if
from genprop.runtime.earlier import refuse_edited
from genprop.runtime.graded_compile import GradedBuild, build_graded, graded_target
from genprop.runtime.remembered import fingerprint
from genprop.runtime.serialise import deserialised
from genprop.runtime.soundness import refuse_unsound_files

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.graded_program import GradedProgram

__all__ = ["saved_graded"]

Saved = Mapping[str, object]


def saved_graded(
    found: Saved, spec: NetworkSpec, target: Target, sources: SourceBundle | None, where: str
) -> GradedBuild:
    """What a saved network is made of: ``sources`` as they are, where this code wrote them.

    Raises:
        ConfigurationError: where sources were edited that other code wrote, and for a description
            and a Program that do not belong together.
        GenpropError: for what the backend cannot run.
    """
    if found.get("code") == fingerprint():
        able = graded_target(target)
        refuse_if(able.check_graded(spec))
        program = cast("GradedProgram", deserialised(found["program"], where))
        refuse_unsound_files(spec, program, where)
        return GradedBuild(program, sources, able.load_graded(program, sources))
    refuse_edited(found, sources, where)
    saved = cast("Saved", found["program"])
    clock, tolerance = cast("Saved", saved["clock"]), saved["tolerance"]
    dt, steps = _number(clock["dt"], where), _number(clock["steps"], where)
    ends = None if tolerance is None else _number(tolerance, where)
    return build_graded(spec, target, dt, dt * steps, ends)


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigurationError(
            f"{value!r:.60} is no number",
            where=where,
            remedy="write the folder again: genprop build NET -o DIR",
        )
    return float(value)
