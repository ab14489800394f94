"""A readout is one file: these three are no part of the package, and every backend runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.adjoint.derive import derive
from genprop.adjoint.observation import Observation
from genprop.adjoint.readouts import register
from genprop.backends.genn.connectivity import connectivity_pairs
from genprop.backends.genn.pygenn import INSTALL, devices
from genprop.backends.reference.exact.events import EventSimulator
from genprop.describe.topology import initial_topology
from genprop.equations.analyse import understand
from genprop.errors import DescriptionError
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.network import lower
from genprop.numerics.buffers import Buffers
from genprop.testing.zoo_parts import make, three_layers
from tests.backends.genn.stub_pygenn import stub_pygenn
from tests.readouts.energy import energy
from tests.readouts.mean_spike_time import mean_spike_time
from tests.readouts.value_at import value_at

if TYPE_CHECKING:
    from pathlib import Path

    from genprop.backends.base import Target
    from genprop.backends.reference.exact.forward import Trial
    from genprop.backends.reference.exact.trajectories import Trajectory
    from genprop.describe.spec import ReadoutSpec
    from genprop.testing.example import Example

DT = 0.1
TARGETS = np.array([[0.3, 0.1, 0.5], [0.2, 0.4, 0.0]])


def case(readout: ReadoutSpec) -> Example:
    """Readouts of spikes look at ``hidden``, which spikes; those of states at both kinds."""
    net = three_layers(gp.neuron("LIF", tau_mem=20.0), gp.neuron("LI", tau_mem=20.0))
    scale = 20.0 if readout.kind == "mean_spike_time" else 1.0
    return make(readout.kind, net, gp.MeanSquare(readout), samples=2, targets=scale * TARGETS)


CASES = {
    "value_at": case(value_at("out")),
    "value_at spiking": case(value_at("hidden")),
    "energy": case(energy("out")),
    "energy spiking": case(energy("hidden")),
    "mean_spike_time": case(mean_spike_time("hidden")),
}
every_case = pytest.mark.parametrize("name", CASES)


def simulator(name: str, backend: str | Target, dt: float = DT) -> gp.Simulator:
    chosen = CASES[name]
    sim = gp.compile(
        chosen.network,
        loss=chosen.loss,
        clock="grid",
        dt=dt,
        duration=chosen.duration,
        batch=2,
        backend=backend,
        solver=chosen.solver,
    )
    sim.parameters.update(chosen.parameters())
    return sim


def check(name: str, backend: Target) -> None:
    """Loss and gradients are the interpreter's."""
    batch = CASES[name].batch()
    value, gradients = simulator(name, backend).gradients(batch)
    expected, due = simulator(name, "reference").gradients(batch)
    assert value == pytest.approx(expected, rel=1e-12)
    for parameter, gradient in due.items():
        scale = np.abs(gradient).max()
        np.testing.assert_allclose(gradients[parameter], gradient, rtol=0, atol=1e-9 * scale)
    assert any(np.any(gradient) for gradient in due.values())


@every_case
def test_native_code_does_what_the_statements_say(name: str) -> None:
    check(name, gp.Native("double"))


@pytest.mark.skipif("cpu" not in devices(), reason=f"PyGeNN is not installed: {INSTALL}")
@every_case
def test_genn_does_what_the_statements_say(name: str) -> None:
    check(name, gp.GeNN(precision="double"))


@every_case
def test_rendered_genn_names_what_the_statements_move(name: str, tmp_path: Path) -> None:
    """The stub refuses code with names that no model declares; y on the host is the Program's."""
    chosen = CASES[name]
    spec = chosen.spec()
    clock = TimeGrid.of(DT, chosen.duration)
    program = lower(spec, derive(understand(spec), spec), clock=clock)
    gp.GeNN().render(program).write(tmp_path)
    rng = np.random.default_rng(0)
    (readout,) = (loss.readout for loss in program.losses)
    with stub_pygenn(tmp_path) as module:
        module("model").describe("cpu", 1, connectivity_pairs(initial_topology(spec)))
        (term,) = module("evaluate_loss").TERMS
        buffers = Buffers(readout, program, (2, 3))
        buffers.arrays = {n: rng.integers(-1, 3, (2, 3)).astype(float) for n in buffers.arrays}
        ends = [n.removeprefix("readout.") for n in buffers.arrays]
        own = dict(zip([f"{n}_{term.key}" for n in ends], buffers.arrays.values(), strict=True))
        with np.errstate(divide="ignore", invalid="ignore"):
            found = term.observe(*(own[variable] for variable in term.variables))
            np.testing.assert_array_equal(found, buffers.y())


