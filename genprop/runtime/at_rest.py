"""Where a sample settles with shorter steps, and the largest step that stays there.

A fixed point does not depend on the step dt, but how the network moves near it does. Populations
that are not affine, as the norms of groups, allow a step that depends on where they settle: the n
of ``group_norm`` obeys n ← n + dt/τ (q − n²), which needs dt ≤ τ/n.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from genprop.backends.reference.graded_trial import Trial
from genprop.lower.clocks import make_clock
from genprop.numerics.graded import GradedInputs
from genprop.runtime.linearised import Circle

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from genprop.describe.topology import Topology
    from genprop.lower.clocks.base import StepClock
    from genprop.lower.graded_program import GradedProgram

__all__ = ["around_rest"]

_SHORTER = (4, 32)
_STEPS = 10_000
"""Of a trial that only an error waits for."""
_LARGE = 2_000
"""Rows of a matrix whose eigenvalues are found in seconds."""


def around_rest(
    program: GradedProgram,
    arrays: Mapping[str, np.ndarray],
    topology: Topology,
    inputs: GradedInputs,
    sample: int,
) -> Circle | None:
    """The network where ``sample`` settles; None of a large one, or where shorter steps do not."""
    cells = tuple(p for p in program.populations if not p.source)
    names = {p.name for p in cells}
    inner = tuple(q for q in program.projections if q.pre in names)
    whole = Circle(cells, inner, arrays, topology)
    if whole.size > _LARGE:
        return None
    one = GradedInputs(
        values={name: x[[sample]] for name, x in inputs.values.items()},
        batch=1,
        labels=inputs.labels[[sample]],
        targets=None if inputs.targets is None else inputs.targets[[sample]],
    )
    for parts in _SHORTER:
        dt = program.dt / parts
        clock = cast("StepClock", make_clock("grid", dt, dt * min(parts * program.steps, _STEPS)))
        trial = Trial(replace(program, clock=clock), arrays, topology, one)
        trial.run()
        if trial.speed[0] <= cast("float", program.tolerance):
            at = {k: x[0] for k, x in (trial.now.states | trial.now.inputs).items()}
            return replace(whole, at=at)
    return None
