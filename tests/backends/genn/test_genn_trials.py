"""What trials must not do: leak, lose spikes or batches, wrap delays, drop what outgrows a tape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.backends.genn.engine import GeNNEngine
from genprop.backends.genn.pygenn import INSTALL, devices
from genprop.data.spikes import SpikeBatch

if TYPE_CHECKING:
    from genprop.runtime.simulator import Simulator

pytestmark = pytest.mark.skipif(
    "cpu" not in devices(), reason=f"PyGeNN is not installed: {INSTALL}"
)

DT, T, LONGEST = 1.0, 20.0, 6.0
DOUBLE = gp.GeNN(precision="double")


def net() -> gp.Network:
    found, exp = gp.Network("trials"), gp.synapse("exp", tau=5.0)
    found.population("inp", 2, gp.spikes())
    found.population("hidden", 2, gp.neuron("LIF", tau_mem=10.0))
    found.population("out", 2, gp.neuron("LI", tau_mem=10.0))
    delay = gp.learn(gp.values([[0.0, LONGEST], [LONGEST, 2.0]]), max=LONGEST)
    weight = gp.learn(gp.values([[3.0, 2.5], [2.0, 4.0]]))
    found.connect("inp", "hidden", exp, weight=weight, delay=delay)
    found.connect("hidden", "out", exp, weight=gp.learn(gp.values([[1.0, -0.5], [0.3, 0.8]])))
    return found


def compiled(backend: object = DOUBLE, batch: int = 4, **options: object) -> Simulator:
    loss = gp.CrossEntropy(gp.integral("out"))
    return gp.compile(
        net(),
        loss=loss,
        optimiser=gp.Adam(1e-2),
        clock="grid",
        dt=DT,
        duration=T,
        batch=batch,
        backend=backend,  # type: ignore[arg-type]
        **options,  # type: ignore[arg-type]
    )


def batch_of(*samples: list[tuple[float, int]]) -> SpikeBatch:
    events = [sorted(s) for s in samples]
    flat = [e for s in events for e in s]
    return SpikeBatch(
        start=np.cumsum([0, *(len(s) for s in events)]).astype(np.int64),
        times=np.array([t for t, _ in flat], np.float64),
        channels=np.array([c for _, c in flat], np.int32),
        labels=np.arange(len(events), dtype=np.int64) % 2,
        channels_total=2,
        duration=T,
    )


BUSY = [(1.5, 0), (2.5, 1), (6.5, 0), (9.5, 1)]
BATCH = batch_of(BUSY, [(3.5, 1)], [], [(19.5, 0), (19.5, 1), (13.5, 0)])


@pytest.fixture(scope="module")
def sim() -> Simulator:
    return compiled()


def assert_equal(own: Simulator, batch: SpikeBatch) -> None:
    """Loss, spikes and gradients are the interpreter's."""
    due = compiled("reference", batch=8, events=own.events)
    due.parameters.update(dict(own.parameters))
    value, gradients = own.gradients(batch)
    expected, slopes = due.gradients(batch)
    assert value == pytest.approx(expected, rel=1e-12)
    for name, counts in due.last.spikes.items():
        np.testing.assert_array_equal(own.last.spikes[name], counts)
    for name, slope in slopes.items():
        np.testing.assert_allclose(gradients[name], slope, rtol=1e-9, atol=1e-13, err_msg=name)


def test_nothing_of_a_trial_is_left_for_the_next(sim: Simulator) -> None:
    first = sim.gradients(BATCH)[1]
    # The last sample's spikes are still under way when it ends, forward only and both ways.
    sim.run(BATCH.select([3]))
    quiet = sim.run(batch_of([]))
    assert quiet.spikes["hidden"].sum() == 0
    again = sim.gradients(BATCH)[1]
    for name, gradient in first.items():
        np.testing.assert_array_equal(again[name], gradient)


def test_a_spike_in_the_last_step_counts(sim: Simulator) -> None:
    # An input of the last step reaches nobody; a hidden spike of the last step is counted.
    late = batch_of([(15.5, 0), (15.5, 1), (17.5, 0), (18.5, 1), (19.5, 0)])
    found = sim.run(late, ["hidden.spikes"])
    assert any(step == T / DT - 1 for step, _ in found.recorded["hidden.spikes"][0]), found
    assert_equal(sim, late)


def test_a_delay_equal_to_its_maximum_arrives_and_has_a_gradient(sim: Simulator) -> None:
    one = batch_of([(1.5, 1)])
    spikes = sim.run(one, ["hidden.I"]).recorded["hidden.I"]
    current = np.asarray(spikes)[0, :, 0]
    assert np.flatnonzero(current)[0] == 1 + 1 + LONGEST  # sent in step 1, delivered in step 8
    assert_equal(sim, one)


def test_every_batch_counts_whatever_its_size(sim: Simulator) -> None:
    assert_equal(sim, BATCH)
    assert_equal(sim, BATCH.select([0, 1, 3]))
    assert_equal(sim, BATCH.select([0]))


def test_several_events_of_a_channel_in_a_step_are_summed_where_asked() -> None:
    twice = batch_of([(1.2, 0), (1.4, 0), (1.8, 0), (4.5, 1)])
    assert_equal(compiled(events="sum"), twice)


def test_a_tape_grows_to_what_a_trial_needs() -> None:
    own = compiled()
    engine = own.engine
    assert isinstance(engine, GeNNEngine)
    before = engine.capacity["hidden"]
    own.parameters["inp->hidden.weight"] = np.full((2, 2), 400.0)
    assert_equal(own, BATCH)
    assert own.last.spikes["hidden"].max() > before
    assert engine.capacity["hidden"] >= own.last.spikes["hidden"].max()


def test_a_tape_that_is_too_short_is_named_and_drops_nothing() -> None:
    own = compiled(gp.GeNN(precision="double", tape=1))
    count = int(own.run(BATCH).spikes["hidden"].max())
    assert count > 1, "running forward needs no tape"
    with pytest.raises(gp.GenpropError, match=rf"hidden spiked {count} times in sample 0"):
        own.gradients(BATCH)
    assert_equal(own, batch_of([(3.5, 1)]))


def test_fit_learns_from_every_batch_as_the_interpreter_does() -> None:
    """Ten samples, four at a time: the last batch has two, and every one moves the weights."""
    dataset = gp.data.yin_yang(10, 1, duration=60)
    learned = {}
    for backend in (DOUBLE, "reference"):
        found = gp.Network("small")
        source = found.population("input", 5, gp.spikes())
        out = found.population("out", 3, gp.neuron("LI"))
        found.connect(source, out, gp.synapse("exp"), weight=gp.learn(gp.normal(0.5, 0.5)))
        loss = gp.CrossEntropy(gp.integral(out))
        own = gp.compile(
            found,
            loss=loss,
            optimiser=gp.SGD(0.5),
            clock="grid",
            dt=1,
            duration=60,
            batch=4,
            backend=backend,
        )
        gp.fit(own, dataset, epochs=1, seed=3, progress=False)
        assert own.updates == 3
        learned[str(backend)] = own.parameters["input->out.weight"].copy()
    one, two = learned.values()
    np.testing.assert_allclose(one, two, rtol=1e-9)
