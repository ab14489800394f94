"""Neurons that send values on the chip: bits, the error they cost, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

import genprop as gp
from genprop.backends.loihi.graded.emulator import GradedEmulator
from genprop.errors import (
    ConfigurationError,
    DataError,
    DescriptionError,
    DivergenceError,
    UnsupportedError,
)
from genprop.testing.basis_pursuit import objective
from tests.backends.loihi.graded_oracle import (
    Shift,
    Trace,
    as_spikes,
    by_change,
    down,
    group_lca,
    lca,
    towards_zero,
    two_layers,
)
from tests.graded.networks import ATOMS, CLASSES, DIM, GROUPS, SIZE, Problem
from tests.graded.test_senders import sent
from tests.graded.test_senders import two_layers as two_layer_network

if TYPE_CHECKING:
    from genprop.backends.loihi.graded.integers import GradedSynapses
    from genprop.runtime.graded_chip import GradedChip

STEPS = 40


def on_chip(
    problem: Problem,
    bits: int = 8,
    tolerance: float | None = 1e-5,
    duration: float = 20_000.0,
    **more: Any,
) -> GradedChip:
    sim = problem.compiled("reference", tolerance=tolerance, duration=duration)
    return retargeted(problem, sim, bits, **more)


def retargeted(problem: Problem, sim: gp.Simulator, bits: int = 8, **more: Any) -> GradedChip:
    data = gp.data.Dataset(problem.samples, CLASSES)
    chip = sim.retarget("loihi", gp.Quantise(weight_bits=bits, calibrate=data, **more))
    return cast("GradedChip", chip)


def differs(problem: Problem, chip: GradedChip, oracle: Callable[..., Trace], shift: Shift) -> bool:
    """Whether any state or message of any step is another integer than the oracle's."""
    inputs = chip.floats.inputs(problem.samples)
    emulator = GradedEmulator(chip.network, problem.batch, chip.constants(inputs))
    traces = [oracle(chip, x, problem.dictionary, problem.gamma, STEPS, shift) for x in problem.x]
    for step in range(STEPS):
        emulator.step()
        found = {".".join(k): x.tolist() for k, x in (emulator.states | emulator.sent).items()}
        for sample, trace in enumerate(traces):
            if any(found[name][sample] != x for name, x in trace[step].items()):
                return True
    return False


def of_atoms(chip: GradedChip) -> list[GradedSynapses]:
    """Those onto each other, which excite and which inhibit."""
    found = [s for s in chip.network.synapses if (s.pre, s.post) == ("atoms", "atoms")]
    assert [bool((s.weight >= 0).all()) for s in found] == [True, False]
    assert (found[1].weight <= 0).all() and not np.any(found[0].weight * found[1].weight)
    return found


def recurrent(chip: GradedChip) -> np.ndarray:
    """The weights of atoms onto each other that the chip has, of both signs."""
    eta = 0.1 / chip.report().stretched["atoms.u"]
    return np.sum([s.weight * 2.0**s.exponent for s in of_atoms(chip)], axis=0) / eta


@pytest.mark.parametrize("bits", [8, 6])
@pytest.mark.parametrize("grouped", [False, True])
def test_every_bit_is_that_of_the_equations_in_python_integers(grouped: bool, bits: int) -> None:
    problem = Problem(grouped, batch=2)
    chip, oracle = on_chip(problem, bits), group_lca if grouped else lca
    assert not differs(problem, chip, oracle, down)
    assert differs(problem, chip, oracle, towards_zero)  # planted: another rounding is seen


@pytest.mark.parametrize("bits", [8, 6])
def test_every_bit_of_two_layers_is_that_of_the_equations(bits: int) -> None:
    problem = Problem(grouped=False, batch=2)
    net = two_layer_network(problem)
    chip = retargeted(problem, gp.compile(net, dt=1.0, duration=20_000.0, batch=2,
                                          backend="reference", tolerance=1e-5), bits)  # fmt: skip
    assert not differs(problem, chip, two_layers, down)
    assert differs(problem, chip, two_layers, towards_zero)
    a = np.asarray(chip.run(problem.samples, record=["atoms.a"]).recorded["atoms.a"], np.float64)
    found, least = (
        objective(problem.x, problem.dictionary, problem.penalty, code)
        for code in (a, problem.code)
    )
    assert np.abs(found / least - 1).max() < (2e-3 if bits == 8 else 2e-2)


