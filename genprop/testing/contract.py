"""The contract of a backend: it computes what the reference backend computes, on either clock.

Authors of backends hold theirs to it, one test per law and case::

    from genprop.testing import contract

    @pytest.mark.parametrize("case", contract.cases(), ids=str)
    def test_gradients(case):
        contract.check_gradients(MyBackend(), case, tolerance=1e-9)

Each check raises :class:`ContractError`, which says what differs, where and by how much.
Tolerances are relative to the largest entry of each array: 1e-9 in double, 2e-5 in float. Where a
potential comes slowly to its threshold or runs away from it, a network multiplies rounding by much
more than that: ``rounding`` allows so many times what the interpreter's own result moves by when
every parameter is moved by its rounding in float.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np

from genprop._moved import forward
from genprop.backends import get_backend
from genprop.data.spikes import SpikeBatch
from genprop.testing.interpreted import (
    Case,
    clear_references,
    distance,
    interpreted,
    moved_by_rounding,
    recordable,
    simulator,
)
from genprop.testing.zoo import NAMES

if TYPE_CHECKING:
    from genprop.backends.base import Outcome, Target
    from genprop.describe.update import Update
    from genprop.runtime.simulator import Simulator

__all__ = [
    "Case",
    "ContractError",
    "cases",
    "check_clean_start",
    "check_determinism",
    "check_gradients",
    "check_loss",
    "check_samples",
    "check_spikes",
    "check_states",
    "check_updates",
    "clear_references",
    "distance",
    "prepare",
    "silent",
    "simulator",
]

__getattr__ = forward(__name__, {"forget": "testing.contract.clear_references"})
Arrays = Mapping[str, np.ndarray]
Train = tuple[np.ndarray, np.ndarray]


class ContractError(AssertionError):
    """A backend that does not compute what the reference backend computes."""


def cases(dt: float = 0.1, clock: str = "grid") -> list[Case]:
    """Every example of the zoo on a clock of ``dt`` [ms]: on the exact one those that it runs."""
    return [c for n in NAMES if (c := Case(n, dt, clock=clock)).example.linear or clock == "grid"]


def prepare(backend: str | Target, chosen: Iterable[Case], jobs: int = 2) -> None:
    """Build ``chosen`` for ``backend`` in ``jobs`` processes; later they are in the cache."""
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for build in [pool.submit(_build, get_backend(backend), case) for case in chosen]:
            build.result()


def check_loss(backend: str | Target, case: Case, tolerance: float) -> None:
    """The loss, its terms and the scores are the reference's."""
    expected, _ = interpreted(case, _locates(backend))
    found = simulator(backend, case).run(case.example.batch())
    own = {"loss": np.asarray(found.loss), **_terms(found)}
    due = {"loss": np.asarray(expected.loss), **_terms(expected)}
    _require_close(own, due, tolerance, case)


def check_gradients(
    backend: str | Target, case: Case, tolerance: float, rounding: float = 0.0
) -> None:
    """The gradient of every learned parameter is the reference's."""
    _, expected = interpreted(case, _locates(backend))
    _, found = simulator(backend, case).gradients(case.example.batch())
    if set(found) != set(expected):
        raise ContractError(f"{case}: gradients of {sorted(found)}, expected {sorted(expected)}")
    _require_close(found, expected, tolerance, case, _moved(backend, case, rounding))


def check_spikes(backend: str | Target, case: Case, tolerance: float = 1e-9) -> None:
    """Every spike is within ``tolerance`` [ms] of the reference's (on the grid, in its step)."""
    expected, _ = interpreted(case, _locates(backend))
    record = [name for name in expected.recorded if name.endswith(".spikes")]
    sim = simulator(backend, case)
    found, read = sim.run(case.example.batch(), record), sim.program.clock.spike_train
    for name in record:
        pairs = zip(found.recorded[name], expected.recorded[name], strict=True)
        for k, (own, due) in enumerate(pairs):
            if change := _first_change(read(np.asarray(own)), read(np.asarray(due)), tolerance):
                raise ContractError(f"{case}: {name} of sample {k}: {change}")
            if np.any(np.diff(np.asarray(own)[:, 0]) < 0):
                raise ContractError(f"{case}: {name} of sample {k} are not in order of time")
    for name, counts in expected.spikes.items():
        if not np.array_equal(found.spikes[name], counts):
            raise ContractError(f"{case}: {name} spikes {found.spikes[name]} times, not {counts}")


def check_states(
    backend: str | Target, case: Case, tolerance: float, rounding: float = 0.0
) -> None:
    """Every recorded state is the reference's at every step."""
    expected, _ = interpreted(case, _locates(backend))
    record = [name for name in expected.recorded if not name.endswith(".spikes")]
    found = simulator(backend, case).run(case.example.batch(), record)
    _require_close(
        {name: np.asarray(found.recorded[name]) for name in record},
        {name: np.asarray(expected.recorded[name]) for name in record},
        tolerance,
        case,
        _moved(backend, case, rounding),
    )


