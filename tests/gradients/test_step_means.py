"""Losses over time on the exact clock: of the means over the steps, with their exact gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.backends.reference.exact.events import EventSimulator
from genprop.backends.reference.exact.step_means import StepMeans
from genprop.runtime.differences import Quotient, quotients, worst_error
from genprop.testing.exact import exact

if TYPE_CHECKING:
    from genprop.backends.reference.exact.reading import Pull

NAMES = ("every_step", "regression", "spiking_trace")
TOLERANCE = 1e-7  # of level B


def simulator(name: str, dt: float | None) -> EventSimulator:
    found = exact(name)
    return EventSimulator(
        found.spec, found.network, found.adjoint, duration=found.example.duration, dt=dt
    )


def targets(name: str, dt: float) -> np.ndarray | None:
    """One per step for square errors, drawn at random."""
    e = exact(name).example
    if e.targets is None:
        return None
    steps = round(e.duration / dt)
    return np.random.default_rng(3).normal(size=(len(e.labels), steps, e.targets.shape[-1]))


@cache
def measured(name: str, dt: float) -> list[Quotient]:
    """Difference quotients of the loss, which no mistake of an adjoint touches."""
    e, solver = exact(name).example, simulator(name, dt)

    def evaluate(parameters: Mapping[str, np.ndarray]) -> tuple[float, tuple[int, ...]]:
        found = solver.solve(parameters, e.inputs, e.labels, targets(name, dt), gradient=False)
        return found.loss, tuple(len(t) for trains in found.spikes.values() for t, _ in trains)

    own = gradients(name, dt)
    reached = [n for n in e.learned() if np.any(own[n])]  # what nothing depends on has rounding
    assert reached == [n for n in e.learned() if name != "spiking_trace" or "->out" not in n]
    return quotients(evaluate, e.parameters(), own, reached, per_parameter=3)


def gradients(name: str, dt: float) -> Mapping[str, np.ndarray]:
    e = exact(name).example
    return (
        simulator(name, dt).solve(e.parameters(), e.inputs, e.labels, targets(name, dt)).gradients
    )


@pytest.mark.parametrize("dt", [0.5, 5.0])
@pytest.mark.parametrize("name", NAMES)
def test_gradient_of_step_means_equals_difference_quotients(name: str, dt: float) -> None:
    worst, errors, skipped = worst_error(gradients(name, dt), measured(name, dt))
    assert worst < TOLERANCE, errors
    assert skipped <= 1


@pytest.mark.parametrize("name", NAMES)
def test_means_over_finer_steps_tend_to_the_loss_of_continuous_time(name: str) -> None:
    e = exact(name).example
    due = simulator(name, None).solve(e.parameters(), e.inputs, e.labels, e.targets)
    found = [
        simulator(name, dt).solve(e.parameters(), e.inputs, e.labels, e.targets)
        for dt in (0.8, 0.1)
    ]
    off = [abs(one.loss - due.loss) for one in found]
    order = 1 if name == "spiking_trace" else 2  # one where potentials jump
    assert off[1] < off[0] / 8**order * 1.5
    assert off[1] < 1e-2 * abs(due.loss)


def test_steps_that_are_seen_at_their_ends_alone_are_another_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The mean is not the value at t_{n+1}: the difference is far above every tolerance."""
    e = exact("every_step").example
    due = simulator("every_step", 1.0).solve(e.parameters(), e.inputs, e.labels)

    def ends(self: StepMeans, trial: object) -> np.ndarray:
        states = [t.at(self.edges[1:]) for t in trial.trajectories["out"]]  # type: ignore[attr-defined]
        return np.array(states) @ self.direction + self.offset

    monkeypatch.setattr(StepMeans, "_means", ends)
    found = simulator("every_step", 1.0).solve(e.parameters(), e.inputs, e.labels)
    assert abs(found.loss - due.loss) > 1e-5


@pytest.mark.parametrize("part", ["density", "across"])
def test_a_pull_without_one_of_its_parts_is_found(
    monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    whole = StepMeans.pull

    def less(*arguments: object) -> Pull:
        return replace(whole(*arguments), **{part: None})  # type: ignore[arg-type]

    name, dt = "spiking_trace", 0.5
    found = measured(name, dt)
    monkeypatch.setattr(StepMeans, "pull", less)
    assert worst_error(gradients(name, dt), found)[0] > 1e-4
