"""A network that was trained on the exact clock runs on other clocks, backends and on the chip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.data.dataset import Dataset
from genprop.data.spikes import SpikeBatch
from genprop.errors import UnsupportedError

STEPS = 40


def network(clock: str, dt: float = 1.0) -> gp.Simulator:
    net = gp.Network("clocks")
    source = net.population("in", 8, gp.spikes())
    hidden = net.population("hidden", 8, gp.neuron("LIF", tau_mem=20 * ms))
    out = net.population("out", 3, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    late = gp.learn(gp.uniform(0 * ms, 12 * ms), max=20 * ms)
    net.connect(source, hidden, exp, weight=gp.learn(gp.normal(0.8, 0.6)), delay=late)
    net.connect(hidden, hidden, exp, weight=gp.learn(0.0), pattern=gp.sparse(0.5), delay=late)
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 0.6)))
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral(out, "v")),
        optimiser=gp.Adam(1e-2),
        dt=dt,
        duration=STEPS,
        batch=8,
        backend="reference",
        clock=clock,
    )


def dataset(samples: int = 10, events: int = 30) -> Dataset:
    rng = np.random.default_rng(3)
    trains = [
        (np.sort(rng.uniform(0, STEPS, events)), rng.integers(0, 8, events)) for _ in range(samples)
    ]
    labels = rng.integers(0, 3, samples)
    return Dataset(SpikeBatch.from_events(trains, channels=8, duration=STEPS, labels=labels), 3)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return dataset()


@pytest.fixture(scope="module")
def trained(data: Dataset) -> gp.Simulator:
    """Three steps on the exact clock, so that parameters, optimiser and counter have moved."""
    sim = network("exact")
    for batch in list(data.batches(8, seed=1)) + list(data.batches(8, seed=2)):
        sim.gradients(batch)
        sim.step()
    sim.settings["in->hidden.weight"]["rate"] = 0.5
    return sim


@pytest.mark.parametrize(("clock", "dt"), [("grid", None), ("grid", 0.5), ("exact", 4 * ms)])
def test_it_is_the_same_network_elsewhere(
    trained: gp.Simulator, data: Dataset, clock: str, dt: float | gp.Quantity | None
) -> None:
    found = trained.on(clock=clock, dt=dt)
    assert found.program.clock.name == clock
    assert found.dt == (1.0 if dt is None else 4.0 if clock == "exact" else 0.5)
    ours, theirs = trained.state(), found.state()
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)
    assert found.settings == trained.settings
    assert found.settings is not trained.settings
    batch = next(iter(data.batches(8)))
    losses = [sim.gradients(batch)[0] for sim in (trained, found)]
    assert losses[1] == pytest.approx(losses[0], abs=1e-12 if clock == "exact" else 0.2)
    found.step()
    assert found.updates == trained.updates + 1


def test_another_backend_runs_it_too(trained: gp.Simulator, data: Dataset) -> None:
    native = trained.on(clock="grid", backend=gp.Native(threads=1, precision="double"))
    batch = next(iter(data.batches(8)))
    due = trained.on(clock="grid").run(batch)
    assert native.target.name == "native"
    assert native.run(batch).loss == pytest.approx(due.loss, rel=1e-12)


def test_the_chip_runs_the_steps_that_delays_were_rounded_to(
    trained: gp.Simulator, data: Dataset
) -> None:
    chip = trained.retarget("loihi", gp.Quantise(calibrate=data))
    same = trained.on(clock="grid").retarget("loihi", gp.Quantise(calibrate=data))
    batch = next(iter(data.batches(8)))
    np.testing.assert_array_equal(chip.run(batch).scores, same.run(batch).scores)
    assert chip.floats.program.clock.name == "grid"
    assert chip.report().synapses[0].delay_error > 0


def test_agreement_tells_what_rounding_times_costs_apart_from_the_integers(
    trained: gp.Simulator, data: Dataset
) -> None:
    chip = trained.retarget("loihi", gp.Quantise(calibrate=data))
    found = gp.agreement(trained, chip, data)
    floats = gp.agreement(trained, trained.on(clock="grid"), data)
    assert found.steps is not None
    assert found.steps.loss == floats.loss
    assert found.steps.spikes == floats.spikes
    assert found.loss is not None
    assert found.loss[0] == floats.loss[0]  # type: ignore[index]
    assert found.loss[1] != floats.loss[1]  # type: ignore[index]
    assert "rounding times to the chip's steps" in str(found)
    assert gp.agreement(chip.floats, chip, data).steps is None  # pyright: ignore[reportArgumentType]


def test_learning_for_the_chip_is_learning_in_steps(trained: gp.Simulator, data: Dataset) -> None:
    with pytest.raises(UnsupportedError, match=r"(?s)sim.on\(clock='grid'\).*below \[compile\]"):
        gp.QuantiseAware(trained, gp.Quantise(calibrate=data))
    fine = gp.QuantiseAware(trained.on(clock="grid"), gp.Quantise(calibrate=data))
    fine.gradients(next(iter(data.batches(8))))
    fine.step()
    with pytest.raises(UnsupportedError, match=r"sim.latent\(\).on"):
        fine.on(dt=2)


def test_what_cannot_run_there_is_refused(trained: gp.Simulator) -> None:
    with pytest.raises(UnsupportedError, match="no clock 'gird'"):
        trained.on(clock="gird")
    with pytest.raises(gp.GenpropError, match="integer number of steps"):
        trained.on(dt=3)
    with pytest.raises(gp.GenpropError, match="GeNN delivers spikes on time steps"):
        trained.on(backend="genn")


def test_data_in_float64_reach_the_exact_clock_as_they_are(trained: gp.Simulator) -> None:
    """A time moved by a millionth of a microsecond moves the loss by its derivative."""
    whole = dataset().spikes.select([0])
    later = replace(whole, times=whole.times + 1e-9)
    assert whole.times.dtype == np.float64
    moved = trained.run(later).loss - trained.run(whole).loss
    assert 0 < abs(moved) < 1e-8
