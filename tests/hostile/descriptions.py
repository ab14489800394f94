"""Random descriptions: equations from the grammar and beyond it, networks that may make sense."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import genprop as gp
from genprop import ms
from genprop.describe.text import FUNCTIONS
from genprop.runtime.random_batch import random_batch

if TYPE_CHECKING:
    import random

Attempt = Callable[[], object]

USUAL = ("v", "v", "a", "I", "v_th", "beta")
NAMES = (*USUAL, "tau", "J", "t", "pi", "x")
NUMBERS = ("0", "1", "2", "0.5", "-1", "1e-3", "20", "1e300", "3", "10")
STRANGE: tuple[Any, ...] = (
    *(None, True, -1, 0, 2.5, 10**18, 1e308, -1e308, math.nan, math.inf, "x", "", [], {}, (1, 2)),
    *(3 * ms, 3 * gp.mV, gp.learn(1.0), gp.normal(0.0, 1.0), gp.values([[1.0]]), object()),
)
MARKS = ("(", ")", "**", "/", "=", ";", ",", ">", "if", "1e", "..", "§", "\n", "lambda", "__", "'")


def expression(rng: random.Random, depth: int) -> str:
    """Of names, numbers, operators and functions; seldom of something else."""
    kind = rng.randrange(12) if depth else rng.randrange(4)
    if kind < 3:
        return rng.choice(USUAL) if rng.randrange(40) else rng.choice(NAMES)
    if kind == 3:
        return rng.choice(NUMBERS)
    inner = expression(rng, depth - 1)
    if kind < 9:
        return f"({inner} {rng.choice('+-*/')} {expression(rng, depth - 1)})"
    if kind == 9:
        return f"{inner}**{rng.choice(('2', '3', '-1', '0.5', inner))}"
    name = rng.choice(FUNCTIONS)
    more = f", {expression(rng, depth - 1)}" if name in ("max", "min") else ""
    return f"{name}({inner}{more})" if rng.randrange(30) else f"-{rng.choice(MARKS)}{inner}"


def spoilt(rng: random.Random, text: str) -> str:
    if rng.randrange(15):
        return text
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(MARKS) + text[place + rng.randrange(3) :]


def model(rng: random.Random) -> dict[str, Any]:
    """The arguments of a neuron of one or two states."""
    states = ("v", "a")[: rng.choice((1, 2, 2))]
    leak = rng.choice(("(I - v)/tau", "(I - v)/tau", "")) if rng.randrange(4) else ""
    flows = {s: spoilt(rng, f"{expression(rng, 2)}/tau") for s in states}
    if leak:
        flows["v"] = leak
    spike = rng.choice(("", "v > v_th", "v > v_th", f"v > {expression(rng, 1)}"))
    if not rng.randrange(10):
        spike = spoilt(rng, f"{expression(rng, 2)} > {expression(rng, 1)}")
    resets = [f"{s} = {rng.choice(('0', s, f'{s} + 1', expression(rng, 1)))}" for s in states]
    parameters: dict[str, Any] = {"tau": rng.choice((20 * ms, 5 * ms)), "v_th": 1.0, "beta": 0.3}
    if not rng.randrange(3):
        parameters["v_th"] = gp.learn(1.0, min=0.1)
    if not rng.randrange(4):
        parameters["tau"] = gp.learn(20 * ms, min=1 * ms)
    if not rng.randrange(12):
        parameters[rng.choice(NAMES)] = rng.choice(STRANGE)
    units = {"tau": "ms"}
    if not rng.randrange(20):
        units |= {rng.choice(NAMES): rng.choice(("mV", "?", "", "ms^-1", "ms**0.5"))}
    made: dict[str, Any] = {
        "flow": "; ".join(f"d{s}/dt = {right}" for s, right in flows.items()),
        "spike": spike,
        "reset": "; ".join(resets) if spike and rng.randrange(8) else "",
        "parameters": parameters,
        "units": units,
        "inputs": ("I",) if rng.randrange(20) else ("I", "J"),
    }
    if not rng.randrange(20):
        made[rng.choice((*made, "held", "initial", "refractory", "doc"))] = rng.choice(STRANGE)
    return made


def equations(rng: random.Random) -> Attempt:
    """A neuron of random equations, its adjoint, and a network of it that runs and learns."""
    given = model(rng)

    def attempt() -> object:
        cell = gp.Neuron("random", **given)
        cell.adjoint()
        net = gp.Network("random")
        source, made = net.population("in", 2, gp.spikes()), net.population("b", 2, cell)
        net.connect(source, made, gp.synapse("exp"), weight=gp.learn(gp.normal(1.0, 0.5)))
        return _run(net, gp.MeanSquare(gp.final(made, "v")), {})

    return attempt


def _odd(rng: random.Random, *usual: Any, seldom: int = 150) -> Any:
    return rng.choice(usual) if rng.randrange(seldom) else rng.choice(STRANGE)


def network(rng: random.Random) -> Attempt:
    """Some populations of the library, connected at random, run and learned from."""
    names = rng.sample(("a", "B", "c1", "hidden_", "while"), rng.randrange(1, 4))
    cells = [(_odd(rng, name), _odd(rng, 2, 2, 3), rng.choice(list(OWN))) for name in names]
    cells[-1] = (*cells[-1][:2], rng.choice(("LI", "LI", "LIF", "ALIF")))
    options = [_parameters(rng, kind) for _, _, kind in cells]
    firing = [0, *(k for k, cell in enumerate(cells, 1) if cell[2] != "LI")]
    links = [_link(rng, 0, 1)] + [
        _link(rng, rng.choice(firing), rng.randrange(1, len(cells) + 1))
        for _ in range(rng.randrange(4))
    ]
    loss, readout = rng.choice(LOSSES)
    settings = {
        "dt": _odd(rng, 1.0, 0.5, 1 * ms),
        "duration": _odd(rng, 10.0, 20 * ms, 8.0),
        "batch": _odd(rng, 2, 5),
        "seed": _odd(rng, 0, 1),
        "solver": _odd(rng, "exact", "exact", "runge_kutta", "runge_kutta:3"),
        "events": _odd(rng, "merge", "sum"),
        "clock": _odd(rng, "grid", "grid", "grid", "exact"),
    }
    if settings["clock"] == "exact":
        settings["solver"] = "exact"

    def attempt() -> object:
        net = gp.Network("random")
        made = [net.population("input", 3, gp.spikes())]
        for (name, size, kind), own in zip(cells, options, strict=True):
            made.append(net.population(name, size, gp.neuron(kind, **own)))
        for pre, post, kind, arguments in links:
            net.connect(made[pre], made[post], gp.synapse(kind), **arguments)
        return _run(net, loss(readout(made[-1])), settings)

    return attempt


def _state(kind: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda population: kind(population, "v")


STATES = tuple(map(_state, (gp.integral, gp.maximum, gp.final, gp.weighted_integral)))
LOSSES: tuple[tuple[Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    *((gp.CrossEntropy, readout) for readout in STATES),
    *((gp.MeanSquare, readout) for readout in STATES),
    *((lambda r: gp.SoftCrossEntropy(r, temperature=3.0), readout) for readout in STATES),
    *((lambda r: gp.CrossEntropy(r) * 0.5 + gp.MeanSquare(r), readout) for readout in STATES),
    (lambda r: gp.CrossEntropy(r) + gp.SpikeBudget(r.population, 2.0), STATES[1]),
    (gp.MeanSquare, gp.trace),
    (lambda r: gp.RelativeMeanSquare(r, delta=5.0), gp.first_spike),
    (lambda p: gp.FirstSpikeCrossEntropy(p, tau0=1.0), lambda p: p),
    (lambda r: gp.CrossEntropy(r) + gp.EarlySpike(r, alpha=0.1, tau=5.0), gp.first_spike),
    (gp.CrossEntropy, gp.spike_count),
    (gp.MeanSquare, gp.first_spike),
)
OWN: dict[str, tuple[str, ...]] = {
    "LIF": ("tau_mem", "v_th", "v_reset", "tau_ref", "initial"),
    "LI": ("tau_mem", "initial"),
    "IF": ("v_th", "v_reset", "initial"),
    "ALIF": ("tau_mem", "tau_a", "beta", "v_th", "tau_ref"),
    "QIF": ("tau_mem", "initial"),
    "Izhikevich": ("a", "b", "initial"),
}
VALUES: dict[str, tuple[Any, ...]] = {
    "tau_mem": (10.0, 5 * ms, gp.learn(9.0, min=1.0), gp.uniform(3.0, 9.0), 0.01, 1e4),
    "tau_a": (50.0, gp.learn(20.0)),
    "tau_ref": (2.0, gp.learn(3.0), 0.3, 50.0),
    "v_th": (1.0, gp.learn(0.5), gp.uniform(0.5, 1.0), -1.0, 0.0, 1e-6),
    "v_reset": (0.2, gp.learn(0.1), 2.0, -3.0),
    "beta": (0.5, gp.learn(0.1), -0.5),
    "a": (0.02, gp.learn(0.1)),
    "b": (0.2, gp.learn(0.1)),
    "initial": ({"v": 0.1}, {"v": 2.0}, {"v": -1.0}),
}


def _parameters(rng: random.Random, kind: str) -> dict[str, Any]:
    """Overrides of a model's parameters and start."""
    chosen = [name for name in OWN[kind] if not rng.randrange(3)]
    return {name: _odd(rng, *VALUES[name]) for name in chosen}


