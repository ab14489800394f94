"""Updates of synapses that rewire: each counts its own, from when it was regrown.

Optimisers that read the number n of the update, as Adam for its bias correction, would otherwise
take the first steps of a regrown synapse for later ones, and make them √((1 − β₁)²/(1 − β₂)) times
as large. The counts are arrays among the optimiser's states, ``"<parameter>/n"``, so that what
carries, saves and undoes those does so with them; engines update by them where they are. They are
there from the start where a rule rewires, elsewhere from the first time that synapses are moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genprop.lower.update_program import COUNT

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.program import Program
    from genprop.runtime.parameters import Parameters

__all__ = ["Counting", "count_as_in", "count_from_now", "initial_states", "restored_counts"]

Arrays = Mapping[str, np.ndarray]


class Counting(Protocol):
    """A simulator, as far as its updates go."""

    program: Program
    spec: NetworkSpec
    parameters: Parameters
    optimiser: dict[str, np.ndarray]
    updates: int


def initial_states(
    program: Program, spec: NetworkSpec, parameters: Arrays
) -> dict[str, np.ndarray]:
    """Everything that optimisers keep, zero, by ``"<parameter>/<state>"``."""
    counted = _synaptic(spec)
    return {
        f"{name}/{state}": np.zeros_like(parameters[name])
        for update in program.updates
        for name in update.parameters
        for state in (*update.states, *((COUNT,) if update.reads_count and name in counted else ()))
    }


def restored_counts(optimiser: Arrays, state: Arrays, updates: np.ndarray) -> dict[str, np.ndarray]:
    """The counts that a state of before does not hold: all its updates, for each synapse."""
    missing = (
        name
        for name in optimiser
        if name.endswith(f"/{COUNT}") and f"optimiser/{name}" not in state
    )
    return {f"optimiser/{name}": np.full_like(optimiser[name], updates) for name in missing}


def count_from_now(sim: Counting, names: Iterable[str]) -> None:
    """Let the synapses of the parameters ``names`` count their own updates, beside those so far."""
    for update in sim.program.updates:
        for name in set(names) & set(update.parameters):
            if update.reads_count and f"{name}/{COUNT}" not in sim.optimiser:
                own = np.full_like(sim.parameters.arrays[name], sim.updates)
                sim.optimiser[f"{name}/{COUNT}"] = own


def count_as_in(sim: Counting, state: Arrays) -> None:
    """Let those count that do so in ``state``, since their synapses were moved by hand."""
    sparse = [p for p in sim.spec.projections if p.pattern.kind != "dense"]
    names = {name for p in sparse for name in sim.spec.synaptic(p)}
    count_from_now(sim, {n for n in names if f"optimiser/{n}/{COUNT}" in state})


def _synaptic(spec: NetworkSpec) -> set[str]:
    """The parameters with one value for each synapse that may be regrown."""
    return {n for p in spec.projections if p.name in spec.rewired for n in spec.synaptic(p)}