def check_determinism(backend: str | Target, case: Case, times: int = 4) -> None:
    """The same batch gives the same bits, time after time and in another simulator."""
    one, two = simulator(backend, case), simulator(backend, case)
    batch = case.example.batch()
    first = _everything(one, batch)
    for again in (*[one] * (times - 1), two):
        _require_equal(_everything(again, batch), first, case, "a repeated trial")


def check_clean_start(backend: str | Target, case: Case) -> None:
    """Nothing of a trial is left for the next: neither states, arrivals, tapes nor adjoints."""
    sim, batch = simulator(backend, case), case.example.batch()
    first = _everything(sim, batch)
    sim.gradients(batch.select(np.arange(len(batch))[::-1]))
    sim.gradients(silent(batch))
    sim.run(batch.select([0]))
    _require_equal(_everything(sim, batch), first, case, "a trial after others")


def check_samples(backend: str | Target, case: Case, tolerance: float) -> None:
    """The batch's gradient is the mean of its samples', in any order, in any company.

    Counts of a whole batch (``SpikeBudget``) are no sums over samples: such cases are refused.
    """
    sim, batch = simulator(backend, case), case.example.batch()
    if any(loss.readout.pooled for loss in sim.program.losses):
        raise ContractError(f"{case}: a loss of the batch's mean is no sum over samples")
    whole = sim.gradients(batch)[1]
    turned = sim.gradients(batch.select(np.arange(len(batch))[::-1]))[1]
    each = [sim.gradients(batch.select([k]))[1] for k in range(len(batch))]
    mean = {name: np.mean([g[name] for g in each], axis=0) for name in whole}
    _require_close(turned, whole, tolerance, case)
    _require_close(mean, whole, tolerance, case)


def check_updates(
    backend: str | Target, case: Case, optimiser: Update, tolerance: float, steps: int = 3
) -> None:
    """Optimiser steps from the same gradients lead to the reference's parameters."""
    own = simulator(backend, case, optimiser=optimiser)
    due = simulator("reference", case, optimiser=optimiser)
    rng = np.random.default_rng(1)
    for _ in range(steps):
        gradients = {n: rng.normal(size=np.shape(own.parameters[n])) for n in own.settings}
        own.step({n: g.astype(own.engine.dtype) for n, g in gradients.items()})
        due.step(gradients)
    _require_close(dict(own.parameters), dict(due.parameters), tolerance, case)


def silent(batch: SpikeBatch) -> SpikeBatch:
    """``batch`` without its events."""
    if batch.inputs:
        quiet = {name: silent(one) for name, one in batch.inputs.items()}
        return SpikeBatch.join(quiet, labels=batch.labels, targets=batch.targets)
    return replace(
        batch,
        start=np.zeros_like(batch.start),
        times=batch.times[:0],
        channels=batch.channels[:0],
    )


def _build(backend: Target, case: Case) -> None:
    simulator(backend, case)


def _everything(sim: Simulator, batch: SpikeBatch) -> dict[str, np.ndarray]:
    """Gradients, loss, states and spikes by name."""
    value, gradients = sim.gradients(batch)
    outcome = sim.run(batch, recordable(sim))
    found: dict[str, np.ndarray] = {"loss": np.asarray(value), **_terms(outcome), **gradients}
    for name, recorded in outcome.recorded.items():
        parts = list(recorded)
        found |= {f"{name} of sample {k}": np.asarray(part) for k, part in enumerate(parts)}
    return found


def _terms(outcome: Outcome) -> dict[str, np.ndarray]:
    found = {f"term {name}": np.asarray(value) for name, value in outcome.terms.items()}
    return found if outcome.scores is None else {**found, "scores": outcome.scores}


def _locates(backend: str | Target) -> bool:
    """Whether it locates spikes inside steps; GeNN's happen at their ends."""
    return getattr(get_backend(backend), "locates", True)


def _moved(backend: str | Target, case: Case, rounding: float) -> dict[str, float]:
    found = moved_by_rounding(case, _locates(backend)) if rounding else {}
    return {name: rounding * far for name, far in found.items()}


def _require_close(
    found: Arrays,
    expected: Arrays,
    tolerance: float,
    case: Case,
    beyond: Mapping[str, float] | None = None,
) -> None:
    far = {name: distance(found[name], due) for name, due in expected.items()}
    allowed = {name: tolerance + (beyond or {}).get(name, 0.0) for name in far}
    worst = max(far, key=lambda name: far[name] - allowed[name])
    if not far[worst] <= allowed[worst]:
        raise ContractError(
            f"{case}: {worst} is off by {far[worst]:.2g}, allowed is {allowed[worst]:.2g}"
        )


def _require_equal(found: Arrays, expected: Arrays, case: Case, what: str) -> None:
    changed = [name for name in expected if not np.array_equal(found[name], expected[name])]
    if changed:
        raise ContractError(f"{case}: {what} gives another {', '.join(changed)}")


def _first_change(own: Train, due: Train, tolerance: float) -> str:
    """The first neuron that spikes at other times, in words; empty where none does."""
    for neuron in np.unique(np.concatenate([own[1], due[1]])):
        one, other = (np.sort(times[neurons == neuron]) for times, neurons in (own, due))
        if one.shape != other.shape or np.any(np.abs(one - other) > tolerance):
            return f"neuron {neuron} spikes at {one} ms, expected {other}"
    return ""
