"""Sharpness-aware minimisation: the gradient at the worst place nearby, and nothing else moved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genprop.errors import ConfigurationError
from genprop.train import Callback, Checkpoint, Sharpness, Training, fit
from tests.train.fake import FakeSimulator, H, W, counts_task


class Watch(Callback):
    """Keeps what it sees before and after another callback."""

    def __init__(self) -> None:
        self.parameters: list[dict[str, np.ndarray]] = []
        self.gradients: list[dict[str, np.ndarray]] = []

    def on_gradients(self, training: Training) -> None:
        self.parameters.append({k: v.copy() for k, v in training.sim.parameters.items()})
        self.gradients.append({k: np.array(v) for k, v in training.gradients.items()})


def learned(callbacks: list[Callback]) -> FakeSimulator:
    sim = FakeSimulator(batch=40)
    fit(sim, counts_task(40), epochs=1, callbacks=callbacks, progress=False)
    return sim


def test_the_gradient_is_that_of_the_worst_place_nearby() -> None:
    before, after, radius = Watch(), Watch(), 0.7
    learned([before, Sharpness(radius, W), after])
    start, slope = before.parameters[0][W], before.gradients[0][W].astype(np.float64)
    elsewhere = FakeSimulator(batch=40)
    elsewhere.parameters[W] = start + radius * slope / np.linalg.norm(slope)
    batch = next(iter(counts_task(40).batches(40, seed=(0, 1))))
    _, expected = elsewhere.gradients(batch)
    assert np.linalg.norm(expected[W] - slope) > 0.05 * np.linalg.norm(slope)
    np.testing.assert_allclose(after.gradients[0][W], expected[W], rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(after.parameters[0][W], start)
    np.testing.assert_array_equal(after.parameters[0][H], before.parameters[0][H])


def test_the_norm_is_over_all_chosen_parameters() -> None:
    seen = Watch()
    sim = FakeSimulator(batch=40)
    batch = next(iter(counts_task(40).batches(40)))
    moved: list[dict[str, np.ndarray]] = []
    compute = sim.gradients

    def both(given: object, /) -> tuple[float, dict[str, np.ndarray]]:
        moved.append({k: v.copy() for k, v in sim.parameters.items()})
        return compute(batch)

    sim.gradients = both  # type: ignore[method-assign, assignment]
    training = Training(sim, None, 1, inputs=batch)  # type: ignore[arg-type]
    training.gradients = {W: np.full((6, 3), 2.0), H: np.full((6, 3), 1.0)}
    Sharpness(3.0).on_gradients(training)
    seen.on_gradients(training)
    steps = [moved[0][k] - seen.parameters[0][k] for k in (W, H)]
    assert np.sqrt(sum(float(np.sum(s * s)) for s in steps)) == pytest.approx(3.0, rel=1e-5)
    np.testing.assert_allclose(steps[0], 2 * steps[1], rtol=1e-4)


def test_without_a_slope_nothing_is_computed_again() -> None:
    sim = FakeSimulator()
    training = Training(sim, None, 1)  # type: ignore[arg-type]
    training.inputs = next(iter(counts_task(8).batches(8)))
    training.gradients = {W: np.zeros((6, 3)), H: np.zeros((6, 3))}
    Sharpness(1.0).on_gradients(training)
    assert sim.seen == []


def test_losses_reported_are_those_of_the_network_not_of_its_neighbour() -> None:
    plain, sharp = FakeSimulator(batch=40, rate=0.0), FakeSimulator(batch=40, rate=0.0)
    one = fit(plain, counts_task(40), epochs=1, progress=False)
    two = fit(sharp, counts_task(40), epochs=1, callbacks=[Sharpness(5.0, W)], progress=False)
    assert sharp.seen == [40, 40]
    assert two["train.loss"][0] == one["train.loss"][0]


def test_parameters_come_back_when_the_second_pass_fails() -> None:
    sim = FakeSimulator(batch=40)
    start = sim.parameters[W].copy()
    training = Training(sim, None, 1)  # type: ignore[arg-type]
    training.inputs = next(iter(counts_task(40).batches(40)))
    _, training.gradients = sim.gradients(training.inputs)

    def fails(given: object, /) -> tuple[float, dict[str, np.ndarray]]:
        raise KeyboardInterrupt

    sim.gradients = fails  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        Sharpness(1.0).on_gradients(training)
    np.testing.assert_array_equal(sim.parameters[W], start)


def test_a_resumed_training_ends_in_the_same_bits(tmp_path: Path) -> None:
    def trained(path: Path, epochs: int, resume: bool) -> FakeSimulator:
        sim = FakeSimulator()
        callbacks = [Sharpness(0.3), Checkpoint(path)]
        fit(sim, counts_task(), epochs=epochs, callbacks=callbacks, progress=False, resume=resume)
        return sim

    whole = trained(tmp_path / "a.h5", 4, False)
    trained(tmp_path / "b.h5", 2, False)
    again = trained(tmp_path / "b.h5", 4, True)
    np.testing.assert_array_equal(again.parameters[W], whole.parameters[W])


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan")])
def test_the_radius_is_positive(radius: float) -> None:
    with pytest.raises(ConfigurationError, match="radius"):
        Sharpness(radius)


def test_unknown_parameters_are_refused_before_the_first_batch() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'weight'"):
        learned([Sharpness(1.0, "weigth")])
