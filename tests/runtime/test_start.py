"""A network begins below its thresholds with flows that have a value, or does not run at all."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.adjoint.derive import derive
from genprop.backends.reference.exact.events import EventSimulator
from genprop.data.spikes import SpikeBatch
from genprop.equations.analyse import understand
from genprop.errors import DescriptionError, EquationError
from genprop.train.callbacks import Callback, Training
from genprop.train.checkpoint import load_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from genprop.describe.initial import Learn, Value

DURATION = 40.0
BACKENDS = ("native", "reference")
SPIKES = ([1.0, 7.0, 11.0], [0, 1, 0])


def network(neuron: gp.Neuron, synapse: gp.Synapse | None = None) -> gp.Network:
    net = gp.Network("start")
    source = net.population("input", 2, gp.spikes())
    cells = net.population("cells", 3, neuron)
    out = net.population("out", 2, gp.neuron("LI"))
    plain = gp.synapse("exp", tau=5 * ms)
    net.connect(source, cells, synapse or plain, weight=gp.learn(gp.uniform(0.7, 1.1)))
    net.connect(cells, out, plain, weight=gp.learn(gp.normal(0.5, 0.4)))
    return net


def compiled(neuron: gp.Neuron, backend: str = "reference", dt: float = 0.5) -> gp.Simulator:
    return gp.compile(
        network(neuron),
        loss=gp.CrossEntropy(gp.maximum("out", "v")),
        optimiser=gp.Adam(0.1),
        clock="grid",
        dt=dt,
        duration=DURATION,
        batch=1,
        backend=backend,
    )


def batch() -> SpikeBatch:
    return SpikeBatch.from_events([SPIKES], channels=2, duration=DURATION, labels=[1])


def exact(sim: gp.Simulator) -> dict[str, np.ndarray]:
    """The spikes of the exact solver, by population."""
    hybrid = understand(sim.spec)
    solver = EventSimulator(sim.spec, hybrid, derive(hybrid, sim.spec), duration=DURATION)
    parameters = {name: np.array(x, float) for name, x in sim.parameters.items()}
    times, channels = (np.array(x) for x in SPIKES)
    found = solver.solve(parameters, [{"input": (times, channels)}], np.array([1]))
    return {name: found.spikes[name][0][1] for name in found.spikes}


def lif(v_th: Value | Learn, **more: object) -> gp.Neuron:
    return gp.neuron("LIF", v_th=v_th, **more)  # type: ignore[arg-type]


def below_start(**more: object) -> gp.Neuron:
    """Sound at the mean of its thresholds, so that only their numbers tell."""
    return lif(gp.values(np.array([1.0, -0.25, 3.0])), **more)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_start_above_threshold_is_refused_before_anything_is_built(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = gp.backends.get_backend(backend)
    monkeypatch.setattr(type(target), "load", lambda *_: pytest.fail("it was built"))
    with pytest.raises(EquationError, match=r"cells, neuron 1: at t = 0 .*v = 0, v_th = -0.25"):
        compiled(below_start(), backend)


@pytest.mark.parametrize("v_th", [-50.0, 0.0])
def test_a_threshold_that_the_reset_does_not_leave_is_refused(v_th: float) -> None:
    with pytest.raises(EquationError, match="after its reset"):
        compiled(lif(v_th))
    assert compiled(lif(v_th, v_reset=v_th - 1, initial={"v": v_th - 1e-6})).run(batch())


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_threshold_set_or_learned_below_the_start_is_refused_when_it_runs(backend: str) -> None:
    sim = compiled(lif(gp.learn(gp.constant(0.05))), backend)
    calls: list[Callable[[], object]] = [
        lambda: sim.run(batch()),
        lambda: sim.gradients(batch()),
        lambda: exact(sim),
    ]
    for call in calls:
        call()
    downhill = {name: np.zeros_like(x) for name, x in sim.parameters.items()}
    downhill["cells.v_th"] += 1.0
    sim.step(downhill)  # Adam moves every entry by its rate, to −0.05
    for call in [*calls, lambda: sim.retarget()]:
        with pytest.raises(DescriptionError, match=r"v_th = -0\.05"):
            call()
    sim.parameters["cells.v_th"] = 0.05
    for call in calls:
        call()


def test_a_training_that_moves_a_threshold_below_the_start_names_epoch_and_batch() -> None:
    sim = compiled(lif(gp.learn(0.05)))
    sim.settings["cells.v_th"]["rate"] = 0.1
    data = gp.data.Dataset(batch().select([0] * 4), 2)
    with pytest.raises(EquationError, match=r"^epoch 1, batch \d: population cells: at t = 0"):
        gp.fit(sim, data, epochs=4, progress=False)


@pytest.mark.parametrize("interrupt", [False, True])
def test_no_checkpoint_holds_parameters_at_which_nothing_runs(
    interrupt: bool, tmp_path: Path
) -> None:
    """The last update of an epoch, or of a training that ends, is followed by no other batch."""
    sim = compiled(lif(gp.learn(0.05)))
    data = gp.data.Dataset(batch().select([0] * 4), 2)

    class Downhill(Callback):
        def on_gradients(self, training: Training) -> None:
            lower = training.epoch == 3 and (interrupt or training.batch == 3)
            training.gradients = {n: np.zeros_like(x) for n, x in training.gradients.items()}
            training.gradients["cells.v_th"] += 100.0 * lower

        def on_batch_end(self, training: Training) -> None:
            if interrupt and training.epoch == 3:
                signal.raise_signal(signal.SIGINT)

    sim.settings["cells.v_th"]["rate"] = 1.0
    with pytest.raises(EquationError, match=r"(?s)^epoch 3, .*the last good checkpoint is"):
        gp.fit(sim, data, epochs=3, progress=False, run=tmp_path / "r", callbacks=[Downhill()])
    for name in ("last.h5", "best.h5"):
        again = compiled(lif(gp.learn(0.05)))
        load_checkpoint(tmp_path / "r" / "checkpoints" / name, again)
        again.run(batch())


def test_a_reset_above_a_learned_threshold_is_refused_when_it_runs() -> None:
    sim = compiled(lif(gp.learn(1.0), v_reset=gp.learn(0.0), initial={"v": -1.0}))
    sim.parameters["cells.v_reset"] = 1.5
    for call in (lambda: sim.run(batch()), lambda: exact(sim)):
        with pytest.raises(EquationError, match=r"after its reset .*\(v = 1\.5, v_th = 1\)"):
            call()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_threshold_below_rest_makes_a_pacemaker_on_every_clock(backend: str) -> None:
    pacemaker = gp.Neuron(
        "pacemaker",
        flow="dv/dt = (E - v + I)/tau",
        spike="v > v_th",
        reset="v = 0",
        parameters={"tau": 10 * ms, "E": 1.5, "v_th": gp.learn(1.0)},
    )
    sim = compiled(pacemaker, backend, dt=0.01)
    sim.parameters["input->cells.weight"] = 0.0  # T = 10 ln 3 ms
    assert sim.run(batch()).spikes["cells"].tolist() == [[3, 3, 3]]
    assert np.bincount(exact(sim)["cells"]).tolist() == [3, 3, 3]


def cell(flow: str, spike: str = "v > 1", reset: str = "v = 0", **more: object) -> gp.Neuron:
    given: dict[str, object] = {"tau": gp.learn(10 * ms), "k": 0.0, **more}
    start = given.pop("initial", {})
    return gp.Neuron("C", flow=flow, spike=spike, reset=reset, parameters=given, initial=start)  # type: ignore[arg-type]


POLES = [
    (cell("dv/dt = (I - v + 0.01/v)/tau"), "at t = 0", "/v)/tau"),
    (cell("dv/dt = (I - log(v))/tau"), "at t = 0", "log(v))/tau"),
    (cell("dv/dt = (I - v)/tau/k"), "at t = 0", "/k"),
    (cell("dv/dt = (I - v + log(k))/tau", k=-1.0), "at t = 0", "log(k))/tau"),
    (cell("dv/dt = (I - v)/tau", tau=0 * ms), "at t = 0", "/tau"),
    (cell("dv/dt = (I + 1/(1 - exp(-v)))/tau"), "at t = 0", "/(1 - exp(-v)))/tau"),
    (cell("dv/dt = (I - v)/tau", spike="v > 1/k"), "at t = 0", "/k"),
    (cell("dv/dt = (I - v)/tau", reset="v = -1/k"), "at the threshold", "/k"),
    (cell("dv/dt = (I - v)/tau", reset="v = log(-v)"), "at the threshold", "log(-v)"),
    (cell("dv/dt = (I + 0.01/v)/tau", initial={"v": 0.5}), "after the reset", "/v)/tau"),
]


@pytest.mark.parametrize(("neuron", "when", "above"), POLES)
def test_a_flow_guard_or_reset_without_a_value_is_refused_with_a_caret(
    neuron: gp.Neuron, when: str, above: str
) -> None:
    with pytest.raises(EquationError, match=f"population cells: {when} this has no finite") as told:
        compiled(neuron)
    lines = str(told.value).splitlines()
    row = next(k for k, line in enumerate(lines) if line.strip() == "^")
    assert lines[row - 1][lines[row].index("^") :] == above


def test_a_pole_of_one_neuron_is_told_with_its_numbers() -> None:
    given = gp.values(np.array([2.0, 0.0, 0.0]))
    with pytest.raises(EquationError, match=r"neuron 1 and 1 more: .*\(k = 0\)"):
        compiled(cell("dv/dt = (I - v + log(k))/tau", k=given))


def test_a_pole_in_a_synapse_is_told() -> None:
    synapse = gp.Synapse(
        "s", flow="dx/dt = -x/tau", arrival="x = x + w", output="1/x", parameters={"tau": 5 * ms}
    )
    net = network(gp.neuron("LIF"), synapse)
    with pytest.raises(EquationError, match=r"at t = 0 this has no finite value \(x = 0\)"):
        gp.compile(net, clock="grid", dt=1, duration=10, backend="reference")


def test_a_state_that_a_spike_may_find_elsewhere_is_not_held_against_the_reset() -> None:
    found = gp.Neuron(
        "D",
        flow="dv/dt = (I - v)/tau;  du/dt = (1 - u)/tau",
        spike="v > 1",
        reset="v = -1;  u = 0.1/u",
        parameters={"tau": 10 * ms},
    )
    assert compiled(found).run(batch())


def test_a_spike_without_an_adjoint_is_refused_and_not_our_fault() -> None:
    with pytest.raises(DescriptionError, match="a spike has no adjoint"):
        compiled(cell("dv/dt = (I - tanh(1/v))/tau"))
    with pytest.raises(DescriptionError, match="a spike has no adjoint"):
        compiled(cell("dv/dt = (I - v)/tau", reset="v = -sqrt(v - 1)"))


@pytest.mark.parametrize("output", ["-abs(k)", "sqrt(k) - sin(k)"])
def test_an_output_that_does_not_read_its_synapse_has_an_adjoint(output: str) -> None:
    synapse = gp.Synapse(
        "s", flow="dx/dt = -x/tau", arrival="x = x + w", output=output,
        parameters={"tau": 5 * ms, "k": 0.5},
    )  # fmt: skip
    net = network(cell("dv/dt = (I - v)/tau"), synapse)
    sim = gp.compile(
        net, loss=gp.CrossEntropy(gp.maximum("out", "v")), clock="grid", dt=1, duration=DURATION,
        backend="reference", batch=1,
    )  # fmt: skip
    assert not sim.gradients(batch())[1]["input->cells.weight"].any()
