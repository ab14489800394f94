"""One update of everything that a simulator learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from genprop._checks import refuse_unlike
from genprop.describe.update import refuse_unsound_settings
from genprop.errors import UnsupportedError
from genprop.runtime.finite import refuse_infinite_gradients, unchanged_unless_finite
from genprop.runtime.rewiring import Rewirable, rewire

if TYPE_CHECKING:
    import numpy as np

    from genprop.backends.base import Engine
    from genprop.lower.program import Program
    from genprop.stages.stack import Stages

__all__ = ["update"]


class Learning(Rewirable, Protocol):
    """A simulator, as far as it learns."""

    program: Program
    engine: Engine
    stages: Stages
    settings: dict[str, dict[str, float]]
    updates: int


def update(sim: Learning, gradients: Mapping[str, np.ndarray] | None) -> bool:
    """Move what learns along ``gradients``, within its bounds; whether synapses moved, too.

    Raises:
        TrainingError: for gradients that are not finite, and where a parameter or a state of its
            optimiser would not be; then nothing has changed.
        DescriptionError: for settings of the optimiser beyond their bounds.
        UnsupportedError: without gradients or without an optimiser.
    """
    if gradients is None or not sim.program.updates:
        raise UnsupportedError(
            "there is nothing to update with",
            remedy="call gradients() first, and compile with an optimiser",
        )
    refuse_unlike(gradients, "keys items", "step(gradients)", "a mapping of arrays")
    sim.parameters.refuse_misshapen(gradients)
    refuse_infinite_gradients(0.0, gradients)
    refuse_unsound_settings(sim.spec.updates, sim.settings)
    arrays = sim.parameters.arrays
    learned = {name: arrays[name] for name in sim.settings}
    with unchanged_unless_finite(learned, sim.optimiser):
        count = sim.updates + 1
        sim.engine.update(arrays, gradients, sim.optimiser, sim.settings, count)
    sim.updates += 1
    sim.parameters.clip()
    sim.stages.hold(arrays)
    moved = False
    for name, synapses in sim.stages.rewire(arrays, gradients, sim.topology):
        rewire(sim, name, synapses)
        moved = True
    return moved
