"""Learning on the chip's grid: rounded in the forward pass, straight through to the floats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.loihi.chip.weights import stored_weights
from genprop.data.dataset import Dataset
from genprop.data.spikes import SpikeBatch
from genprop.errors import CheckpointError, ConfigurationError, UnsupportedError
from genprop.train.callbacks import Callback, Training
from genprop.train.checkpoint import load_checkpoint, read_snapshot

STEPS = 60
WEIGHTS = ("in->hidden.weight", "hidden->hidden.weight", "hidden->out.weight")


def network(longest: float = 30.0, learn_tau: bool = False) -> gp.Simulator:
    tau = gp.learn(11 * ms, min=2 * ms) if learn_tau else 11 * ms
    net = gp.Network("aware")
    source = net.population("in", 12, gp.spikes())
    hidden = net.population("hidden", 10, gp.neuron("LIF", tau_mem=tau))
    out = net.population("out", 3, gp.neuron("LI", tau_mem=13 * ms))
    exp = gp.synapse("exp", tau=4 * ms)
    late = gp.learn(gp.uniform(0 * ms, longest * ms), max=100 * ms)
    net.connect(source, hidden, exp, weight=gp.learn(gp.normal(0.7, 0.9)), delay=late)
    net.connect(hidden, hidden, exp, weight=gp.learn(gp.normal(0.0, 0.2)), delay=late)
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 1.0)))
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral(out, "v")),
        optimiser=gp.Adam(2e-2),
        clock="grid",
        dt=1 * ms,
        duration=STEPS,
        batch=16,
        backend="reference",
        seed=4,
    )


def dataset(samples: int = 32, seed: int = 3) -> Dataset:
    """Three classes by which third of the channels is busy."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % 3
    trains = [
        (
            np.sort(rng.uniform(0, 40, 24)),
            np.where(rng.random(24) < 0.5, 4 * k + rng.integers(0, 4, 24), rng.integers(0, 12, 24)),
        )
        for k in labels
    ]
    return Dataset(SpikeBatch.from_events(trains, channels=12, duration=STEPS, labels=labels), 3)


@pytest.fixture
def sim() -> gp.Simulator:
    return network()


@pytest.fixture(scope="module")
def data() -> Dataset:
    return dataset()


def first(data: Dataset) -> SpikeBatch:
    return next(iter(data.batches(16, seed=None)))


def equal(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


def four_bits(sim: gp.Simulator, data: Dataset) -> gp.QuantiseAware:
    return gp.QuantiseAware(sim, gp.Quantise(weight_bits=4, calibrate=data))


@pytest.mark.parametrize("exponents", [False, True])
@pytest.mark.parametrize("rounding", ["nearest", "stochastic"])
def test_the_integers_of_the_chip_are_those_seen_in_training(
    data: Dataset, rounding: str, exponents: bool
) -> None:
    sim = network(learn_tau=True)
    options = gp.Quantise(4, rounding, calibrate=data, exponents=exponents)
    fine = gp.QuantiseAware(sim, options)
    gp.fit(fine, data, epochs=2, progress=False)
    chip, seen = fine.retarget(), fine.seen()
    for name, held in zip(WEIGHTS, chip.network.synapses, strict=True):
        whole = stored_weights(held.weight, 4) * 2.0**held.exponent
        np.testing.assert_array_equal(whole != 0, seen[name] != 0)
        ratio = (seen[name] / np.where(whole == 0, 1, whole))[whole != 0]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)
        if held.delay is not None:
            np.testing.assert_array_equal(held.delay, seen[name.replace("weight", "delay")])
        assert len(np.unique(whole)) <= 16
    hidden, out = chip.network.cells
    for cell, tau_mem, tau in ((hidden, "hidden.tau_mem", "hidden.exp.tau"),
                               (out, "out.tau_mem", "out.exp.tau")):  # fmt: skip
        assert 4096 * (1 - np.exp(-1 / seen[tau_mem])) == pytest.approx(cell.dv, abs=1e-9)
        assert 4096 * (1 - np.exp(-1 / seen[tau])) == pytest.approx(cell.du + 1, abs=1e-9)
    assert seen["hidden.tau_mem"] != fine.parameters["hidden.tau_mem"]
    assert hidden.vth / chip.grid.scale["hidden"] == pytest.approx(float(seen["hidden.v_th"]))


