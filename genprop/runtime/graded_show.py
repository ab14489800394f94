"""Stages of networks whose neurons send values, as text; and what is not shown or kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from genprop.backends.graded import GradedTarget
from genprop.describe.listing import spec_text
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.clocks.base import StepClock

__all__ = ["refuse_graded", "show_graded"]


def refuse_graded(spec: NetworkSpec, where: str, remedy: str) -> None:
    """Refuse what is of spikes alone.

    Raises:
        UnsupportedError: for a network whose neurons send values.
    """
    if spec.graded or any(p.neuron is not None and p.neuron.send for p in spec.populations):
        raise UnsupportedError(
            "its neurons send values, not spikes, and this is of spikes alone",
            where=where,
            remedy=remedy,
        )


def show_graded(spec: NetworkSpec, stage: str, clock: object, target: Target) -> str:
    """The description or the generated source, running to a fixed point.

    Raises:
        UnsupportedError: for another stage, and a backend without text.
    """
    from genprop.equations.graded import understand_graded
    from genprop.lower.graded import lower_graded

    if stage == "spec":
        return spec_text(spec)
    if stage == "source" and isinstance(target, GradedTarget):
        program = lower_graded(spec, understand_graded(spec), cast("StepClock", clock), 1e-6)
        bundle = target.render_graded(program)
        if bundle is not None:
            return "\n".join(f"// ---- {path}\n{text}" for path, text in bundle.files)
    raise UnsupportedError(
        f"of a network whose neurons send values there is no stage {stage!r}",
        where="show(stage=…)",
        remedy="'spec' shows the description, 'source' with backend='native' step and reverse",
    )
