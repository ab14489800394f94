"""Cross-entropy with soft targets against scipy's softmax, on what the network itself observed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

import genprop as gp
from genprop.errors import DataError, DescriptionError
from genprop.testing import zoo

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.objective import Loss

CLASSES = 3


def compiled(loss: Loss, backend: str = "reference") -> gp.Simulator:
    example = zoo.example("soft_targets")
    return gp.compile(
        example.network,
        loss=loss,
        optimiser=gp.SGD(0.1),
        dt=0.5,
        duration=example.duration,
        clock="grid",
        backend=backend,
    )


def drawn(rng: np.random.Generator) -> SpikeBatch:
    """The example's spikes with probabilities of any sharpness as targets."""
    batch = zoo.example("soft_targets").batch()
    sharp = rng.uniform(0.1, 10)
    return replace(batch, targets=softmax(sharp * rng.normal(size=(len(batch), CLASSES)), axis=1))


@pytest.mark.parametrize("backend", ["reference", "native"])
def test_the_loss_is_what_scipy_makes_of_the_scores(backend: str) -> None:
    rng = np.random.default_rng()
    temperature = float(np.exp(rng.uniform(-1, 3)))
    batch = drawn(rng)
    sim = compiled(gp.SoftCrossEntropy(gp.integral("out"), temperature=temperature), backend)
    value, _ = sim.gradients(batch)
    scores = sim.run(batch).scores
    assert scores is not None and batch.targets is not None
    assert np.abs(scores).max() > 1e-2
    each = -(batch.targets * log_softmax(scores / temperature, axis=1)).sum(1)
    assert value == pytest.approx(temperature**2 * each.mean(), rel=1e-5)


def test_labels_are_targets_where_there_are_none() -> None:
    batch = replace(zoo.example("soft_targets").batch(), targets=None)
    readout = gp.weighted_integral("out")
    hard, soft = (compiled(kind(readout)) for kind in (gp.CrossEntropy, gp.SoftCrossEntropy))
    (due, slopes), (value, found) = hard.gradients(batch), soft.gradients(batch)
    assert value == pytest.approx(due, rel=1e-12)
    for name, slope in slopes.items():
        assert found[name] == pytest.approx(slope, rel=1e-9, abs=1e-15)
    assert max(np.abs(slope).max() for slope in slopes.values()) > 1e-6


def test_a_network_has_nothing_to_learn_from_itself() -> None:
    temperature = 4.0
    batch = drawn(np.random.default_rng())
    sim = compiled(gp.SoftCrossEntropy(gp.integral("out"), temperature=temperature))
    _, other = sim.gradients(batch)
    scores = sim.run(batch).scores
    assert scores is not None
    _, own = sim.gradients(replace(batch, targets=softmax(scores / temperature, axis=1)))
    for name, slope in other.items():
        assert np.abs(own[name]).max() <= 1e-9 * np.abs(slope).max()
    assert np.abs(other["hidden->out.weight"]).max() > 1e-3


def test_gradients_are_of_one_size_at_any_temperature() -> None:
    """With q = 1/n, T (softmax(Y/T) − q) nears (Y − mean Y)/n as T grows."""
    batch = replace(drawn(np.random.default_rng()), targets=np.full((2, CLASSES), 1 / CLASSES))
    sizes = []
    for temperature in (30.0, 300.0):
        sim = compiled(gp.SoftCrossEntropy(gp.integral("out"), temperature=temperature))
        _, slopes = sim.gradients(batch)
        sizes.append(float(np.linalg.norm(slopes["hidden->out.weight"])))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.2)


def test_a_data_set_takes_soft_targets() -> None:
    data = gp.data.yin_yang(30, seed=1)
    q = np.full((30, 3), 1 / 3)
    soft = data.with_targets(q).with_augment(gp.data.Drop(0.1))
    assert soft.spikes.targets is not None and soft.spikes.targets.dtype == np.float64
    (batch,) = soft.batches(30, seed=4)
    assert batch.targets is not None and batch.targets == pytest.approx(q)
    some = data.with_targets(np.arange(90.0).reshape(30, 3)).select([4, 2])
    assert some.spikes.targets is not None
    assert some.spikes.targets.tolist() == [[12, 13, 14], [6, 7, 8]]
    assert data.spikes.targets is None and soft.with_targets(None).spikes.targets is None
    with pytest.raises(DataError, match="30 samples"):
        data.with_targets(q[:4])


def test_unsound_ones_are_refused() -> None:
    with pytest.raises(DescriptionError, match="temperature"):
        gp.SoftCrossEntropy(gp.integral("out"), temperature=0)
    with pytest.raises(DescriptionError, match="first spikes"):
        gp.SoftCrossEntropy(gp.first_spike("out"))
    with pytest.raises(DescriptionError, match="a readout"):
        gp.SoftCrossEntropy("out")  # pyright: ignore[reportArgumentType]
