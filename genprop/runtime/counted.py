"""Updates of synapses that rewire: each counts its own, from when it was regrown.

Optimisers that read the number n of the update, as Adam for its bias correction, would otherwise
take the first steps of a regrown synapse for later ones, and make them √((1 − β₁)²/(1 − β₂)) times
as large. The counts are arrays among the optimiser's states, ``"<parameter>/n"``, so that what
carries, saves and undoes those does so with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.lower.nodes import names_in
from genprop.numerics.update import update_parameters

if TYPE_CHECKING:
    from genprop.backends.base import Engine
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.program import Program, UpdateProgram

__all__ = ["initial_states", "restored_counts", "step"]

Arrays = Mapping[str, np.ndarray]

_COUNT = "n"


def initial_states(
    program: Program, spec: NetworkSpec, parameters: Arrays
) -> dict[str, np.ndarray]:
    """Everything that optimisers keep, zero, by ``"<parameter>/<state>"``."""
    counted = _synaptic(spec)
    return {
        f"{name}/{state}": np.zeros_like(parameters[name])
        for update in program.updates
        for name in update.parameters
        for state in (*update.states, *((_COUNT,) if _reads(update) and name in counted else ()))
    }


def restored_counts(optimiser: Arrays, state: Arrays, updates: np.ndarray) -> dict[str, np.ndarray]:
    """The counts that a state of before does not hold: all its updates, for each synapse."""
    missing = (
        name
        for name in optimiser
        if name.endswith(f"/{_COUNT}") and f"optimiser/{name}" not in state
    )
    return {f"optimiser/{name}": np.full_like(optimiser[name], updates) for name in missing}


def step(
    engine: Engine,
    program: Program,
    parameters: Arrays,
    gradients: Arrays,
    states: Arrays,
    settings: Mapping[str, Mapping[str, float]],
    count: int,
) -> None:
    """One step of every optimiser, in place: by the engine, and here of what counts by itself."""
    own = {name for name in gradients if f"{name}/{_COUNT}" in states}
    others = {name: slope for name, slope in gradients.items() if name not in own}
    engine.update(parameters, others, states, settings, count)
    for name in own:
        counts = states[f"{name}/{_COUNT}"]
        counts += 1
        update_parameters(
            program.updates, parameters, {name: gradients[name]}, states, settings, counts
        )


def _synaptic(spec: NetworkSpec) -> set[str]:
    """The parameters with one value for each synapse that may be regrown."""
    return {n for p in spec.projections if p.name in spec.rewired for n in spec.synaptic(p)}


def _reads(update: UpdateProgram) -> bool:
    """Whether an optimiser reads the number of the update."""
    return any(_COUNT in names_in(line.value) for line in (*update.constants, *update.body))
