"""Delivery and gathering as statements: what the Program says of an arrival is what backends do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.base import Inputs
from genprop.errors import InternalError, UnsupportedError
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.delivery import Delivery
from genprop.lower.nodes import Add, AddTo, Assign, Call, Divide, Multiply, Name, Negate, Number
from genprop.lower.verify import verified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from genprop.backends.base import Engine, Target
    from genprop.lower.nodes import Expr
    from genprop.lower.program import PopulationProgram, Program

BACKENDS = [gp.Native(threads=1, precision="double"), "reference"]
TAU_S, TAU_M = 5.0, 10.0
WEIGHT, VALUE, LATE = Name("weight"), Name("value"), Name("late")


@dataclass(frozen=True)
class Events:
    """Input spikes that carry values."""

    start: np.ndarray
    times: np.ndarray
    channels: np.ndarray
    values: np.ndarray | None
    channels_total: int = 4
    duration: float = 20.0


def compiled(backend: str | Target, delays: bool = True) -> gp.Simulator:
    net, exp = gp.Network("arrivals"), gp.synapse("exp", tau=TAU_S * ms)
    inp = net.population("inp", 4, gp.spikes())
    hidden = net.population("hidden", 5, gp.neuron("LIF", tau_mem=TAU_M * ms))
    out = net.population("out", 2, gp.neuron("LI", tau_mem=TAU_M * ms))
    delay = gp.learn(gp.uniform(0, 4 * ms), max=4 * ms) if delays else 0 * ms
    drawn = gp.learn(gp.normal(3.0, 1.0))
    net.connect(inp, hidden, exp, weight=drawn, delay=delay)
    net.connect(hidden, hidden, exp, weight=gp.learn(gp.normal(0.3, 0.1)), pattern=gp.sparse(0.7))
    net.connect(hidden, out, exp, weight=drawn, delay=delay)
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral(out)),
        clock="grid",
        dt=0.5,
        duration=20,
        batch=2,
        backend=backend,
        seed=5,
    )


def delivering(sim: gp.Simulator, change: Callable[[Delivery], Delivery]) -> Engine:
    """The network with other deliveries."""

    def of(p: PopulationProgram) -> PopulationProgram:
        receptors = [replace(r, delivery=change(r.delivery)) for r in p.receptors]
        return replace(p, receptors=tuple(receptors))

    program = replace(sim.program, populations=tuple(map(of, sim.program.populations)))
    return sim.target.load(verified(program), sim.spec, sim.target.render(program))


def inputs(values: np.ndarray | None, coincident: str, repeat: int = 1) -> Inputs:
    rng = np.random.default_rng(3)
    times, channels = np.sort(rng.uniform(0, 16, (2, 30))), rng.integers(0, 4, (2, 30))
    events = Events(
        np.array([0, 30, 60]) * repeat,
        np.repeat(times.ravel(), repeat),
        np.repeat(channels.ravel(), repeat).astype(np.int32),
        values,
    )
    return Inputs({"inp": events}, 2, np.array([0, 1]), None, coincident)


def times(e: Expr, factor: Expr) -> Expr:
    return Multiply((factor, e))


def carrying(d: Delivery) -> Delivery:
    """Every arrival counts as often as its event says."""
    return replace(
        d,
        deposits=tuple(AddTo(a.target, times(a.value, VALUE)) for a in d.deposits),
        gathered=tuple(AddTo(a.target, times(a.value, VALUE)) for a in d.gathered),
        returned=tuple(AddTo(a.target, times(a.value, VALUE)) for a in d.returned),
    )


def agree(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name, gradient in one.items():
        assert np.abs(gradient).max() > 0
        np.testing.assert_allclose(gradient, other[name], rtol=1e-9, atol=1e-12)  # order of sums


@pytest.mark.parametrize("backend", BACKENDS, ids=["native", "reference"])
def test_an_event_that_carries_three_is_worth_three_events(backend: str | Target) -> None:
    sim = compiled(backend)
    engine = delivering(sim, carrying)
    single, triple = inputs(np.ones(60), "sum"), inputs(np.full(60, 3.0), "sum")
    found, gradients = engine.gradients(sim.parameters, sim.topology, triple)
    plain, expected = sim.engine.gradients(
        sim.parameters, sim.topology, inputs(None, "sum", repeat=3)
    )
    assert found.spikes["hidden"].sum() == plain.spikes["hidden"].sum() > 10
    assert found.loss == pytest.approx(plain.loss, rel=1e-12)
    assert found.loss != engine.gradients(sim.parameters, sim.topology, single)[0].loss
    agree(gradients, expected)


@pytest.mark.parametrize("backend", BACKENDS, ids=["native", "reference"])
def test_events_of_one_step_that_merge_add_what_they_carry(backend: str | Target) -> None:
    sim = compiled(backend)
    engine = delivering(sim, carrying)
    values = np.random.default_rng(1).uniform(0.5, 2, 60)
    runs = [
        engine.run(sim.parameters, sim.topology, inputs(values, mode), ())
        for mode in ("merge", "sum")
    ]
    assert runs[0].loss == pytest.approx(runs[1].loss, rel=1e-12)


def split(d: Delivery) -> Delivery:
    """The same by two slots and three exposed numbers."""
    due, half = Name("due"), Name("half")
    weight, time = (a.value for a in d.exposed)
    return replace(
        d,
        slots=("due", "half"),
        deposits=(AddTo("due", WEIGHT), AddTo("half", Multiply((WEIGHT, Number(0.5))))),
        arrival=tuple(
            AddTo(a.target, Add((Multiply((due, Number(0.75))), Multiply((half, Number(0.5))))))
            for a in d.arrival
        ),
        exposed=(
            Assign("dL_dw", Multiply((weight, Number(0.25)))),
            Assign("dL_dt", time),
            Assign("rest", Multiply((weight, Number(0.75)))),
        ),
        gathered=(
            AddTo("sum_dL_dw", Add((Name("dL_dw"), Name("rest")))),
            AddTo("sum_dL_dt", Name("dL_dt")),
        ),
    )


@pytest.mark.parametrize("backend", BACKENDS, ids=["native", "reference"])
def test_a_delivery_in_more_parts_is_the_same_delivery(backend: str | Target) -> None:
    sim = compiled(backend)
    some = inputs(None, "merge")
    found, gradients = delivering(sim, split).gradients(sim.parameters, sim.topology, some)
    plain, expected = sim.engine.gradients(sim.parameters, sim.topology, some)
    assert found.loss == pytest.approx(plain.loss, rel=1e-12)
    agree(gradients, expected)


@dataclass(frozen=True, slots=True)
class BetweenSteps(TimeGrid):
    """Delays keep their real length: arrivals move I and v by what a step makes exact.

    A jump of I at s after t_n leaves at t_{n+1} what e^{−As} of it at t_n would leave: e^{s/τs} on
    I and k (e^{s/τs} − e^{s/τm}) on v, with k = τs/(τs − τm).
    """

    def delay_steps(self, delay: np.ndarray, longest: int | None = None) -> np.ndarray:
        return np.floor(np.asarray(delay) / self.dt).astype(np.int32)

    def lateness(self, delay: np.ndarray) -> np.ndarray:
        return np.asarray(delay) - self.delays(self.delay_steps(delay))

    def delivery(self, factors: Mapping[str, Expr], weight: Expr, time: Expr) -> Delivery:
        k = Number(TAU_S / (TAU_S - TAU_M))
        grown = {tau: Call("exp", (Divide(LATE, Number(tau)),)) for tau in (TAU_S, TAU_M)}
        on = {"I": grown[TAU_S], "v": times(Add((grown[TAU_S], Negate(grown[TAU_M]))), k)}
        speed = {tau: Divide(e, Number(tau)) for tau, e in grown.items()}
        change = {"I": speed[TAU_S], "v": times(Add((speed[TAU_S], Negate(speed[TAU_M]))), k)}
        dL_dw, dL_dt = (
            Add(tuple(times(Name(f"p_{x}"), e) for x, e in part.items())) for part in (on, change)
        )
        return Delivery(
            slots=("due_I", "due_v"),
            deposits=tuple(AddTo(f"due_{x}", times(e, WEIGHT)) for x, e in on.items()),
            arrival=tuple(AddTo(x, Name(f"due_{x}")) for x in on),
            exposed=tuple(Assign(f"seen_{x}", Name(f"p_{x}")) for x in on),
            sums=("sum_dL_dw", "sum_dL_dt"),
            gathered=(AddTo("sum_dL_dw", seen(dL_dw)), AddTo("sum_dL_dt", seen(dL_dt))),
            returned=(AddTo("sent", times(seen(dL_dt), WEIGHT)),),
            gradients=(
                Assign("weight", Name("sum_dL_dw")),
                Assign("delay", times(Name("sum_dL_dt"), WEIGHT)),
            ),
        )


def seen(e: Expr) -> Expr:
    from genprop.lower.nodes import renamed

    return renamed(e, {f"p_{x}": f"seen_{x}" for x in "Iv"})


def between() -> tuple[gp.Simulator, Program]:
    """One neuron that integrates, on the clock above."""
    from genprop.adjoint.derive import derive
    from genprop.equations.analyse import understand
    from genprop.lower.network import lower

    net = gp.Network("between")
    inp = net.population("inp", 4, gp.spikes())
    out = net.population("out", 3, gp.neuron("LI", tau_mem=TAU_M * ms))
    delay = gp.learn(gp.uniform(0, 4 * ms), max=4 * ms)
    exp = gp.synapse("exp", tau=TAU_S * ms)
    net.connect(inp, out, exp, weight=gp.learn(gp.normal(1, 0.5)), delay=delay)
    loss = gp.MeanSquare(gp.final(out, "v"))
    sim = gp.compile(
        net, loss=loss, clock="grid", dt=0.5, duration=20, batch=2, backend="reference", seed=2
    )
    adjoint = derive(understand(sim.spec), sim.spec)
    clock = BetweenSteps.of(0.5, 20.0)
    return sim, verified(lower(sim.spec, adjoint, clock=clock))


def test_a_clock_that_delivers_between_steps_is_exact_and_so_are_its_gradients() -> None:
    sim, program = between()
    engine = sim.target.load(program, sim.spec, None)
    some = replace(inputs(None, "sum"), targets=np.full((2, 3), 0.3))
    weight, delay = (sim.parameters[f"inp->out.{x}"].astype(float) for x in ("weight", "delay"))
    events = some.on(program.grid)["inp"]

    def loss(weight: np.ndarray, delay: np.ndarray) -> float:
        v = np.zeros((2, 3))
        for sample in range(2):
            own = slice(events.start[sample], events.start[sample + 1])
            for step, channel in zip(events.step[own], events.channel[own], strict=True):
                rest = np.maximum(20 - (step + 1) * 0.5 - delay[channel], 0)
                kernel = np.exp(-rest / TAU_S) - np.exp(-rest / TAU_M)
                v[sample] += weight[channel] * kernel * TAU_S / (TAU_S - TAU_M)
        return float(((v - 0.3) ** 2).sum() / 4)  # half the sum over neurons, two samples

    parameters = dict(sim.parameters) | {"inp->out.weight": weight, "inp->out.delay": delay}
    found, gradients = engine.gradients(parameters, sim.topology, some)
    assert found.loss == pytest.approx(loss(weight, delay), rel=1e-12)
    assert sim.engine.run(parameters, sim.topology, some, ()).loss != pytest.approx(
        found.loss, rel=1e-3
    )
    h = 1e-6
    for name, place in (("weight", (1, 2)), ("delay", (2, 0))):
        moved = np.zeros((4, 3))
        moved[place] = h
        pairs = {"weight": (moved, 0 * moved), "delay": (0 * moved, moved)}[name]
        ends = [loss(weight + s * pairs[0], delay + s * pairs[1]) for s in (1, -1)]
        slope = gradients[f"inp->out.{name}"][place]
        assert slope == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-5)


@pytest.mark.parametrize("backend", [gp.Native(), "genn"])
def test_a_backend_that_cannot_tell_the_time_within_a_step_says_so(backend: str | Target) -> None:
    from genprop.backends import get_backend

    _, program = between()
    with pytest.raises(UnsupportedError, match="projection inp->out"):
        get_backend(backend).render(program)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"deposits": (AddTo("due", Name("p_v")),)}, "deposit reads p_v"),
        ({"deposits": (AddTo("v", WEIGHT),)}, "deposit moves what is none of due"),
        ({"gathered": (AddTo("sum_dL_dw", Name("due")),)}, "gathered reads due"),
        ({"gradients": (Assign("weight", Name("dL_dw")),)}, "gradient reads dL_dw"),
    ],
)
def test_a_delivery_that_reads_what_is_not_there_is_refused(
    change: Mapping[str, object], said: str
) -> None:
    with pytest.raises(InternalError, match=said):
        delivering(compiled("reference"), lambda d: replace(d, **change))