def _link(rng: random.Random, pre: int, post: int) -> tuple[int, int, str, dict[str, Any]]:
    arguments: dict[str, Any] = {
        "weight": _odd(rng, gp.learn(gp.normal(1.0, 0.5)), gp.normal(0.5, 0.1), 1.0, gp.learn(0.3))
    }
    if rng.randrange(2):
        late = (gp.learn(gp.uniform(0, 3), max=5.0), 2 * ms, gp.uniform(0, 3), 0.0)
        arguments["delay"] = _odd(rng, *late)
    if not rng.randrange(5):
        arguments["max_delay"] = _odd(rng, 5.0, 4 * ms)
    if not rng.randrange(3):
        some = (gp.sparse(0.5, seed=1), gp.one_to_one(), gp.dense(), gp.sparse(pairs=[(0, 0)]))
        arguments["pattern"] = _odd(rng, *some)
    arguments["name"] = _odd(rng, f"link{rng.randrange(10**6)}")
    return pre, post, rng.choice(("exp", "exp", "exp", "alpha", "delta")), arguments


def _run(net: gp.Network, loss: Any, settings: dict[str, Any]) -> object:
    """Compile, compute gradients of random spikes and take a step."""
    options = {"dt": 1.0, "duration": 10.0, "batch": 2, **settings}
    sim = gp.compile(
        net, loss=loss, optimiser=gp.Adam(1e-3), backend="reference", **cast("Any", options)
    )
    batch = random_batch(sim.spec, sim.duration, 0)
    if loss.terms[0].kind != "cross_entropy":
        size = sim.spec.population(sim.spec.loss[0].readout.population).size
        batch = gp.data.SpikeBatch(
            batch.start,
            batch.times,
            batch.channels,
            batch.channels_total,
            batch.duration,
            batch.labels,
            sim_targets(len(batch), size),
            batch.inputs,
        )
    value, _ = sim.gradients(batch)
    sim.step()
    return value


def sim_targets(samples: int, size: int) -> Any:
    import numpy as np

    return np.zeros((samples, size))


DESCRIPTIONS: dict[str, Callable[[random.Random], Attempt]] = {
    "equations": equations,
    "network": network,
}