def test_every_bit_behind_sigma_delta_senders_is_that_of_the_equations() -> None:
    """Also that nothing is sent below θ: at rest every value is within θ of what was sent."""
    problem = Problem(grouped=False, batch=2)
    sim = sent(problem, gp.neuron("sigma_delta", theta=0.01), "reference", tolerance=1e-5)
    chip = retargeted(problem, sim)
    assert not differs(problem, chip, by_change, down)
    assert differs(problem, chip, partial(by_change, theta=0.02), down)
    names = ["atoms.a", "senders.held", "senders.events"]
    out = chip.run(problem.samples, record=names)
    a, held, events = (np.asarray(out.recorded[name]) for name in names)
    assert np.abs(a - held).max() <= 0.01 + 1e-4
    assert 0 < events.sum() == np.rint(events).sum() < 0.5 * out.steps.sum() * events.shape[1]


@pytest.mark.parametrize("model", ["spike_rate", "signed_spikes"])
def test_every_bit_behind_senders_of_spikes_is_that_of_the_equations(model: str) -> None:
    problem, signed = Problem(grouped=False, batch=2), model == "signed_spikes"
    sim = sent(problem, gp.neuron(model, q=4.0), "reference", steps=200)
    chip, oracle = retargeted(problem, sim), partial(as_spikes, signed=signed)
    assert not differs(problem, chip, oracle, down)
    assert differs(problem, chip, oracle, towards_zero)
    names = ["senders.total", "senders.events"]
    total, events = (np.asarray(chip.run(problem.samples, record=names).recorded[n]) for n in names)
    assert events.max() > 1 and np.all(np.abs(total) <= 4 * events)
    assert signed or np.array_equal(total, 4 * events)


@pytest.mark.parametrize("grouped", [False, True])
def test_where_it_ends_the_equations_hold_but_for_the_last_bits(grouped: bool) -> None:
    """|Dᵀx + W a − u| ≤ (4 roundings and what may still move) / η, W being the chip's weights."""
    problem = Problem(grouped)
    chip = on_chip(problem)
    out = chip.run(problem.samples, record=["atoms.a", "atoms.u"])
    a, u = (np.asarray(out.recorded[name]) for name in ("atoms.a", "atoms.u"))
    eta = 0.1 / chip.report().stretched["atoms.u"]
    weight = recurrent(chip)
    left = problem.x @ problem.dictionary + a @ weight - u
    assert np.abs(left).max() < (4 / chip.scales["atoms.u"] + 3e-5) / eta
    exact = np.eye(len(weight)) - problem.dictionary.T @ problem.dictionary
    for synapse in of_atoms(chip):
        step, own = 2.0**synapse.exponent / eta, synapse.weight != 0
        assert np.abs(weight - exact)[own].max() <= 0.51 * step
        assert step <= 2.01 * np.abs(exact[own]).max() / 255  # of the finest exponent


@pytest.mark.parametrize("grouped", [False, True])
def test_what_rounded_weights_cost_is_bounded_by_convexity(grouped: bool) -> None:
    """−E b is a subgradient of F at b: F(b) − F(a) ≤ ‖E b‖ ‖b − a‖; six bits cost more.

    Silent groups come near 0, and never there: of groups the second alone is held.
    """
    problem = Problem(grouped, batch=16)
    best = objective(problem.x, problem.dictionary, problem.penalty, problem.code)
    gaps: list[float] = []
    for bits in (8, 6):
        chip = on_chip(problem, bits)
        out = chip.run(problem.samples, record=["atoms.a"])
        b = np.asarray(out.recorded["atoms.a"], np.float64)
        gram = np.eye(len(b.T)) - problem.dictionary.T @ problem.dictionary
        off = np.linalg.norm(b @ (recurrent(chip) - gram), axis=1)
        gap = objective(problem.x, problem.dictionary, problem.penalty, b) - best
        bound = (off + 1e-2) * np.linalg.norm(b - problem.code, axis=1)
        assert grouped or (gap <= bound).all()
        gaps.append(float(np.mean(gap / best)))
    assert 0 < gaps[0] < gaps[1]


def test_a_sample_has_the_same_bits_in_another_batch() -> None:
    problem = Problem(grouped=True, batch=5)
    chip = on_chip(problem)
    whole = chip.run(problem.samples, record=["atoms.a"])
    part = chip.run(problem.samples.select([3, 1]), record=["atoms.a"])
    assert np.array_equal(
        np.asarray(whole.recorded["atoms.a"])[[3, 1]], np.asarray(part.recorded["atoms.a"])
    )
    assert np.array_equal(whole.steps[[3, 1]], part.steps)


