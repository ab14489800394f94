"""From a description whose neurons send values to what runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from genprop._checks import real
from genprop.backends.graded import GradedTarget
from genprop.errors import ConfigurationError, UnsupportedError, refuse_if
from genprop.lower.clocks import make_clock
from genprop.runtime.announce import announced
from genprop.runtime.remembered import remembered, rendered

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.backends.graded import GradedEngine
    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.clocks.base import StepClock
    from genprop.lower.graded_program import GradedProgram

__all__ = ["GradedBuild", "build_graded", "graded_target", "refuse_tolerance"]


@dataclass(frozen=True, slots=True)
class GradedBuild:
    """What a simulator is made of: program, text and engine."""

    program: GradedProgram
    bundle: SourceBundle | None
    engine: GradedEngine


def build_graded(
    spec: NetworkSpec, target: Target, dt: float, duration: float, tolerance: float | None
) -> GradedBuild:
    """A network lowered and built to run to its fixed point, or for ``duration`` [ms].

    Raises:
        GenpropError: everything that is wrong with the description, or beyond the backend, at once.
    """
    if tolerance is not None:
        tolerance = real(tolerance, "compile(tolerance=…)", above=0.0)
    able = graded_target(target)
    refuse_if(able.check_graded(spec))
    steps = cast("StepClock", make_clock("grid", dt, duration))
    words = (spec.digest(), repr(steps), repr(tolerance), spec.name, "graded")
    program = remembered(lambda: _lowered(spec, steps, tolerance), *words)
    bundle = rendered(lambda: able.render_graded(program), *words, target.form)
    with announced(f"compiling {spec.name!r}, once for these equations", after=10.0):
        return GradedBuild(program, bundle, able.load_graded(program, bundle))


def graded_target(target: Target) -> GradedTarget:
    """The target, where it runs networks whose neurons send values.

    Raises:
        UnsupportedError: where it does not.
    """
    if not isinstance(target, GradedTarget):
        raise UnsupportedError(
            f"the backend {target.name!r} runs no network whose neurons send values",
            where="compile(backend=…)",
            remedy="use backend='native' or 'reference'",
        )
    return target


def refuse_tolerance(tolerance: object) -> None:
    """Refuse a tolerance for a network of spikes, which has no fixed point.

    Raises:
        ConfigurationError: where there is one.
    """
    if tolerance is not None:
        raise ConfigurationError(
            "a network of spikes does not settle at a fixed point",
            where="compile(tolerance=…)",
            remedy="leave it out, or describe neurons that send values: gp.Neuron(…, send=…)",
        )


def _lowered(spec: NetworkSpec, clock: StepClock, tolerance: float | None) -> GradedProgram:
    from genprop.equations.graded import understand_graded
    from genprop.lower.graded import lower_graded

    return lower_graded(spec, understand_graded(spec), clock, tolerance)