def test_the_chip_is_read_as_the_statements_say() -> None:
    """The loss of the emulator's voltages at the instant nearest to 2T/3, of steps of 1 ms."""
    chosen = CASES["value_at"]
    chip = simulator("value_at", "native", dt=1.0).retarget("loihi", gp.Quantise(weight_bits=8))
    outcome = chip.run(chosen.batch(), ["out.v"])
    scale = 2**6 * chip.grid.scale["out"]  # the chip keeps voltages in 1/64 of a weight
    v = np.asarray(outcome.recorded["out.v"])[:, round(2 * chosen.duration / 3) - 1] / scale
    assert np.any(v)
    assert outcome.loss == pytest.approx(np.mean(np.sum((v - TARGETS) ** 2, axis=1)) / 2)


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_the_slopes_of_the_loss_of_exact_trials(name: str) -> None:
    """Trials are solved event by event, and the loss is taken from them here, without a clock.

    Along a random direction of every parameter; delays and weights move spikes by less than a step
    of 0.01 ms, whose gradients are off by a part of the order of dt over a time constant.
    """
    chosen = CASES[name]
    _, gradients = simulator(name, gp.Native("double"), dt=0.01).gradients(chosen.batch())
    rng = np.random.default_rng(0)
    for parameter in chosen.learned():
        start = chosen.parameters()
        direction = rng.normal(size=start[parameter].shape)
        losses = [
            exact_loss(name, start | {parameter: start[parameter] + shift * direction})
            for shift in (-1e-5, 1e-5)
        ]
        slope = (losses[1] - losses[0]) / 2e-5
        scale = np.abs(gradients[parameter]).max() * np.abs(direction).max()
        if scale == 0:  # of what comes after the population that is looked at
            assert abs(slope) < 1e-9
        assert np.sum(gradients[parameter] * direction) == pytest.approx(slope, abs=0.02 * scale)


def exact_loss(name: str, parameters: dict[str, np.ndarray]) -> float:
    """Half the mean square of y, of exact trajectories and spikes."""
    chosen = CASES[name]
    spec = chosen.network.freeze(None)
    solver = EventSimulator(spec, understand(spec), duration=chosen.duration)
    trials = [solver.forward(parameters, given) for given in chosen.inputs]
    (term,) = chosen.spec().loss
    y = [OBSERVED[term.readout.kind](trial, term.readout.population) for trial in trials]
    return float(np.mean(np.sum((np.array(y) - chosen.targets) ** 2, axis=1)) / 2)


def exact_value_at(trial: Trial, population: str) -> list[float]:
    time = np.array([2 * trial.duration / 3])
    return [t.at(time)[0, 0] for t in trial.trajectories[population]]


def exact_energy(trial: Trial, population: str) -> list[float]:
    return [energy_of(t, trial.duration) for t in trial.trajectories[population]]


def energy_of(trajectory: Trajectory, duration: float) -> float:
    """Gauss's rule on each of many pieces between two events of a neuron."""
    nodes, weights = np.polynomial.legendre.leggauss(8)
    edges = np.append(trajectory.starts, duration)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    times = middle[:, None] + half[:, None] * nodes
    v = trajectory.at(times.ravel())[:, 0].reshape(times.shape)
    return float(np.sum(half[:, None] * weights * np.exp(-times / duration) * v**2) / duration)


def exact_mean_spike_time(trial: Trial, population: str) -> list[float]:
    spikes = trial.spikes(population)
    times = [
        [s.time for s in spikes if s.neuron == j]
        for j in range(len(trial.trajectories[population]))
    ]
    return [float(np.mean(t)) if t else trial.duration for t in times]


OBSERVED = {
    "energy": exact_energy,
    "mean_spike_time": exact_mean_spike_time,
    "value_at": exact_value_at,
}


def test_a_readout_of_the_package_keeps_its_name() -> None:
    with pytest.raises(DescriptionError, match="already a readout 'integral'"):
        register("integral", lambda spec, system: Observation(spec.population))


def test_a_readout_that_nobody_defined_is_refused_by_name() -> None:
    net = gp.Network()
    net.population("inp", 1, gp.spikes())
    net.population("out", 1, gp.neuron("LI"))
    net.connect("inp", "out", gp.synapse("exp"), weight=gp.learn(1.0))
    loss = gp.MeanSquare(type(value_at("out"))("valu_at", "out", "v"))
    with pytest.raises(DescriptionError, match="no readout 'valu_at'"):
        gp.compile(
            net, loss=loss, clock="grid", dt=1.0, duration=10.0, batch=1, backend="reference"
        )
