"""Short-term plasticity: what the sender's states make of a spike, and the gradient of that."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import sympy

import genprop as gp
from genprop import ms
from genprop.adjoint.derive import derive
from genprop.backends.reference.exact.adjoint import Reverse
from genprop.backends.reference.exact.events import EventSimulator
from genprop.data.spikes import SpikeBatch
from genprop.equations.analyse import understand
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from genprop.adjoint.system import AdjointNetwork, SenderAdjoint
    from genprop.backends.base import Target
    from genprop.backends.reference.exact.events import ExactResult
    from genprop.backends.reference.exact.trajectories import Spike
    from genprop.backends.reference.exact.trial import InputSpikes
    from genprop.describe.objective import Loss
    from genprop.describe.spec import NetworkSpec
    from genprop.equations.system import HybridNetwork

DURATION = 60.0
DOUBLE = gp.Native(threads=1, precision="double")


def plastic(**values: object) -> gp.Synapse:
    return gp.synapse("tsodyks_markram", **values)  # pyright: ignore[reportArgumentType]


def network(sparse: bool = False) -> tuple[gp.Network, Loss]:
    """Plastic from a source, within neurons and from neurons to a readout; all of it learned."""
    net = gp.Network("plastic")
    inp = net.population("input", 4, gp.spikes())
    hidden = net.population("hidden", 5, gp.neuron("LIF", tau_mem=gp.learn(10 * ms)))
    out = net.population("out", 2, gp.neuron("LI"))
    first = plastic(
        U=gp.learn(0.4), tau_f=gp.learn(30 * ms), tau_d=gp.learn(gp.uniform(20 * ms, 60 * ms))
    )
    again = plastic(U=gp.learn(gp.uniform(0.2, 0.4)), tau_d=gp.learn(50 * ms))
    last = plastic(tau_f=gp.learn(15 * ms), U=gp.learn(0.6), tau_d=gp.learn(40 * ms))
    delay = gp.learn(gp.uniform(0 * ms, 5 * ms), max=10 * ms)
    pattern = gp.sparse(0.7) if sparse else None
    net.connect(inp, hidden, first, weight=gp.learn(gp.normal(4, 1)), delay=delay, pattern=pattern)
    net.connect(hidden, hidden, again, weight=gp.learn(gp.normal(0.3, 0.5)), delay=delay)
    net.connect(hidden, hidden, gp.synapse("exp"), weight=gp.learn(gp.normal(0.0, 0.3)))
    net.connect(hidden, out, last, weight=gp.learn(gp.normal(1, 0.5)), pattern=pattern)
    return net, gp.CrossEntropy(gp.integral(out, "v"))


def batch(seed: int, samples: int = 2) -> SpikeBatch:
    rng = np.random.default_rng(seed)
    events = [(np.sort(rng.uniform(0, 50, 20)), rng.integers(0, 4, 20)) for _ in range(samples)]
    labels = np.arange(samples) % 2
    return SpikeBatch.from_events(events, channels=4, duration=DURATION, labels=labels)


def compiled(backend: str | Target, clock: str, **options: object) -> gp.Simulator:
    net, loss = network(bool(options.pop("sparse", False)))
    settings = {"dt": 1 * ms, "duration": DURATION, "batch": 2, "seed": 3, **options}
    return gp.compile(net, loss=loss, backend=backend, clock=clock, **settings)  # pyright: ignore


# What is sent: Tsodyks, Pawelzik & Markram (1998), as a recursion over a train


def train(n: int, interval: float, U: float, tau_f: float, tau_d: float) -> np.ndarray:
    """u x of n spikes at equal intervals, each from the one before it."""
    u, x, values = U, 1.0, []
    for _ in range(n):
        values.append(u * x)
        x = 1 + (x - u * x - 1) * np.exp(-interval / tau_d)
        u = U + u * (1 - U) * np.exp(-interval / tau_f)
    return np.array(values)


FACILITATING = {"U": 0.1, "tau_f": 300.0, "tau_d": 20.0}
DEPRESSING = {"U": 0.6, "tau_f": 10.0, "tau_d": 200.0}


def test_the_two_kinds_of_train_are_what_their_names_say() -> None:
    assert np.all(np.diff(train(4, 10, **FACILITATING)) > 0)
    assert np.all(np.diff(train(4, 10, **DEPRESSING)) < 0)


@pytest.mark.parametrize("kind", [FACILITATING, DEPRESSING], ids=["facilitating", "depressing"])
@pytest.mark.parametrize(
    ("backend", "clock"),
    [("reference", "exact"), ("reference", "grid"), (DOUBLE, "exact"), (DOUBLE, "grid")],
    ids=["solver", "interpreter", "native exact", "native grid"],
)
def test_a_train_sends_what_its_closed_form_says(
    backend: str | Target, clock: str, kind: dict[str, float]
) -> None:
    n, interval = 6, 8.0
    net = gp.Network("train")
    inp, out = net.population("input", 1, gp.spikes()), net.population("out", 1, gp.neuron("LI"))
    # one spike more or less of each length of train: differences are single values
    values = {name: x if name == "U" else x * ms for name, x in kind.items()}
    net.connect(inp, out, plastic(tau=5 * ms, **values), weight=1.0)
    loss = gp.MeanSquare(gp.final(out, "I"))
    sim = gp.compile(
        net, loss=loss, backend=backend, clock=clock, dt=1 * ms, duration=DURATION, batch=n
    )  # pyright: ignore
    # spikes just before the end of a step, so that they arrive alike on both clocks
    times = (
        1.0 - 1e-9 + interval * np.arange(n) if clock == "exact" else 0.5 + interval * np.arange(n)
    )
    events = [(times[: k + 1], np.zeros(k + 1, int)) for k in range(n)]
    given = SpikeBatch.from_events(
        events, channels=1, duration=DURATION, targets=np.zeros((n, 1)), labels=None
    )
    recorded = np.asarray(sim.run(given, record=["out.I"]).recorded["out.I"])[:, -1, 0]
    sent = np.diff(np.concatenate([[0.0], recorded]))
    arrived = np.exp(-(DURATION - 1.0 - interval * np.arange(n)) / 5.0)
    np.testing.assert_allclose(sent / arrived, train(n, interval, **kind), rtol=2e-7)


# The gradient


@cache
def solver() -> tuple[NetworkSpec, HybridNetwork, AdjointNetwork]:
    net, loss = network()
    spec = net.freeze(loss, gp.Adam(1e-3))
    found = understand(spec)
    return spec, found, derive(found, spec)


def drawn(seed: int) -> tuple[dict[str, np.ndarray], list[InputSpikes], np.ndarray]:
    """Parameters, inputs and labels."""
    rng = np.random.default_rng(seed)
    values = {p.name: np.array(p.initial.sample(rng, p.shape)) for p in solver()[0].parameters()}
    given = batch(seed)
    assert given.labels is not None
    return values, [{"input": given.source("input").sample(k)} for k in range(2)], given.labels


@cache
def slopes(seed: int) -> dict[str, tuple[int, float]]:
    """Central differences of the solver's loss at one element of each learned parameter.

    Where the order of events changes within the difference there is none.
    """
    spec, network, adjoint = solver()
    sim = EventSimulator(spec, network, adjoint, duration=DURATION)
    values, inputs, labels = drawn(seed)
    rng = np.random.default_rng(seed)

    def run(name: str, place: int, step: float) -> ExactResult:
        moved = values[name].astype(float).copy()
        moved.reshape(-1)[place] += step
        return sim.solve(values | {name: moved}, inputs, labels, gradient=False)

    found: dict[str, tuple[int, float]] = {}
    for p in (p for p in spec.parameters() if p.learned):
        place, h = int(rng.integers(max(1, values[p.name].size))), 1e-4
        ends = [run(p.name, place, k * h) for k in (-2, -1, 1, 2)]
        kinds = [[[type(e) for e in t.events] for t in end.trials] for end in ends]
        if all(kind == kinds[0] for kind in kinds):
            far, near, after, beyond = (end.loss for end in ends)
            found[p.name] = place, (far - 8 * near + 8 * after - beyond) / (12 * h)
    return found


def error(adjoint: AdjointNetwork, seed: int, reverse: type[Reverse] = Reverse) -> dict[str, float]:
    """Of the solver's gradient against those differences, relative to max|g|.

    Differences are good to about 1e-11, which bounds what they tell of small gradients.
    """
    spec, network, _ = solver()
    sim = EventSimulator(spec, network, adjoint, duration=DURATION)
    sim.reverse = reverse
    gradients = sim.solve(*drawn(seed)).gradients
    errors: dict[str, float] = {}
    for name, (place, slope) in slopes(seed).items():
        gradient = gradients[name].ravel()
        scale = max(float(np.abs(gradient).max()), 1e-4)
        errors[name] = abs(slope - gradient[place]) / scale
    return errors


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(1, 8))]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gradient_is_that_of_the_loss(seed: int) -> None:
    found = error(solver()[2], seed)
    assert len(found) >= 10
    assert max(found.values()) < 1e-6, found


def test_planted_mistakes_are_seen() -> None:
    _, _, adjoint = solver()

    def wrong(change: Callable[[SenderAdjoint], SenderAdjoint]) -> float:
        senders = {name: change(s) for name, s in adjoint.senders.items()}
        return max(error(replace(adjoint, senders=senders), 0).values())

    def after_jump(s: SenderAdjoint) -> SenderAdjoint:
        after = {q: s.sender.system.after_reset(e) for q, e in s.transfer.items()}
        return replace(s, transfer=after)

    assert wrong(lambda s: replace(s, cost=sympy.S.Zero)) > 1e-3  # d(value)/dt is left out
    assert wrong(after_jump) > 1e-3  # the adjoint reads the states behind the spike
    assert wrong(lambda s: replace(s, parameter_jump={})) > 1e-3  # U has no gradient at spikes
    assert wrong(lambda s: replace(s, parameter_flow={})) > 1e-3  # nor have time constants


class NothingThroughValues(Reverse):
    """∂L/∂(value) is dropped."""

    def _undo_sent(self, cause: Spike | None) -> float:
        for _, sending in self.trial.sent.get(cause, ()):
            sending.dL_dvalue = 0.0
        return super()._undo_sent(cause)


def test_a_gradient_that_ignores_values_is_seen() -> None:
    assert max(error(solver()[2], 0, NothingThroughValues).values()) > 1e-3


def test_a_value_taken_after_the_jump_is_another_train() -> None:
    spec, network, adjoint = solver()
    moved = {
        name: replace(s, value=s.system.after_reset(s.value)) for name, s in network.senders.items()
    }
    losses = [
        EventSimulator(spec, replace(network, senders=senders), adjoint, duration=DURATION)
        .solve(*drawn(0))
        .loss
        for senders in (network.senders, moved)
    ]
    assert abs(losses[0] - losses[1]) > 1e-3


# Generated code


@pytest.mark.parametrize(
    ("clock", "sparse"),
    [
        ("exact", False),
        pytest.param("exact", True, marks=pytest.mark.nightly),
        pytest.param("grid", False, marks=pytest.mark.nightly),
        pytest.param("grid", True, marks=pytest.mark.nightly),
    ],
)
def test_generated_code_gives_the_same(clock: str, sparse: bool) -> None:
    """In every run ``plastic`` of the zoo does so on the grid, in the contract."""
    one, other = (compiled(b, clock, sparse=sparse) for b in ("reference", DOUBLE))
    for seed in range(3):
        rng = np.random.default_rng(seed)
        for p in one.spec.parameters():
            one.parameters[p.name] = other.parameters[p.name] = np.array(
                p.initial.sample(rng, p.shape)
            )
        given = batch(seed)
        loss, gradients = one.gradients(given)
        found, other_gradients = other.gradients(given)
        assert found == pytest.approx(loss, rel=1e-12)
        assert any(name.endswith(".U") for name in gradients)
        for name, gradient in gradients.items():
            scale = np.abs(gradient).max()
            assert np.abs(other_gradients[name] - gradient).max() <= 1e-9 * scale, (seed, name)


@pytest.mark.parametrize("clock", ["exact", "grid"])
def test_where_only_the_sender_learns_it_learns_the_same(clock: str) -> None:
    """No population before it has an adjoint, and its spikes are read once the sweep is over."""

    def made(backend: str | Target, all_learn: bool) -> gp.Simulator:
        def free(value: object, always: bool = False) -> object:
            return gp.learn(value) if always or all_learn else value  # pyright: ignore

        net = gp.Network("only")
        inp = net.population("input", 3, gp.spikes())
        hidden = net.population("hidden", 4, gp.neuron("LIF"))
        out = net.population("out", 2, gp.neuron("LI"))
        net.connect(inp, hidden, gp.synapse("exp"), weight=free(gp.normal(6.0, 1.0)))  # pyright: ignore
        last = plastic(U=free(0.4, True), tau_d=free(gp.uniform(20 * ms, 60 * ms), True))
        net.connect(hidden, out, last, weight=gp.normal(1.0, 0.5))
        loss = gp.CrossEntropy(gp.integral(out))
        return gp.compile(
            net, loss=loss, backend=backend, clock=clock, dt=1 * ms, duration=DURATION, batch=2
        )  # pyright: ignore

    rng = np.random.default_rng(1)
    events = [(np.sort(rng.uniform(0, 50, 30)), rng.integers(0, 3, 30)) for _ in range(2)]
    given = SpikeBatch.from_events(events, channels=3, duration=DURATION, labels=np.array([0, 1]))
    whole, part, native = made("reference", True), made("reference", False), made(DOUBLE, False)
    expected = whole.gradients(given)[1]
    for sim in (part, native):
        found = sim.gradients(given)[1]
        assert set(found) == {"hidden->out.U", "hidden->out.tau_d"}
        for name, gradient in found.items():
            assert np.abs(gradient).max() > 0
            np.testing.assert_allclose(gradient, expected[name], rtol=1e-9)


@pytest.mark.nightly
def test_spikes_that_are_located_inside_steps_send_values_too() -> None:
    net = gp.Network("located")
    inp = net.population("input", 4, gp.spikes())
    hidden = net.population("hidden", 4, gp.neuron("QIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    net.connect(inp, hidden, plastic(U=gp.learn(0.5)), weight=gp.learn(gp.normal(8.0, 1.0)))
    last = plastic(U=gp.learn(gp.uniform(0.3, 0.6)), tau_d=gp.learn(30 * ms))
    net.connect(hidden, out, last, weight=gp.learn(gp.normal(1.0, 0.5)))
    loss = gp.CrossEntropy(gp.integral(out))
    one, other = (
        gp.compile(
            net, loss=loss, backend=b, clock="grid", dt=1 * ms, duration=DURATION, batch=2, seed=1
        )
        for b in ("reference", DOUBLE)
    )
    for name in one.parameters:
        other.parameters[name] = np.array(one.parameters[name])
    assert one.run(batch(0)).spikes["hidden"].sum() > 5
    expected, found = (sim.gradients(batch(0))[1] for sim in (one, other))
    for name, gradient in expected.items():
        scale = np.abs(gradient).max()
        assert np.abs(found[name] - gradient).max() <= 1e-9 * scale, name


def test_the_chip_and_other_tools_say_what_they_lack(tmp_path: Path) -> None:
    sim = compiled("reference", "grid")
    said = r"(?s)states on the sender's side \(u, x\).*projection hidden->out"
    with pytest.raises(UnsupportedError, match=said):
        sim.retarget("loihi")
    with pytest.raises(UnsupportedError, match="NIR has no node with states on the sender's side"):
        gp.save_nir(sim, tmp_path / "plastic.nir")


# What a run records of it


@pytest.mark.parametrize(
    ("backend", "clock"),
    [("reference", "exact"), ("reference", "grid"), (DOUBLE, "exact"), (DOUBLE, "grid")],
    ids=["solver", "interpreter", "native exact", "native grid"],
)
def test_recorded_states_are_the_closed_form_between_spikes(
    backend: str | Target, clock: str
) -> None:
    """After each step, what happens at its end included; every neuron has its own parameters."""
    U, tau_f, tau_d = np.array([0.3, 0.6]), 30.0, np.array([50.0, 20.0])
    net = gp.Network("train")
    inp, out = net.population("input", 2, gp.spikes()), net.population("out", 1, gp.neuron("LI"))
    own = plastic(U=gp.values(U), tau_f=tau_f * ms, tau_d=gp.values(tau_d))
    net.connect(inp, out, own, weight=1.0)
    sim = gp.compile(net, backend=backend, clock=clock, dt=1 * ms, duration=DURATION, batch=2)  # pyright: ignore
    times, neurons = np.array([0.5, 3.5, 3.5, 10.5, 40.5]), np.array([0, 0, 1, 1, 0])
    given = SpikeBatch.from_events(
        [(times, neurons), (times[:0], neurons[:0])], channels=2, duration=DURATION
    )
    found = sim.run(given, record=["input->out.x", "input->out.u"]).recorded
    for j in range(2):
        u, x, at = 0.0, 1.0, 0.0
        happen = times[neurons == j] if clock == "exact" else np.ceil(times[neurons == j])
        for step in range(int(DURATION)):
            for t in happen[(happen > step) & (happen <= step + 1)]:
                u = u * np.exp(-(t - at) / tau_f)
                x = 1 + (x - 1) * np.exp(-(t - at) / tau_d[j])
                u = u + U[j] * (1 - u)
                x, at = x - u * x, t
            due = {
                "u": u * np.exp(-(step + 1 - at) / tau_f),
                "x": 1 + (x - 1) * np.exp(-(step + 1 - at) / tau_d[j]),
            }
            for name, value in due.items():
                read = np.asarray(found[f"input->out.{name}"])
                assert read.shape == (2, 60, 2)
                assert read[0, step, j] == pytest.approx(value, abs=1e-12), (name, step, j)
                assert read[1, step, j] == pytest.approx(float(name == "x"), abs=1e-12)  # at rest
