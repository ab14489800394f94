"""What leaves the finite numbers stops, says where, and never reaches a parameter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.reference import located
from genprop.backends.reference.target import Reference
from genprop.data.spikes import SpikeBatch
from genprop.errors import DescriptionError, DivergenceError, TrainingError
from genprop.lower.event_location import MOST_PARTS

if TYPE_CHECKING:
    from genprop.backends.base import Outcome, Target

DURATION = 20.0
BACKENDS = ("native", "reference")
SILENT: tuple[list[float], list[int]] = ([], [])
DRIVEN = ([1.0, 3.0, 4.0], [0, 1, 0])


def network(neuron: gp.Neuron, weight: float = 3.0, first: str = "exp") -> gp.Network:
    net = gp.Network("divergence")
    source = net.population("input", 2, gp.spikes())
    cells = net.population("cells", 3, neuron)
    out = net.population("out", 2, gp.neuron("LI"))
    synapse = gp.synapse("exp", tau=5 * ms)
    into = synapse if first == "exp" else gp.synapse(first)
    net.connect(source, cells, into, weight=gp.learn(weight))
    net.connect(cells, out, synapse, weight=gp.learn(0.1))
    return net


def compiled(
    neuron: gp.Neuron,
    backend: str | Target = "reference",
    weight: float = 3.0,
    dt: float = 0.5,
    first: str = "exp",
) -> gp.Simulator:
    return gp.compile(
        network(neuron, weight, first),
        loss=gp.CrossEntropy(gp.maximum("out", "v")),
        optimiser=gp.Adam(1e-3),
        clock="grid",
        dt=dt,
        duration=DURATION,
        batch=3,
        backend=backend,
    )


def batch(*samples: tuple[list[float], list[int]]) -> SpikeBatch:
    given = samples or (SILENT, DRIVEN, DRIVEN)
    labels = np.arange(len(given)) % 2
    return SpikeBatch.from_events(given, channels=2, duration=DURATION, labels=labels)


def explosive(rate: str = "1 + v - exp(v**2) - I", tau: float = 10.0) -> gp.Neuron:
    """It runs away from its threshold, beyond all numbers within a step."""
    return gp.Neuron(
        "explosive",
        flow=f"dv/dt = ({rate})/tau",
        spike="v > 5",
        reset="v = 0",
        parameters={"tau": gp.learn(tau * ms)},
    )


def first_bad_step(sim: gp.Simulator, sample: int) -> int:
    """The first step at whose end a recorded state of the sample is not finite."""
    states = sim.engine.run(sim.arrays(), sim.topology, sim.inputs(batch()), ("cells.v",))
    bad = ~np.isfinite(states.recorded["cells.v"][sample]).all(axis=1)
    return int(np.argmax(bad))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_state_that_leaves_the_finite_numbers_is_told_with_its_place(backend: str) -> None:
    sim = compiled(explosive(), backend)
    assert np.isfinite(sim.gradients(batch(SILENT))[0])
    before = sim.state()
    time = 0.5 * (first_bad_step(sim, 1) + 1)
    for call in (sim.run, sim.gradients):
        with pytest.raises(DivergenceError) as told:
            call(batch())
        message = str(told.value)
        assert (
            f"state 'v' of population 'cells' leaves the finite numbers at t = {time:g} ms"
            in message
        )
        assert "sample 1 of the batch, neuron 0" in message
        assert "dt=0.125" in message
        assert "runge_kutta:8" in message
    with pytest.raises(gp.errors.UnsupportedError, match="nothing to update with"):
        sim.step()
    assert all(np.array_equal(x, before[name]) for name, x in sim.state().items())


def test_sub_steps_are_named_where_no_spike_cuts_a_step_short_and_they_help() -> None:
    stiff = gp.Neuron(
        "stiff", flow="dv/dt = (I - v - 30*v**3)/tau", parameters={"tau": gp.learn(1 * ms)}
    )
    net = gp.Network("stiff")
    net.population("input", 2, gp.spikes())
    net.population("out", 3, stiff)
    net.connect("input", "out", gp.synapse("exp"), weight=gp.learn(4.0))

    def ran(solver: str) -> gp.Simulator:
        sim = gp.compile(
            net, loss=gp.CrossEntropy(gp.final("out", "v")),
            clock="grid", dt=2, duration=DURATION, batch=3,
            backend="reference", solver=solver,
        )  # fmt: skip
        sim.run(batch())
        return sim

    with pytest.raises(DivergenceError, match=r"dt=0\.5(.|\n)*runge_kutta:8"):
        ran("exact")
    assert ran("runge_kutta:32")


def test_a_backend_that_cannot_tell_is_read_by_its_loss_and_gradients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sim = compiled(explosive("I + exp(v**2) - 1 - v"), Reference(locates=False))
    gradients = sim.engine.gradients

    def unaware(*given: object) -> tuple[Outcome, dict[str, np.ndarray]]:
        outcome, found = gradients(*given)  # type: ignore[arg-type]
        return replace(outcome, finite=None), found

    monkeypatch.setattr(sim.engine, "gradients", unaware)
    with pytest.raises(DivergenceError, match=r"'v' of population 'cells'(.|\n)*sample 1"):
        sim.gradients(batch())


def test_a_neuron_that_cannot_be_followed_ends_its_sample() -> None:
    steep = gp.Neuron(
        "steep",
        flow="dv/dt = (I - v + v**2)/tau; da/dt = g*v**2/tau",
        spike="v > 5",
        reset="v = 0",
        parameters={"tau": gp.learn(10 * ms), "g": gp.values([0.0, 1e308, 0.0])},
    )
    lost: list[np.ndarray] = []
    for backend in (gp.Native(precision="double"), "reference"):
        sim = compiled(steep, backend, weight=9.0)
        found = sim.engine.run(sim.arrays(), sim.topology, sim.inputs(batch()), ("cells.v",))
        assert found.finite is not None and found.finite.tolist() == [True, False, False]
        lost.append(np.isnan(found.recorded["cells.v"]))
    native, reference = lost
    assert np.array_equal(native, reference)
    first = reference[1].argmax(axis=0)
    assert not reference[0].any() and reference[1, first[1] :, 1].all()
    assert first[1] <= min(first[0], first[2]), "others are tried as long as all can be followed"
    assert reference[1, -1].all(), "and not after that: they spike within a step each"


def test_steps_of_a_sample_that_has_ended_are_tried_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried, part = [0], located._Step.part

    def counted(step: located._Step) -> bool:
        tried[0] += 1
        return part(step)

    monkeypatch.setattr(located._Step, "part", counted)
    steep = gp.Neuron(
        "steep",
        flow="dv/dt = (I - v)/tau; da/dt = 1e308*v**2/tau",
        spike="v > 5",
        reset="v = 0",
        parameters={"tau": gp.learn(10 * ms)},
    )
    sim = compiled(steep)
    with pytest.raises(DivergenceError, match="of population 'cells'"):
        sim.gradients(batch())
    assert 0 < tried[0] <= 3 * MOST_PARTS  # two samples, and one of them again for the place


STEEP = "I + 1.7e308*max(sign(v - 0.5), 0)"


def test_a_spike_and_its_reset_do_not_hide_an_infinite_state() -> None:
    """Every slope is finite, but not where it leads: v is infinite, spikes, and is 0 again."""
    sim = compiled(explosive(STEEP, tau=1.0), Reference(locates=False), dt=4.0)
    found = sim.engine.run(sim.arrays(), sim.topology, sim.inputs(batch()), ("cells.v",))
    assert found.spikes["cells"][1:].any()
    assert np.isfinite(found.recorded["cells.v"]).all()
    assert found.finite is not None
    assert found.finite.tolist() == [True, False, False]
    with pytest.raises(DivergenceError, match="'v' of population 'cells'") as told:
        sim.run(batch())
    assert "runge_kutta" not in str(told.value)  # sub-steps follow the upstroke further


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_that_are_not_finite_never_reach_a_parameter(backend: str) -> None:
    sim = compiled(gp.neuron("LIF"), backend)
    _, gradients = sim.gradients(batch())
    before = sim.state()
    for bad in (np.nan, np.inf):
        spoilt = {name: np.array(g) for name, g in gradients.items()}
        spoilt["input->cells.weight"][1, 2] = bad
        with pytest.raises(TrainingError, match=r"'input->cells\.weight' has 1 of 6 values"):
            sim.step(spoilt)
        assert all(np.array_equal(x, before[name]) for name, x in sim.state().items())


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_update_that_would_not_end_in_finite_numbers_is_undone(backend: str) -> None:
    sim = compiled(gp.neuron("LIF"), backend)
    sim.gradients(batch())
    sim.step()
    sim.gradients(batch())
    before = sim.state()
    sim.settings["input->cells.weight"]["beta1"] = 1.0  # a mean of nothing, over 1 − β₁ⁿ = 0
    with pytest.raises(TrainingError, match=r"the parameter 'input->cells\.weight'"):
        sim.step()
    assert all(np.array_equal(x, before[name]) for name, x in sim.state().items())


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0, 1e308, "0.9", None])
def test_a_setting_beyond_its_bounds_is_named(bad: object, backend: str) -> None:
    sim = compiled(gp.neuron("LIF"), backend)
    sim.gradients(batch())
    before = sim.state()
    sim.settings["input->cells.weight"]["beta1"] = bad  # pyright: ignore[reportArgumentType]
    with pytest.raises(DescriptionError, match=r"settings\['input->cells.weight'\]\['beta1'\]"):
        sim.step()
    assert all(np.array_equal(x, before[name]) for name, x in sim.state().items())


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_slope_that_is_infinite_where_states_are_finite_is_told(backend: str) -> None:
    rooted = gp.Neuron(
        "rooted",
        flow="dv/dt = (1 - v) * sqrt(v)/tau",
        spike="v > 5",
        reset="v = 1",
        initial={"v": 1.0},
        parameters={"tau": gp.learn(10 * ms)},
    )
    sim = compiled(rooted, backend, weight=-1.0, first="delta")  # to 0, where it stays
    assert sim.run(batch(([1.0], [0])))
    with pytest.raises(DivergenceError, match=r"all states are finite.*'cells.tau'"):
        sim.gradients(batch(([1.0], [0])))


def test_single_precision_is_told_where_double_precision_suffices() -> None:
    for precision in ("float", "double"):
        sim = compiled(gp.neuron("LIF"), gp.Native(precision=precision), weight=3e38)
        if precision == "double":
            assert sim.run(batch())
        else:
            with pytest.raises(DivergenceError, match=r"single precision(.|\n)*sample 1"):
                sim.run(batch())


def test_an_input_that_is_too_large_for_a_linear_flow_is_not_blamed_on_dt() -> None:
    sim = compiled(gp.neuron("LIF"), weight=1.7e308)
    with pytest.raises(DivergenceError, match="smaller weights") as told:
        sim.run(batch())
    assert "dt" not in str(told.value)


def test_a_training_that_diverges_names_epoch_batch_and_checkpoint(tmp_path: Path) -> None:
    sim = compiled(explosive())
    data = gp.data.Dataset(batch(*[SILENT] * 6, DRIVEN), 2)
    with pytest.raises(DivergenceError) as told:
        gp.fit(sim, data, epochs=4, run=tmp_path / "run", progress=False)
    message = str(told.value)
    assert "epoch 1, batch " in message
    assert "population 'cells'" in message
    assert "checkpoint" in message
    assert all(np.isfinite(x).all() for x in sim.parameters.values())
