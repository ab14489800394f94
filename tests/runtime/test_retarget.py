"""A trained network keeps what it does on the chip, and tells what it lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.loihi.chip.weights import stored_weights
from genprop.backends.loihi.files.netx import effective_weights, read_netx
from genprop.data.dataset import Dataset
from genprop.data.spikes import SpikeBatch
from genprop.errors import ConfigurationError, DataError, UnsupportedError
from genprop.train.agreement import Agreement

STEPS = 60


def network(delays: bool = True, cell: gp.Neuron | None = None, longest: int = 62) -> gp.Simulator:
    net = gp.Network("chip")
    source = net.population("in", 12, gp.spikes())
    hidden = net.population("hidden", 16, cell or _lif())
    out = net.population("out", 4, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    late = gp.learn(gp.uniform(0 * ms, 12 * ms), max=longest * ms) if delays else 0 * ms
    net.connect(source, hidden, exp, weight=gp.learn(gp.normal(0.6, 0.8)), delay=late)
    net.connect(hidden, hidden, exp, weight=gp.learn(gp.normal(0.0, 0.2)), delay=late)
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 0.6)))
    loss = gp.CrossEntropy(gp.integral(out, "v"))
    return gp.compile(
        net, loss=loss, clock="grid", dt=1 * ms, duration=STEPS, batch=16, backend="reference"
    )


def _lif(v_reset: float = 0.0, tau_ref: gp.Quantity = 0 * ms) -> gp.Neuron:
    return gp.neuron("LIF", tau_mem=20 * ms, v_reset=v_reset, tau_ref=tau_ref)


def dataset(samples: int = 24, events: int = 60) -> Dataset:
    rng = np.random.default_rng(3)
    trains = [
        (np.sort(rng.uniform(0, STEPS, events)), rng.integers(0, 12, events))
        for _ in range(samples)
    ]
    labels = rng.integers(0, 4, samples)
    return Dataset(SpikeBatch.from_events(trains, channels=12, duration=STEPS, labels=labels), 4)


@pytest.fixture(scope="module")
def sim() -> gp.Simulator:
    return network()


@pytest.fixture(scope="module")
def data() -> Dataset:
    return dataset()


def test_at_eight_bits_the_chip_follows_the_float_network(sim: gp.Simulator, data: Dataset) -> None:
    chip = sim.retarget("loihi", gp.Quantise(calibrate=data))
    found = gp.agreement(sim, chip, data)
    assert found.samples == len(data)
    assert found.predictions is not None
    assert found.predictions >= 0.9
    assert found.correlation is not None
    assert found.correlation > 0.98
    first, second = found.spikes["hidden"]
    assert first > 1
    assert second == pytest.approx(first, rel=0.05)
    assert "same predictions" in str(found)


def test_fewer_bits_agree_less(sim: gp.Simulator, data: Dataset) -> None:
    def correlation(bits: int) -> float:
        chip = sim.retarget("loihi", gp.Quantise(weight_bits=bits, calibrate=data))
        found = gp.agreement(sim, chip, data).correlation
        assert found is not None
        return found

    assert correlation(8) > correlation(4) > correlation(2)


def test_voltages_of_a_readout_are_those_of_the_float_network_in_chip_units(
    data: Dataset,
) -> None:
    """Without hidden spikes to differ in: input straight to the readout."""
    net = gp.Network("straight")
    source = net.population("in", 12, gp.spikes())
    out = net.population("out", 4, gp.neuron("LI"))
    net.connect(
        source,
        out,
        gp.synapse("exp", tau=5 * ms),
        weight=gp.learn(gp.normal(0.0, 1.0)),
        delay=gp.constant(7 * ms),
    )
    sim = gp.compile(net, clock="grid", dt=1 * ms, duration=STEPS, batch=32, backend="reference")
    chip = sim.retarget()
    (batch,) = data.batches(32, seed=None)
    exact = np.asarray(sim.run(batch, record=["out.v"]).recorded["out.v"])
    ours = np.asarray(chip.run(batch, record=["out.v"]).recorded["out.v"])
    scale = chip.report().cells[0].scale * 64
    assert np.abs(ours / scale - exact).max() < 0.02 * np.abs(exact).max()
    assert not exact[:, :7].any()
    assert not ours[:, :7].any()


def test_evaluate_takes_a_chip(sim: gp.Simulator, data: Dataset) -> None:
    result = gp.evaluate(sim.retarget(), data)
    assert result.samples == len(data)
    assert result.accuracy is not None


def test_a_chip_keeps_the_parameters_it_was_made_from(data: Dataset) -> None:
    sim = network(delays=False)
    chip = sim.retarget()
    before = chip.run(next(iter(data.batches(8, seed=None)))).scores
    sim.parameters["hidden->out.weight"] = 0.0
    after = chip.run(next(iter(data.batches(8, seed=None)))).scores
    assert before is not None
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("bits", [8, 6, 4, 2])
@pytest.mark.parametrize("rounding", ["nearest", "stochastic"])
def test_weights_survive_the_chips_own_truncation(
    sim: gp.Simulator, bits: int, rounding: str
) -> None:
    chip = sim.retarget("loihi", gp.Quantise(weight_bits=bits, rounding=rounding, scale="max"))
    for synapses in chip.network.synapses:
        stored = stored_weights(synapses.weight, bits)
        np.testing.assert_array_equal(stored, synapses.weight)
        effective = stored >> 1 if synapses.exponent else stored
        assert effective.min() >= -128
        assert effective.max() <= 127


def test_the_largest_weight_uses_all_bits_and_percentiles_clip(sim: gp.Simulator) -> None:
    whole = sim.retarget("loihi", gp.Quantise(scale="max"))
    clipped = sim.retarget("loihi", gp.Quantise(scale="percentile", percentile=80))
    power = sim.retarget("loihi", gp.Quantise(scale="power_of_two"))
    assert sum(s.clipped for s in whole.report().synapses) == 0
    assert sum(s.clipped for s in clipped.report().synapses) > 0
    assert np.log2(power.report().cells[0].scale) % 1 == 0
    largest = max(np.abs(s.weight).max() for s in whole.network.synapses if s.post == "hidden")
    assert largest == 254


def test_calibration_keeps_a_readout_within_24_bits_that_else_saturates() -> None:
    net = gp.Network("overflow")
    source = net.population("in", 12, gp.spikes())
    out = net.population("out", 2, gp.neuron("LI", tau_mem=50 * ms))
    net.connect(source, out, gp.synapse("exp", tau=500 * ms), weight=gp.constant(1.0))
    loss = gp.CrossEntropy(gp.integral(out, "v"))
    sim = gp.compile(
        net, loss=loss, clock="grid", dt=1 * ms, duration=STEPS, batch=32, backend="reference"
    )
    every = (np.repeat(np.arange(float(STEPS)), 12), np.tile(np.arange(12), STEPS))
    data = Dataset(
        SpikeBatch.from_events([every], channels=12, duration=STEPS, labels=np.zeros(1, int)), 2
    )
    held: list[int] = []
    for options in (gp.Quantise(scale="max"), gp.Quantise(calibrate=data)):
        chip = sim.retarget("loihi", options)
        gp.evaluate(chip, data)
        activity = chip.report().activity
        held.append(activity.saturations["out"] + activity.wraps["out"])
        assert activity.spikes["in"] == 12 * STEPS
    assert held[0] > 0
    assert held[1] == 0


def test_several_spikes_of_a_step_count_where_the_network_counts_them() -> None:
    net = gp.Network("counts")
    source = net.population("in", 1, gp.spikes())
    out = net.population("out", 1, gp.neuron("LI"))
    net.connect(source, out, gp.synapse("exp"), weight=gp.constant(1.0))
    twice = SpikeBatch.from_events([([3.1, 3.4], [0, 0])], channels=1, duration=20.0)
    found: list[float] = []
    for events in ("merge", "sum"):
        sim = gp.compile(
            net,
            clock="grid",
            dt=1 * ms,
            duration=20 * ms,
            backend="reference",
            batch=1,
            events=events,
        )
        chip = sim.retarget()
        found.append(float(np.max(chip.run(twice, record=["out.u"]).recorded["out.u"])))
    assert found[1] == 2 * found[0] == 2 * 127 * 64


def test_the_report_tells_cores_errors_and_an_estimate_of_energy(
    sim: gp.Simulator, data: Dataset
) -> None:
    chip = sim.retarget()
    assert "run data first" in str(chip.report())
    gp.evaluate(chip, data)
    report = chip.report()
    assert report.energy is not None
    assert 0 < report.energy.least < report.energy.most
    assert report.resources.neurons == 20
    assert report.resources.fan_in == 28
    assert report.activity.samples == len(data)
    assert all(s.weight_error < 0.05 and s.delay_error < 0.5 for s in report.synapses)
    assert "estimate, Loihi 1 constants" in str(report)


def test_calibration_clips_a_lone_large_weight_where_bits_are_few(data: Dataset) -> None:
    sim = network()
    weight = np.array(sim.parameters["in->hidden.weight"])
    weight[0, 0] = 2.5 * np.abs(weight).max()
    sim.parameters["in->hidden.weight"] = weight
    for bits in (8, 4):
        ours = sim.retarget("loihi", gp.Quantise(bits, "nearest", calibrate=data)).report()
        largest = sim.retarget("loihi", gp.Quantise(weight_bits=bits, scale="max")).report()
        assert (ours.synapses[0].clipped > 0) is (bits == 4)
        better = ours.synapses[1].weight_error < largest.synapses[1].weight_error
        assert better is (bits == 4)


def test_with_exponents_small_weights_beside_large_ones_keep_their_bits(data: Dataset) -> None:
    sim = network()
    sim.parameters["in->hidden.weight"] = 10 * sim.parameters["in->hidden.weight"]
    kept: list[float] = []
    chip = sim.retarget()
    for exponents in (False, True):
        chip = sim.retarget("loihi", gp.Quantise(scale="max", exponents=exponents))
        forth, back = chip.report().synapses[:2]
        kept.append(back.weight_error)
        assert (forth.exponent > 2) is exponents
        assert back.exponent == 0
        factor = forth.scale * 2**forth.exponent
        assert factor == pytest.approx(back.scale)
        first, second = gp.agreement(sim, chip, data).spikes["hidden"]
        assert second == pytest.approx(first, rel=0.05)
    assert kept[1] < kept[0] / 5
    with pytest.raises(UnsupportedError, match="-128 … 127"):
        chip.save("never.net")


def test_a_chip_is_saved_as_a_file_that_holds_its_integers(
    sim: gp.Simulator, tmp_path: Path
) -> None:
    chip = sim.retarget()
    chip.save(tmp_path / "chip.net")
    back = read_netx(tmp_path / "chip.net")
    for ours, theirs in zip(chip.network.synapses, back.synapses, strict=True):
        np.testing.assert_array_equal(effective_weights(ours), effective_weights(theirs))
        assert ours.longest == theirs.longest


def test_bad_choices_are_told_with_a_remedy(sim: gp.Simulator, data: Dataset) -> None:
    with pytest.raises(ConfigurationError, match="nearest"):
        gp.Quantise(rounding="nearst")
    with pytest.raises(ConfigurationError, match="calibrate="):
        gp.Quantise(scale="calibrated")
    with pytest.raises(ConfigurationError, match="from 2 to 8"):
        gp.Quantise(weight_bits=9)
    with pytest.raises(UnsupportedError, match="'loihi'"):
        sim.retarget("loihi2")
    with pytest.raises(DataError, match=r"hidden\.spikes"):
        sim.retarget().run(next(iter(data.batches(2, seed=None))), record=["hidden.spike"])
    with pytest.raises(UnsupportedError, match="2 problems"):
        network(cell=_lif(0.1, 2 * ms)).retarget()
    late = network(longest=63)
    late.parameters["in->hidden.delay"] = 63.0
    with pytest.raises(UnsupportedError, match="63 steps"):
        late.retarget()


def test_longer_delays_may_be_clipped_and_are_counted(data: Dataset) -> None:
    sim = network(longest=90)
    late = np.array(sim.parameters["in->hidden.delay"])
    late[0, :3] = (63.0, 75.0, 62.4)
    sim.parameters["in->hidden.delay"] = late
    with pytest.raises(UnsupportedError, match=r"(?s)2 of 192 delays.*clip_delays=True") as told:
        sim.retarget()
    assert "62 ms" in str(told.value)
    chip = sim.retarget("loihi", gp.Quantise(clip_delays=True))
    assert [s.shortened for s in chip.report().synapses] == [2, 0, 0]
    assert "2 of 192 clipped to that" in str(chip.report())
    assert str(chip.report()).count("clipped to that") == 1
    clipped = network(longest=90)
    clipped.restore(sim.state() | {"parameter/in->hidden.delay": np.minimum(late, 62.0)})
    ours, theirs = (
        chip.run(data.spikes.select(range(8))),
        clipped.retarget("loihi", gp.Quantise()).run(data.spikes.select(range(8))),
    )
    assert ours.scores is not None and theirs.scores is not None
    np.testing.assert_array_equal(ours.scores, theirs.scores)


def test_a_correlation_with_what_is_constant_is_told_to_be_none() -> None:
    seen = Agreement(2, 1.0, None, float("nan"), {"h": (0.0, 0.0)}, {"h": float("nan")})
    assert str(seen).count("not defined") == 2
    assert "nan" not in str(seen)
