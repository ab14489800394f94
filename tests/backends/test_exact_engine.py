"""The reference backend on the exact clock: the event solver run, recorded and divided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import genprop as gp
from genprop.backends.parts import Divisible, Node, batch_means, divide, take, tree_of
from genprop.data.spikes import SpikeBatch
from genprop.data.timed import timed
from genprop.errors import DataError, DivergenceError, UnsupportedError
from genprop.testing.exact import exact
from genprop.testing.zoo import example, examples

LINEAR = [e.name for e in examples() if e.linear]
OTHERS = [e.name for e in examples() if not e.linear]


def compiled(name: str, dt: float = 0.5, backend: str = "reference") -> gp.Simulator:
    e = example(name)
    sim = gp.compile(
        e.network,
        loss=e.loss,
        optimiser=gp.Adam(1e-3),
        dt=dt,
        duration=e.duration,
        batch=8,
        backend=backend,
        clock="exact",
    )
    sim.parameters.update(e.parameters())
    return sim


@pytest.mark.parametrize("name", ["refractory", "two_receptors", "counted", "branched"])
def test_the_clock_gives_what_the_bare_solver_gives(name: str) -> None:
    sim, due = compiled(name), exact(name).gradients()
    loss, gradients = sim.gradients(example(name).batch())
    assert loss == pytest.approx(due.loss, abs=1e-15)
    assert set(gradients) == set(example(name).learned())
    for flat, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, due.gradients[flat])


@pytest.mark.parametrize("dt", [0.1, 4.0])
def test_spikes_are_recorded_at_their_real_times(dt: float) -> None:
    sim, due = compiled("refractory", dt), exact("refractory").gradients()
    outcome = sim.run(example("refractory").batch(), record=["hidden.spikes", "out.v"])
    trains = sim.spike_trains(outcome, "hidden")
    for (times, neurons), (due_times, due_neurons) in zip(
        trains, due.spikes["hidden"], strict=True
    ):
        np.testing.assert_array_equal(times, due_times)
        np.testing.assert_array_equal(neurons, due_neurons)
        assert np.any(times % dt > 1e-3 * dt)
    assert np.asarray(outcome.recorded["out.v"]).shape == (2, round(40 / dt), 3)
    with pytest.raises(DataError, match=r"record=\['out.spikes'\]"):
        sim.spike_trains(outcome, "out")


def test_states_are_those_after_the_resets_of_their_instant() -> None:
    """One neuron that is driven over its threshold is found below it at every instant."""
    sim = compiled("refractory", dt=0.25)
    outcome = sim.run(example("refractory").batch(), record=["hidden.v"])
    v = np.asarray(outcome.recorded["hidden.v"])
    assert v.max() < 1.0
    assert np.any(v == sim.parameters["hidden.v_reset"])


def test_the_grid_tends_to_the_exact_clock() -> None:
    e = example("feed_forward")
    sim = gp.compile(e.network, loss=e.loss, dt=0.002, duration=e.duration, batch=8, clock="grid")
    sim.parameters.update(e.parameters())
    assert sim.run(e.batch()).loss == pytest.approx(
        compiled("feed_forward").run(e.batch()).loss, rel=2e-3
    )


@pytest.mark.parametrize("name", ["recurrent", "budgeted", "counted"])
def test_any_division_of_a_batch_gives_the_same_bits(name: str) -> None:
    sim = compiled(name)
    engine, inputs = sim.engine, sim.inputs(example(name).batch())
    assert isinstance(engine, Divisible)
    found: list[dict[str, np.ndarray]] = []
    for ranks in (1, 2, 3):
        parts = divide(inputs.batch, engine.groups, ranks)
        mine = [take(inputs, part, engine.groups) for part in parts]
        seen = [engine.observations(sim.parameters, sim.topology, one) for one in mine]
        means = batch_means(seen)
        sums: dict[Node, dict[str, np.ndarray]] = {}
        for one, part in zip(mine, parts, strict=True):
            told = replace(one, part=part.seeing(means))
            sums |= engine.partials(sim.parameters, sim.topology, told)[1]
        found.append(engine.total(sim.parameters, sim.topology, tree_of(sums, engine.groups)))
    whole = sim.gradients(example(name).batch())[1]
    for flat, gradient in whole.items():
        np.testing.assert_array_equal(found[0][flat], found[1][flat])
        np.testing.assert_array_equal(found[0][flat], found[2][flat])
        np.testing.assert_allclose(found[0][flat], gradient, rtol=1e-12, atol=1e-16)


def test_small_steps_along_the_gradient_lower_the_loss_every_time() -> None:
    sim, batch = compiled("recurrent"), example("recurrent").batch()
    losses: list[float] = []
    for _ in range(12):
        losses.append(sim.gradients(batch)[0])
        sim.step()
    assert np.all(np.diff(losses) < 0)


def test_only_events_at_exactly_the_same_time_are_merged() -> None:
    times = np.array([1.0, 1.0, 1.0, 1.0 + 1e-12, 2.0])
    batch = SpikeBatch.from_events([(times, np.array([0, 0, 1, 0, 0]))], channels=2, duration=5.0)
    assert timed(batch, "merge").time.tolist() == [1.0, 1.0, 1.0 + 1e-12, 2.0]
    assert timed(batch, "merge").channel.tolist() == [0, 1, 0, 0]
    assert timed(batch, "sum").time.size == 5


@pytest.mark.parametrize("name", OTHERS)
def test_what_does_not_superpose_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnsupportedError, match=r"(?s)linear in the states.*clock='grid'"):
        compiled(name)


def test_a_solver_of_steps_is_refused() -> None:
    e = example("feed_forward")
    with pytest.raises(UnsupportedError, match="runge_kutta:4"):
        gp.compile(
            e.network,
            loss=e.loss,
            dt=1.0,
            duration=e.duration,
            backend="reference",
            clock="exact",
            solver="runge_kutta:4",
        )


def test_states_beyond_the_finite_numbers_stop_the_run() -> None:
    sim = compiled("feed_forward")
    sim.parameters["hidden->out.weight"] = np.full((3, 3), 1e308)
    with pytest.raises(DivergenceError, match="population 'out'"):
        sim.gradients(example("feed_forward").batch())
