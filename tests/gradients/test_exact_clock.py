"""Level E′: a backend on the exact clock gives the event solver's spikes, loss and gradients.

The networks are those of :mod:`genprop.testing.random_networks`: 16 kinds with two readouts each,
none left out. Generated code runs them at every dt with four draws, in double and in float, by
``pytest -m nightly``; else one draw of some at a dt that goes round. ``python -m
tests.gradients.exact_clock_table native`` shows the numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.runtime.differences import quotients, worst_error
from genprop.testing import exact_clock
from genprop.testing.exact_clock import DOUBLE, FLOAT, Comparison, compare, solution, solver
from genprop.testing.random_networks import KINDS, RandomNetwork

if TYPE_CHECKING:
    from genprop.backends.base import Target

STEPS = (0.1, 0.5, 1.0, 2.0, 5.0)
GENERATED = gp.Native(threads=1, precision="double"), gp.Native(threads=1, precision="float")
QUOTIENT = 1e-7  # of level B
# In float a spike that grazes its threshold, and a gradient that is what two large sums leave of
# each other, are off by more; the law on gradients is one of all networks together.
IN_FLOAT = replace(FLOAT, times=2e-3, gradients=float("inf"))

each_precision = pytest.mark.parametrize("backend", GENERATED, ids=["double", "float"])


def checked(backend: str | Target, kind: RandomNetwork, dt: float, draws: int) -> list[Comparison]:
    allowed = IN_FLOAT if backend == GENERATED[1] else DOUBLE
    found = compare(backend, kind, dt, range(draws))
    faults = {str(one): one.faults(allowed) for one in found}
    assert not any(faults.values()), {n: f for n, f in faults.items() if f}
    return found


EVERY_RUN = ((0, GENERATED[0]), (10, GENERATED[0]), (15, GENERATED[1]))
SOME = [
    pytest.param(
        backend,
        number,
        id=f"{number}-{backend.precision}",
        marks=pytest.mark.nightly if (number, backend) not in EVERY_RUN else (),
    )
    for number in range(0, len(KINDS), 5)
    for backend in GENERATED
]


@pytest.mark.parametrize(("backend", "number"), SOME)
def test_a_draw_of_some_kinds_is_the_event_solvers(backend: gp.Native, number: int) -> None:
    (found,) = checked(backend, KINDS[number], STEPS[number // 5 % len(STEPS)], 1)
    assert found.spikes > 20


def test_the_reference_backend_is_the_event_solver() -> None:
    checked("reference", KINDS[9], 1.0, 2)


@pytest.mark.nightly
@each_precision
@pytest.mark.parametrize("dt", STEPS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda k: str(k).partition(":")[0])
def test_every_network_at_every_step_is_the_event_solvers(
    backend: gp.Native, dt: float, kind: RandomNetwork
) -> None:
    checked(backend, kind, dt, 4)


@pytest.mark.nightly
def test_gradients_in_float_are_good_to_four_digits_in_most_networks() -> None:
    errors = [one.worst for kind in KINDS for one in compare(GENERATED[1], kind, 1.0, range(4))]
    assert np.median(errors) < 2e-5
    assert np.mean(np.array(errors) < FLOAT.gradients) > 0.8


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS, ids=lambda k: str(k).partition(":")[0])
def test_the_measure_itself_is_right(kind: RandomNetwork) -> None:
    """The event solver's gradients on these networks are quotients of its loss."""
    if kind.readout == "spike_count":
        return  # a count has no gradient; level B holds its heuristic to be finite
    for draw in range(4):
        measure(kind, draw)


def test_the_measure_is_right_of_one_network_of_each_readout() -> None:
    for readout in sorted({k.readout for k in KINDS} - {"spike_count"}):
        measure(next(k for k in KINDS if k.readout == readout), 0)


def measure(kind: RandomNetwork, draw: int) -> None:
    given, due = kind.draw(draw), solution(kind, 1.0, draw)
    inputs = [{"inp": sample} for sample in given.inputs]
    exact = solver(kind, 1.0 if kind.readout == "trace" else None)

    def evaluate(parameters: Mapping[str, np.ndarray]) -> tuple[float, tuple[int, ...]]:
        found = exact.solve(parameters, inputs, given.labels, given.targets, gradient=False)
        return found.loss, tuple(len(t) for trains in found.spikes.values() for t, _ in trains)

    # where every maximum lies at a threshold nothing moves it, and what is left is rounding
    gradients = {n: np.where(np.abs(g) < 1e-13, 0.0, g) for n, g in due.gradients.items()}
    largest = max(float(np.abs(g).max()) for g in gradients.values())
    moving = [n for n, g in gradients.items() if np.abs(g).max() >= 1e-6 * largest]
    ends = (".delay", ".tau_ref")  # a quotient reaches beyond the bound of one that is 0
    moving = [n for n in moving if not n.endswith(ends) or np.min(given.parameters[n]) > 1e-3]
    worst, errors = 1.0, dict.fromkeys(moving, 1.0)
    for step in (3e-5, 3e-7):  # a spike that grazes its threshold takes the smaller one
        left = [n for n in moving if errors[n] >= QUOTIENT]
        found = quotients(evaluate, given.parameters, gradients, left, per_parameter=1, step=step)
        errors |= worst_error(gradients, found)[1]
        worst = max(errors.values())
    assert worst < QUOTIENT, (str(kind), draw, errors)


def test_the_networks_have_every_feature_with_every_readout() -> None:
    seen = Counter(
        (k.readout, name, getattr(k, name))
        for k in KINDS
        for name in ("recurrent", "refractory", "per_neuron", "sparse")
    )
    assert len(seen) == 8 * 4 * 2
    assert set(seen.values()) == {2}
    assert len({k.time_constants for k in KINDS}) == 4
    quiet = [k for k in KINDS if not k.spiking]
    assert {k.readout for k in quiet} == {
        "integral",
        "weighted_integral",
        "maximum",
        "final",
        "trace",
    }
    assert {k.readout for k in KINDS if k.spiking} == {k.readout for k in KINDS}


def test_draws_have_delays_of_every_length() -> None:
    delays = [np.ravel(KINDS[3].draw(k).parameters["inp->hidden.delay"]) for k in range(4)]
    assert np.all(delays[0] == 0)
    assert np.all((delays[1] > 0) & (delays[1] < 0.5))
    assert delays[2].max() > 5
    assert 0 in delays[3]
    assert delays[3].max() > 5


@pytest.mark.parametrize("off", ["counts", "times", "loss", "gradients"])
def test_what_is_off_is_found(off: str) -> None:
    good = Comparison("a", 1.0, 0, 30, 1e-12, 1e-14, {"w": 1e-12})
    changes = {
        "counts": 1,
        "times": 1e-8,
        "loss": 1e-9,
        "gradients": {"w": 1e-7, "d": float("nan")},
    }
    assert good.faults(DOUBLE) == []
    assert good.worst == 1e-12
    faults = replace(good, **{off: changes[off]}).faults(DOUBLE)
    assert len(faults) == (2 if off == "gradients" else 1)


def test_a_backend_that_is_off_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The grid, passed off as the exact clock, differs in counts, times, loss and gradients."""
    compiled = exact_clock.compile

    def grid(*arguments: object, **options: object) -> object:
        return compiled(*arguments, **{**options, "clock": "grid"})  # type: ignore[arg-type]

    monkeypatch.setattr(exact_clock, "compile", grid)
    (found,) = compare("reference", KINDS[0], 1.0, [0])
    assert len(found.faults(DOUBLE)) > 4
