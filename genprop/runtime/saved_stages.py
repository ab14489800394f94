"""Stages in a saved network: formulas as data; of those that are code, what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from genprop.backends.base import Standalone
from genprop.errors import ConfigurationError, UnsupportedError
from genprop.runtime.serialise import deserialised, is_data, serialised

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.runtime.simulator import Simulator
    from genprop.stages.base import Stage

__all__ = ["read_stages", "write_stages"]


def write_stages(sim: Simulator) -> list[object]:
    """The stages that ``sim`` was compiled with: as data, or the form of one that is code.

    Raises:
        UnsupportedError: for derived parameters where the sources run without genprop, but for
            those that they derive themselves, from nothing but leaves.
    """
    made = {d.target for d in sim.program.derivations if not any(s.constant for s in d.sources)}
    missing = [name for name in sim.spec.derived if name not in made]
    if missing and isinstance(sim.target, Standalone):
        raise UnsupportedError(
            f"a program for {sim.target.name} runs without genprop, "
            f"and cannot derive {', '.join(missing)}",
            where="gp.save(…)",
            remedy="compile it for another backend before it is saved",
        )
    compiled = sim.stages.all[: len(sim.spec.stages)]
    return [serialised(stage) if is_data(stage) else stage.form for stage in compiled]


def read_stages(
    plain: Mapping[str, object], given: Sequence[Stage], spec: NetworkSpec, where: str
) -> tuple[Stage, ...]:
    """The stages of a saved network: ``given``, or those that were written as data.

    Raises:
        ConfigurationError: for stages that are code and are not given, or others than it had.
    """
    stages = tuple(given) or _written(plain, where)
    forms = tuple(stage.form for stage in stages)
    if forms != spec.stages:
        raise ConfigurationError(
            f"the network has the stages {', '.join(spec.stages) or 'none'}, "
            f"but was given {', '.join(forms) or 'none'}",
            where=where,
            remedy="give the stages it was compiled with, in their order",
        )
    return stages


def _written(plain: Mapping[str, object], where: str) -> tuple[Stage, ...]:
    found = cast("list[object]", plain.get("stages", []))
    if code := [stage for stage in found if isinstance(stage, str)]:
        raise ConfigurationError(
            f"the network has stages that are code, which no folder holds: {', '.join(code)}",
            where=where,
            remedy="give all of them in their order: gp.load(folder, stages=[…])",
        )
    return cast("tuple[Stage, ...]", deserialised(found, where))
