"""Gradients at the fixed point: those of all steps, and of difference quotients."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

import genprop as gp
from tests.graded.networks import CLASSES, DOUBLE, Problem

DRAWS = 5
SETTLED = 1e-12
"""Where states still move by v, codes err by τ v/λ_min, and a quotient over 2 h by that / 2 h."""

if TYPE_CHECKING:
    from genprop.backends.graded import GradedOutcome
    from genprop.runtime.graded import GradedSimulator


def everything(sim: gp.Simulator, batch: gp.data.GradedBatch) -> dict[str, np.ndarray]:
    """Gradients of parameters and of the input."""
    graded = cast("GradedSimulator", sim)
    return {**graded.gradients(batch)[1], **graded.input_gradients(batch)[1]}


def error(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


@pytest.mark.parametrize("grouped", [False, True])
def test_the_fixed_points_gradient_is_that_of_all_steps(grouped: bool) -> None:
    problem = Problem(grouped, learned=True, batch=3)
    settled = cast("GradedOutcome", problem.compiled(classifier=True).run(problem.samples))
    enough = 1.5 * float(settled.steps.max())  # so that slow modes are over, of the adjoint too
    unrolled = problem.compiled(
        "reference", classifier=True, tolerance=None, duration=np.ceil(enough)
    )
    wanted = everything(unrolled, problem.samples)
    assert {"x->atoms.weight", "read.weight", "x"} < set(wanted)
    assert {"norms.gamma" if grouped else "atoms.gamma"} < set(wanted)
    for backend in (DOUBLE, "reference"):
        found = everything(problem.compiled(backend, classifier=True), problem.samples)
        assert {n: e for n in wanted if (e := error(found[n], wanted[n])) > 1e-4} == {}


@pytest.mark.parametrize("grouped", [False, True])
def test_gradients_are_difference_quotients(grouped: bool) -> None:
    """Where no active set changes between the two sides: there the loss has a derivative."""
    problem = Problem(grouped, learned=True, batch=3)
    sim = problem.compiled(classifier=True, tolerance=SETTLED)
    for _ in range(DRAWS):
        problem = Problem(grouped, learned=True, batch=3)
        refuse_wrong_gradients(problem, problem.enter(sim))


def refuse_wrong_gradients(problem: Problem, sim: gp.Simulator) -> None:
    found, active = everything(sim, problem.samples), problem.active(sim, problem.samples)
    assert np.array_equal(active, problem.known_active)
    rng, h = np.random.default_rng(), 1e-5
    for name, gradient in found.items():
        direction = rng.normal(size=gradient.shape)
        sides: list[float] = []
        for change in (h * direction, -h * direction):
            batch, before = problem.samples, dict(sim.state())
            if name == "x":
                batch = gp.data.GradedBatch.of(problem.x + change, labels=problem.labels)
            else:
                sim.parameters[name] = sim.parameters[name] + change
            assert np.array_equal(problem.active(sim, batch), active)
            sides.append(sim.last.loss)
            sim.restore(before)
        quotient = (sides[0] - sides[1]) / (2 * h)
        scale = float(np.sqrt(np.sum(gradient**2)))
        assert abs(quotient - np.sum(gradient * direction)) < 1e-4 * scale, name


def test_a_wrong_slope_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the adjoint leaves out what comes back through the values."""
    from genprop.backends.reference import graded_reverse

    problem = Problem(grouped=False, learned=True, batch=3)
    right = everything(problem.compiled(DOUBLE, classifier=True), problem.samples)
    through = graded_reverse._through  # pyright: ignore[reportPrivateUsage]

    def planted(slopes: dict[str, dict[tuple[str, str], np.ndarray]], *rest: object) -> None:
        lame = {p: {k: 0.9 * s if k == ("a", "u") else s for k, s in found.items()}
                for p, found in slopes.items()}  # fmt: skip
        through(lame, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(graded_reverse, "_through", planted)
    wrong = everything(problem.compiled("reference", classifier=True), problem.samples)
    assert error(wrong["x->atoms.weight"], right["x->atoms.weight"]) > 1e-3


def off_the_threshold(problem: Problem, rng: np.random.Generator, steps: int) -> np.ndarray:
    """x (batch, steps, dim): each step's is drawn until no state is within 1e-4 of a threshold."""
    u = np.zeros((problem.batch, problem.dictionary.shape[1]))
    a, x = u, []
    lateral = np.eye(u.shape[1]) - problem.dictionary.T @ problem.dictionary
    while len(x) < steps:
        now = rng.normal(size=(problem.batch, len(problem.dictionary)))
        later = u + 0.1 * (now @ problem.dictionary + a @ lateral - u)  # τ = 10, dt = 1
        if np.abs(np.abs(later) - problem.gamma).min() > 1e-4:
            u, x = later, [*x, now]
            a = np.sign(u) * np.maximum(np.abs(u) - problem.gamma, 0)
    return np.stack(x, axis=1)


def test_unrolled_gradients_of_values_in_steps_are_quotients() -> None:
    problem = Problem(grouped=False, learned=True, batch=2)
    sim = problem.compiled("reference", classifier=True, tolerance=None, duration=10.0)
    rng, h = np.random.default_rng(), 1e-6
    x = off_the_threshold(problem, rng, steps=10)

    def batch(values: np.ndarray) -> gp.data.GradedBatch:
        return gp.data.GradedBatch.of(values, labels=problem.labels)

    gradient = cast("GradedSimulator", sim).input_gradients(batch(x))[1]["x"]
    direction = rng.normal(size=x.shape)
    sides = [sim.run(batch(x + s * h * direction)).loss for s in (1, -1)]
    quotient = (sides[0] - sides[1]) / (2 * h)
    assert abs(quotient - np.sum(gradient * direction)) < 1e-5 * np.sqrt(np.sum(gradient**2))


def test_dictionary_and_classifier_learn_together() -> None:
    """Three directions in noise: the loss of fit falls, the code's network stays a fixed point."""
    rng = np.random.default_rng()
    problem = Problem(grouped=True, learned=True)
    labels = rng.integers(0, CLASSES, 200)
    centres = rng.normal(size=(CLASSES, len(problem.dictionary)))
    x = 2 * centres[labels] + 0.3 * rng.normal(size=(200, len(problem.dictionary)))
    samples = gp.data.GradedBatch.of(x.astype(np.float32), labels=labels)
    data = gp.data.Dataset(samples, CLASSES, name="directions")
    sim = gp.compile(
        problem.classifier(),
        loss=gp.CrossEntropy(gp.final("out", "v")),
        optimiser=gp.Adam(1e-2),
        dt=0.5,
        duration=50_000.0,
        batch=50,
        backend=gp.Native(threads=1),
        tolerance=1e-3,
    )
    before = sim.parameters["x->atoms.weight"].copy()
    history = gp.fit(sim, data, data, epochs=4, progress=False)
    losses = [record.metrics["valid.loss"] for record in history.records]
    assert losses[-1] < 0.5 * losses[0]
    assert gp.evaluate(sim, data).accuracy == history.records[-1].metrics["valid.accuracy"]
    dictionary = sim.parameters["x->atoms.weight"]
    assert not np.array_equal(before, dictionary)
    inhibition = sim.arrays()["atoms->atoms.weight"]
    assert np.allclose(inhibition, np.eye(len(inhibition)) - dictionary.T @ dictionary, atol=1e-4)