def test_the_chip_does_what_was_seen(sim: gp.Simulator, data: Dataset) -> None:
    """Nearer than the float network, whose weights are others."""
    fine = four_bits(sim, data)
    chip = fine.retarget()
    near, far = gp.agreement(fine, chip, data), gp.agreement(sim, chip, data)
    assert near.correlation is not None
    assert far.correlation is not None
    assert near.correlation > 0.995
    assert 1 - near.correlation < 0.1 * (1 - far.correlation)


def test_the_gradient_at_the_rounded_weights_reaches_the_floats_as_it_is(
    sim: gp.Simulator, data: Dataset
) -> None:
    fine = four_bits(sim, data)
    loss, gradients = fine.gradients(first(data))
    rounded = network()
    for name, value in fine.seen().items():
        rounded.parameters[name] = value
    there, expected = rounded.gradients(first(data))
    assert loss == there
    assert equal(gradients, expected)
    plain, straight = network(), four_bits(network(), data)
    for each in (plain, straight):
        each.step(gradients)
    assert equal(plain.parameters, straight.parameters)


def test_floats_stay_where_the_gradient_is_zero(sim: gp.Simulator, data: Dataset) -> None:
    fine = four_bits(sim, data)
    before = {name: value.copy() for name, value in fine.parameters.items()}
    for batch in data.batches(16, seed=None):
        _, gradients = fine.gradients(batch)
        fine.run(batch)
        fine.step({name: np.zeros_like(g) for name, g in gradients.items()})
    assert equal(before, fine.parameters)
    assert any(np.any(value != before[name]) for name, value in fine.seen().items())


def test_the_float_network_is_left_alone(sim: gp.Simulator, data: Dataset) -> None:
    before = sim.state()
    gp.fit(four_bits(sim, data), data, epochs=1, progress=False)
    assert equal(before, sim.state())


def test_the_grid_stays_while_the_floats_move(sim: gp.Simulator, data: Dataset) -> None:
    fine = four_bits(sim, data)
    assert fine.grid is None
    fine.run(first(data))
    grid = fine.grid
    fine.parameters["hidden->out.weight"] = 3 * fine.parameters["hidden->out.weight"]
    fine.run(first(data))
    assert fine.grid == grid
    assert fine.retarget().report().synapses[2].clipped > 0
    assert fine.retarget().grid == grid
    assert sim.retarget("loihi", fine.options).grid == grid


def test_fine_tuning_brings_back_what_four_bits_cost(data: Dataset) -> None:
    sim = network()
    gp.fit(sim, data, epochs=8, progress=False)
    fine = gp.QuantiseAware(sim, gp.Quantise(weight_bits=3, calibrate=data))
    float_loss, before = gp.evaluate(sim, data).loss, gp.evaluate(fine.retarget(), data).loss
    gp.fit(fine, data, epochs=6, progress=False)
    after = gp.evaluate(fine.retarget(), data).loss
    assert float_loss < before
    assert after < before - 0.5 * (before - float_loss)