def test_a_classifier_is_read_on_the_chip_as_in_floats() -> None:
    problem = Problem(grouped=False, batch=8)
    sim = problem.compiled("reference", classifier=True, tolerance=1e-5, duration=20_000.0)
    data = gp.data.Dataset(problem.samples, CLASSES)
    chip = sim.retarget("loihi", gp.Quantise(calibrate=data))
    ours, theirs = (np.asarray(n.run(problem.samples).scores) for n in (chip, sim))
    assert np.abs(ours - theirs).max() < 0.1 * np.abs(theirs).max()
    assert gp.agreement(sim, chip, data).samples == 8


def test_messages_and_operations_are_counted_until_each_sample_ends() -> None:
    """By hand, sample by sample; those that settle soon cost less than their batch does."""
    problem = Problem(grouped=True, batch=3)
    chip = on_chip(problem)
    assert chip.report().energy is None and "run data first" in str(chip.report())
    steps = chip.run(problem.samples).steps
    assert len(set(steps.tolist())) > 1
    sent: dict[tuple[str, str], int] = {}
    for sample, own in enumerate(steps):
        few = problem.samples.select([sample])
        emulator = GradedEmulator(chip.network, 1, chip.constants(chip.floats.inputs(few)))
        for _ in range(own):
            emulator.step()
            for place, x in emulator.sent.items():
                sent[place] = sent.get(place, 0) + int(np.count_nonzero(x))
    report = chip.report()
    sent = {place: count for place, count in sent.items() if place != ("norms", "pooled")}
    assert report.messages == sent and report.steps == steps.sum()
    lateral = np.count_nonzero(recurrent(chip)) / ATOMS
    fan_out = {("atoms", "a"): lateral, ("atoms", "power"): 1, ("norms", "shrinkage"): SIZE}
    energy = report.energy
    assert energy is not None and energy.spikes == pytest.approx(sum(sent.values()) / 3)
    operations = sum(count * fan_out[place] for place, count in sent.items()) / 3
    assert energy.synaptic_operations == pytest.approx(operations)
    assert energy.updates == pytest.approx(steps.mean() * (ATOMS + GROUPS.count))
    assert f"{energy.spikes:.4g} messages" in str(report)


def test_what_leaves_24_bits_is_refused_and_not_held() -> None:
    problem = Problem(grouped=False)
    chip = on_chip(problem, tolerance=None, duration=100.0)
    louder = problem.samples.replaced("x", 10 * problem.x)
    with pytest.raises(DivergenceError, match=r"atoms\.\w leaves the chip's 24 bits in step"):
        chip.run(louder)
    roomy = on_chip(problem, tolerance=None, duration=100.0, headroom=40.0)
    found = roomy.run(louder, record=["atoms.u"]).recorded["atoms.u"]
    assert np.abs(np.asarray(found)).max() > 2**23 / chip.scales["atoms.u"]


def test_what_the_chip_cannot_is_refused_at_once() -> None:
    net = gp.Network("root")
    x = net.population("x", DIM, gp.graded())
    cell = gp.Neuron("root", flow="du/dt = (I/(1 + u*u) - u)/tau", send="a = sqrt(1 + u*u)",
                     parameters={"tau": 10 * gp.ms})  # fmt: skip
    net.population("cells", 4, cell)
    net.connect(x, "cells", gp.synapse("graded"), weight=1.0)
    sim = gp.compile(net, dt=1.0, duration=100.0, backend="reference", tolerance=1e-3)
    with pytest.raises(DescriptionError, match="have not") as refusal:
        sim.retarget("loihi")
    words = str(refusal.value)
    assert "sqrt in a" in words and "division in u_next" in words and "follow from data" in words
    problem = Problem(grouped=False)
    plain = problem.compiled("reference", duration=100.0, tolerance=None)
    with pytest.raises(ConfigurationError, match="follow from data"):
        plain.retarget("loihi")
    with pytest.raises(UnsupportedError, match="no chip"):
        plain.retarget("loihi3")
    data = gp.data.Dataset(problem.samples, CLASSES)
    chip = cast("GradedChip", plain.retarget("loihi", gp.Quantise(calibrate=data)))
    assert chip.report().stretched == {}  # all steps count, so their speed is kept
    with pytest.raises(DataError, match="written to the chip in each"):
        chip.run(gp.data.GradedBatch.of(np.zeros((1, 100, DIM))))
