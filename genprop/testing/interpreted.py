"""What the reference backend makes of an example on a clock: what backends are compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.target import Reference
from genprop.runtime.compile import compile
from genprop.runtime.recordable import recordable_states
from genprop.testing.zoo import example

if TYPE_CHECKING:
    from genprop.backends.base import Outcome, Target
    from genprop.describe.update import Update
    from genprop.runtime.simulator import Simulator
    from genprop.testing.example import Example

__all__ = [
    "Case",
    "clear_references",
    "distance",
    "interpreted",
    "moved_by_rounding",
    "recordable",
    "simulator",
]

_DRAWS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """An example of the zoo on a clock of ``dt`` [ms]; ``seed`` draws its parameters if given."""

    name: str
    dt: float
    seed: int | None = None
    clock: str = "grid"

    def __str__(self) -> str:
        return f"{self.name}@{self.dt:g}ms{'' if self.clock == 'grid' else f'-{self.clock}'}"

    @property
    def example(self) -> Example:
        """The example itself, made once."""
        return _example(self.name, self.seed)


def simulator(
    backend: str | Target, case: Case, *, batch: int = 8, optimiser: Update | None = None
) -> Simulator:
    """The case compiled for ``backend``, with the example's parameters."""
    chosen = case.example
    made = compile(
        chosen.network,
        loss=chosen.loss,
        optimiser=optimiser,
        dt=case.dt,
        duration=chosen.duration,
        batch=batch,
        backend=backend,
        solver=chosen.solver,
        clock=case.clock,
    )
    made.parameters.update(chosen.parameters())
    return made


@cache
def interpreted(case: Case, locates: bool = True) -> tuple[Outcome, dict[str, np.ndarray]]:
    """What the reference backend makes of a case: everything recorded, and the gradients.

    ``locates``: with spikes inside steps, where flows are not linear.
    """
    sim, batch = simulator(Reference(locates), case), case.example.batch()
    _, gradients = sim.gradients(batch)
    return sim.run(batch, recordable(sim)), gradients


@cache
def moved_by_rounding(case: Case, locates: bool = True) -> dict[str, float]:
    """By how much the interpreter's states and gradients move with the parameters' last places."""
    outcome, gradients = interpreted(case, locates)
    due = {**outcome.recorded, **gradients}
    found: dict[str, list[float]] = {name: [0.0] for name in due}
    for seed in range(_DRAWS):
        sim, batch = simulator(Reference(locates), case), case.example.batch()
        rng = np.random.default_rng(seed)
        for name, x in case.example.parameters().items():
            places = rng.uniform(-1, 1, np.shape(x)) * np.finfo(np.float32).eps
            sim.parameters.update({name: np.asarray(x) * (1 + places)})
        _, own = sim.gradients(batch)
        recorded = sim.run(batch, recordable(sim)).recorded
        for name, one in {**recorded, **own}.items():
            if not name.endswith(".spikes"):
                found[name].append(distance(np.asarray(one), np.asarray(due[name])))
    return {name: max(far) for name, far in found.items()}


def recordable(sim: Simulator) -> list[str]:
    """Every state, and the spikes of every population that spikes."""
    spiking = [p.name for p in sim.program.populations if p.guard is not None]
    return [*recordable_states(sim.program), *(f"{name}.spikes" for name in spiking)]


def clear_references() -> None:
    """Clear what the reference backend gave for every case, so that it runs them afresh."""
    interpreted.cache_clear()


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to the largest entry expected (absolute where that is 0)."""
    due = np.asarray(expected, np.float64)
    scale = float(np.abs(due).max(initial=0.0)) or 1.0
    return float(np.abs(np.asarray(found, np.float64) - due).max(initial=0.0)) / scale


@cache
def _example(name: str, seed: int | None) -> Example:
    made = example(name)
    return made if seed is None else replace(made, seed=seed)
