"""Where a state left the finite numbers, found by the reference interpreter once it has happened.

A run is checked as a whole, which costs next to nothing: what is NaN or infinite stays so until a
reset, so the states at the end and those of spikes tell. Only where they do, the sample is run
again, step by step in float64, and the first state that is not finite names the place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genprop.backends.distributed import ranks_of
from genprop.backends.reference.simulate import simulate
from genprop.backends.reference.wiring import Wiring
from genprop.data.partial import PartialBatch
from genprop.errors import DivergenceError
from genprop.lower.solvers.base import DEFAULT_SUBSTEPS
from genprop.runtime.finite import infinite

if TYPE_CHECKING:
    from genprop.backends.base import Engine, Inputs, Outcome
    from genprop.backends.reference.forward import PopulationRun
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.topology import Synapses
    from genprop.lower.program import Program

__all__ = ["refuse_divergence"]

_PATIENCE = 20.0
"""[s] that looking for the place may take."""
_FINER = 4
_TOO_LARGE = "its equations are linear, so its input is too large: smaller weights or rates"


class Ran(Protocol):
    """A simulator, as far as a batch can be run again."""

    program: Program
    topology: dict[str, Synapses]
    engine: Engine

    def inputs(self, batch: SpikeBatch, learning: bool = False) -> Inputs:
        """The batch as backends take it."""
        ...


def refuse_divergence(
    sim: Ran,
    arrays: Callable[[], Mapping[str, np.ndarray]],
    batch: SpikeBatch,
    outcome: Outcome,
    gradients: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Refuse a batch in which a state, the loss or a gradient left the finite numbers.

    Args:
        sim: what ran.
        arrays: gives with what, by flat name.
        batch: on what.
        outcome: what it gave.
        gradients: and its gradients; None of a run without, whose loss may be what it is.

    Raises:
        DivergenceError: naming population, state, neuron, sample and time, and what to try.
    """
    lost = np.zeros(0, int) if outcome.finite is None else np.flatnonzero(~outcome.finite)
    findings = [] if gradients is None else infinite(outcome.loss, gradients)
    if not lost.size and not findings:
        return
    if lost.size and not sim.program.clock.rounds:
        raise DivergenceError(
            "a state leaves the finite numbers",
            where=f"sample {int(lost[0])} of the batch",
            remedy=_TOO_LARGE,
        )
    found = None
    if sim.program.clock.rounds:
        suspects = lost if lost.size else range(batch.whole_size)
        places = ranks_of(sim.engine).gather(_first(sim, arrays(), batch, suspects))
        found = next((place for place in places if place is not None), None)
    if found is not None:
        raise DivergenceError(
            f"the state {found.state!r} of population {found.population!r} leaves the finite "
            f"numbers at t = {found.time:.6g} ms",
            where=f"sample {found.sample} of the batch, neuron {found.neuron}",
            remedy=_remedy(_as_run(sim), found.population),
        )
    if lost.size:
        raise DivergenceError(
            "a state leaves the finite numbers in single precision",
            where=f"sample {int(lost[0])} of the batch",
            remedy="in double precision it does not: gp.Native(precision='double'), or smaller "
            "weights and other units",
        )
    raise DivergenceError(
        f"all states are finite, but not what follows: {'; '.join(findings)}",
        where="gradients(…)",
        remedy="a slope is infinite where its function is not, as that of sqrt(v) at v = 0, or the "
        "loss grew beyond a computer's numbers: check equations, targets and initial values",
    )


@dataclass(frozen=True, slots=True)
class _Place:
    population: str
    state: str
    neuron: int
    sample: int
    time: float


class _FoundError(Exception):
    """Ends a run at the first state that is not finite."""

    def __init__(self, place: _Place) -> None:
        super().__init__()
        self.place = place


class _FiniteStates:
    """Looks at every state before its reset."""

    def __init__(self, program: Program, sample: int) -> None:
        self._program, self._sample = program, sample

    def delivered(self, step: int, runs: Mapping[str, PopulationRun]) -> None:
        """What arrives shows at the end of the step."""

    def observe(self, step: int, runs: Mapping[str, PopulationRun]) -> None:
        """The states at t_{n+1}; the first of those that drive others comes first."""
        for name, run in runs.items():
            for state in run.program.states:
                bad = ~np.isfinite(np.broadcast_to(run.values[state], run.shape)[0])
                if bad.any():
                    end = float(self._program.grid.instant(step + 1))
                    raise _FoundError(_Place(name, state, int(np.argmax(bad)), self._sample, end))

    def fired(self, step: int, runs: Mapping[str, PopulationRun], fired: object) -> None:
        """Resets hide nothing that was not seen before them."""


def _first(
    sim: Ran, arrays: Mapping[str, np.ndarray], batch: SpikeBatch, suspects: Iterable[int]
) -> _Place | None:
    """The first state that is not finite in the first sample that has one; None within patience."""
    begun = time.monotonic()
    program = _as_run(sim)
    low = batch.first if isinstance(batch, PartialBatch) else 0
    for k in map(int, suspects):
        if not low <= k < low + len(batch):  # another rank looks
            continue
        if time.monotonic() - begun > _PATIENCE:
            return None
        one = sim.inputs(batch.select([k - low]))
        wiring = Wiring(program, sim.topology, arrays, one)
        try:
            with np.errstate(all="ignore"):
                simulate(program, wiring, arrays, one, [_FiniteStates(program, k)])
        except _FoundError as found:
            return found.place
    return None


def _as_run(sim: Ran) -> Program:
    """The Program as its engine runs it: with spikes inside steps, or at their ends."""
    return sim.program if getattr(sim.engine, "locates", False) else sim.program.without_location


def _remedy(program: Program, name: str) -> str:
    """A dt to try, and sub-steps where they help: not where spikes wait for the end of a step."""
    population = program.population(name)
    if population.propagators:  # solved exactly: no step is too long
        return _TOO_LARGE
    shorter = f"take shorter steps: compile(…, dt={program.dt / _FINER:g})"
    if population.guard is not None and population.location is None:
        return (
            f"{shorter}, so that a spike is reset sooner (its upstroke goes on until the step "
            "ends, whatever the sub-steps), or lower its threshold"
        )
    solver, _, given = program.solver.partition(":")
    parts = _FINER * (int(given) if solver == "runge_kutta" and given else DEFAULT_SUBSTEPS)
    return f"{shorter}, or sub-steps: compile(…, solver='runge_kutta:{parts}')"