class Stop(Callback):
    """Interrupts, as a user does, at a batch."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_batch_begin(self, training: Training) -> None:
        if training.step == self.step:
            raise KeyboardInterrupt


def test_a_resumed_fine_tuning_ends_in_the_same_bits(data: Dataset, tmp_path: Path) -> None:
    def fit(name: str, *others: Callback, resume: bool = False) -> gp.QuantiseAware:
        fine = four_bits(network(), data)
        saver = gp.Checkpoint(tmp_path / f"{name}.h5", best="train.loss")
        gp.fit(fine, data, epochs=3, callbacks=[*others, saver], resume=resume, progress=False)
        return fine

    whole = fit("whole")
    with pytest.raises(KeyboardInterrupt):
        fit("cut", Stop(3))
    resumed = fit("cut", resume=True)
    assert resumed.grid == whole.grid
    assert equal(whole.state(), resumed.state())
    kept = read_snapshot(tmp_path / "cut.h5").parameters()
    assert all(np.array_equal(kept[name], whole.parameters[name]) for name in kept)
    assert any(np.any(kept[name] != value) for name, value in whole.seen().items())


def test_a_checkpoint_brings_the_grid_and_a_float_one_lets_it_be_found(
    data: Dataset, tmp_path: Path
) -> None:
    fine, other = four_bits(network(), data), gp.QuantiseAware(network(), gp.Quantise(4))
    saver = gp.Checkpoint(tmp_path / "fine.h5")
    gp.fit(fine, data, epochs=1, callbacks=[saver], progress=False)
    load_checkpoint(tmp_path / "fine.h5", other)
    for ours, theirs in zip(
        fine.retarget().network.synapses, other.retarget().network.synapses, strict=True
    ):
        np.testing.assert_array_equal(ours.weight, theirs.weight)
    other.restore(network().state())
    assert other.grid is None
    plain = network()
    load_checkpoint(tmp_path / "fine.h5", plain, only="parameters")
    assert equal(plain.parameters, fine.parameters)


def test_delays_beyond_the_chip_are_brought_to_its_longest_and_kept_there(data: Dataset) -> None:
    sim = network(longest=90.0)
    with pytest.raises(UnsupportedError, match="62 steps"):
        sim.retarget()
    fine = four_bits(sim, data)
    delays = [name for name in fine.parameters if name.endswith("delay")]
    assert max(float(fine.parameters[name].max()) for name in delays) == 62
    fine.settings |= {name: {**fine.settings[name], "rate": 5.0} for name in delays}
    fine.step({name: np.full_like(v, -1.0) for name, v in fine.parameters.items()})
    assert all(np.all(fine.parameters[name] <= 62) for name in delays)
    assert max(s.longest for s in fine.retarget().network.synapses) == 62


def test_fewer_bits_may_follow_more(sim: gp.Simulator, data: Dataset) -> None:
    eight = gp.QuantiseAware(sim, gp.Quantise(8, calibrate=data))
    gp.fit(eight, data, epochs=1, progress=False)
    four = gp.QuantiseAware(eight, gp.Quantise(4, calibrate=data))
    assert equal(four.parameters, eight.parameters)
    direct = eight.latent().retarget("loihi", gp.Quantise(4, "nearest", calibrate=data))
    for ours, theirs in zip(four.retarget().network.synapses, direct.network.synapses, strict=True):
        np.testing.assert_array_equal(ours.weight, theirs.weight)


def test_what_the_chip_cannot_hold_is_told_before_learning() -> None:
    net = gp.Network("no")
    source = net.population("in", 2, gp.spikes())
    cells = net.population("cells", 2, gp.neuron("LIF", v_reset=0.2))
    net.connect(source, cells, gp.synapse("exp"), weight=gp.constant(1.0))
    sim = gp.compile(net, clock="grid", dt=1 * ms, duration=10 * ms, batch=1, backend="reference")
    with pytest.raises(UnsupportedError, match="resets its voltage"):
        gp.QuantiseAware(sim)


def test_a_grid_of_another_network_is_told(sim: gp.Simulator) -> None:
    grid = sim.retarget().grid
    short = type(grid)({"hidden": 3.0}, grid.exponent)
    with pytest.raises(ConfigurationError, match="no population 'out'"):
        sim.retarget("loihi", gp.Quantise(scale=short))


@pytest.mark.parametrize("value", [0.5, 1e30, -200.0])
def test_an_exponent_that_no_chip_has_is_refused(
    sim: gp.Simulator, data: Dataset, value: float
) -> None:
    aware = gp.QuantiseAware(sim, gp.Quantise(4, calibrate=data, exponents=True))
    gp.fit(aware, data, epochs=1, progress=False)
    state = aware.state()
    name = next(name for name in state if "exponent/" in name)
    aware.restore(state)
    with pytest.raises(CheckpointError, match="which no chip has"):
        aware.restore(state | {name: np.array(value)})
