"""The native backend: threads, partial and empty batches, recording, parameters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.data.spikes import SpikeBatch
from genprop.errors import ConfigurationError, DataError, DescriptionError, UnsupportedError
from genprop.testing import contract
from genprop.testing.contract import Case

if TYPE_CHECKING:
    from genprop.runtime.simulator import Simulator

pytestmark = pytest.mark.usefixtures("production_flags")  # threads must agree on vectorised code

CASE = Case("branched", 0.1)  # two sources, sparse and dense
SMALL = Case("recurrent", 0.1)
PRECISIONS = ("float", "double")
SAMPLES = 40  # more than the groups that gradients are summed in


@cache
def simulator(case: Case, precision: str, threads: int) -> Simulator:
    return contract.simulator(gp.Native(precision, threads=threads), case, batch=SAMPLES)


def many(samples: int, spikes: int = 14) -> SpikeBatch:
    rng = np.random.default_rng(1)
    return SpikeBatch.from_events(
        [(rng.uniform(0, 30, spikes), rng.integers(0, 4, spikes)) for _ in range(samples)],
        channels=4,
        duration=40.0,
        labels=np.arange(samples) % 3,
    )


def everything(sim: Simulator, batch: SpikeBatch) -> list[np.ndarray]:
    value, gradients = sim.gradients(batch)
    arrays = [np.asarray(value), *(np.array(gradients[name]) for name in sorted(gradients))]
    assert sim.last.scores is not None
    return [*arrays, np.array(sim.last.scores), *sim.last.spikes.values()]


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("samples", [SAMPLES, 5, 1])
def test_results_are_the_same_bits_for_any_number_of_threads(precision: str, samples: int) -> None:
    batch = many(samples)
    one, two, three = (everything(simulator(SMALL, precision, n), batch) for n in (1, 2, 3))
    for a, b, c in zip(one, two, three, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a, c)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_partial_batch_is_the_mean_over_its_samples(precision: str) -> None:
    sim, batch = simulator(SMALL, precision, 2), many(SAMPLES)
    parts = [sim.gradients(batch.select([k]))[1] for k in range(SAMPLES)]
    whole = sim.gradients(batch)[1]
    for name in whole:
        mean = np.mean([np.asarray(p[name], np.float64) for p in parts], axis=0)
        # In float a mean over 40 samples of either sign is smaller than what it is summed from.
        assert contract.distance(whole[name], mean) < (1e-4 if precision == "float" else 1e-12)


def test_a_batch_without_any_event_is_silent_and_has_no_gradient() -> None:
    sim, batch = simulator(SMALL, "float", 2), contract.silent(many(3))
    value, gradients = sim.gradients(batch)
    assert value == pytest.approx(np.log(3), rel=1e-6)
    assert all(counts.sum() == 0 for counts in sim.last.spikes.values())
    assert all(not np.any(g) for g in gradients.values())


def test_an_empty_sample_changes_only_the_mean() -> None:
    sim, batch = simulator(SMALL, "double", 2), many(2)
    half = sim.gradients(batch.select([0]))[1]
    pair = SpikeBatch.from_events(
        [batch.sample(0), (np.zeros(0), np.zeros(0, np.int64))],
        channels=4,
        duration=40.0,
        labels=[0, 1],
    )
    both = sim.gradients(pair)[1]
    for name in both:
        assert contract.distance(2 * both[name], half[name]) < 1e-12


def test_an_empty_source_leaves_the_other() -> None:
    sim, batch = simulator(CASE, "double", 1), CASE.example.batch()
    quiet = SpikeBatch.join(
        {"left": batch.source("left"), "right": contract.silent(batch.source("right"))},
        labels=batch.labels,
    )
    reference = contract.simulator("reference", CASE)
    due, found = reference.gradients(quiet)[1], sim.gradients(quiet)[1]
    for name in due:
        assert contract.distance(found[name], due[name]) < 1e-9


def test_recording_is_asked_for_and_shaped() -> None:
    sim, batch = simulator(SMALL, "float", 2), many(3)
    assert sim.run(batch).recorded == {}
    kept = sim.run(batch, ["hidden.spikes", "out.v"]).recorded
    states = np.asarray(kept["out.v"])
    assert states.shape == (3, 400, 3)
    assert states.dtype == np.float32
    counts = [np.bincount(np.asarray(s)[:, 1], minlength=3) for s in kept["hidden.spikes"]]
    assert np.array_equal(counts, sim.last.spikes["hidden"])


@pytest.mark.parametrize("name", ["hidden.w", "inp.spikes", "out.spikes", "hiden.v"])
def test_what_cannot_be_recorded_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="cannot be recorded"):
        simulator(SMALL, "float", 1).run(many(1), [name])


def test_parameters_are_copied_checked_and_kept() -> None:
    sim = contract.simulator(gp.Native("float"), SMALL)
    weight = np.full((4, 3), 0.5)
    sim.parameters["inp->hidden.weight"] = weight
    weight[:] = 7.0
    assert np.all(sim.parameters["inp->hidden.weight"] == 0.5)
    with pytest.raises(DescriptionError, match=r"\(3, 4\) does not fit \(4, 3\)"):
        sim.parameters["inp->hidden.weight"] = weight.T
    with pytest.raises(DescriptionError, match="finite"):
        sim.parameters["inp->hidden.weight"] = np.full((4, 3), np.nan)
    with pytest.raises(DescriptionError, match=r"did you mean 'inp->hidden\.weight'"):
        sim.parameters["inp->hidden.weigth"] = weight
    assert np.all(sim.parameters["inp->hidden.weight"] == 0.5)


def test_a_precision_or_thread_count_that_cannot_be_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="'half'"):
        gp.Native("half")
    with pytest.raises(ConfigurationError, match="threads"):
        gp.Native(threads=-1)
