"""Routines give the bits of the evaluation that walks over the nodes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.lower.nodes import (
    Accumulate,
    Add,
    AddTo,
    All,
    Assign,
    Call,
    Compare,
    Divide,
    Expr,
    Integer,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Select,
    Statement,
    names_in,
)
from genprop.numerics.evaluate import evaluate, execute
from genprop.numerics.float_writer import FloatWriter
from genprop.numerics.routines import formula, routine

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("v", "a", "I", "tau", "count")
Rng = random.Random


def expression(rng: Rng, depth: int, names: tuple[str, ...] = NAMES) -> Expr:
    def inner() -> Expr:
        return expression(rng, depth - 1, names)

    def compared() -> Compare:
        return Compare(rng.choice((">", ">=", "<", "<=", "==", "!=")), inner(), inner())

    if not depth:
        number = Number(
            rng.choice((0.0, 1.0, 0.1234567890123456, 0.12345678901234568, -3.5, 1e300))
        )
        return rng.choice((number, Integer(rng.randrange(3)), Name(rng.choice(names))))
    count = rng.randrange(1, 4)
    makers: tuple[Callable[[], Expr], ...] = (
        lambda: Add(tuple(inner() for _ in range(count))),
        lambda: Multiply(tuple(inner() for _ in range(count))),
        lambda: Negate(inner()),
        lambda: Divide(inner(), inner()),
        lambda: Power(inner(), rng.choice((2, 2.0, 0.5, -1, 3.0, 1.7))),
        lambda: Call(rng.choice(("exp", "sqrt", "abs", "sign", "tanh", "log")), (inner(),)),
        lambda: Call(rng.choice(("min", "max")), tuple(inner() for _ in range(count))),
        lambda: Select(compared(), inner(), inner()),
        lambda: Select(All(tuple(compared() for _ in range(count))), inner(), inner()),
    )
    return rng.choice(makers)()


def statements(rng: Rng) -> Iterator[Statement]:
    known = NAMES
    for k in range(rng.randrange(1, 6)):
        target = rng.choice((*known, f"new{k}"))
        value = expression(rng, rng.randrange(1, 4), known)
        kinds = (Assign, AddTo) if target in known else (Assign,)
        yield rng.choice(kinds)(target, value)
        known = (*known, target)
        yield Accumulate("tau", expression(rng, 1, known))


def numbers(rng: Rng) -> dict[str, np.ndarray]:
    """Arrays of one, and the scalars that numpy makes of them; the last may be an integer."""
    drawn = {name: np.asarray(number(rng)) for name in NAMES}
    drawn |= {name: x[()] for name, x in drawn.items() if rng.randrange(2)}
    return drawn if rng.randrange(3) else {**drawn, "count": np.asarray(rng.randrange(9))}


def number(rng: Rng) -> float:
    if rng.randrange(4):
        return rng.gauss(0, 2)
    return rng.choice((0.0, -0.0, 1.0, -2.0, np.inf, -np.inf, np.nan, 5e-324, 1.7e308))


def bits(x: np.ndarray) -> tuple[str, bytes]:
    """Its type and bytes, but the sign of what is no number, which depends on nothing."""
    number = np.nan if np.isnan(x) else x
    return str(np.asarray(x).dtype), np.asarray(number).tobytes()


Found = tuple[dict[str, np.ndarray], list[tuple[str, np.ndarray]]]


def found(run: Callable[..., None], values: dict[str, np.ndarray]) -> Found:
    after, gradients = dict(values), list[tuple[str, np.ndarray]]()
    with np.errstate(all="ignore"):
        run(after, lambda name, x: gradients.append((name, x)))
    return after, gradients


def assert_same_bits(own: tuple[Statement, ...], values: dict[str, np.ndarray]) -> None:
    (after, gradients) = found(lambda *given: execute(own, *given), values)
    (again, regained) = found(routine(own), values)
    assert {n: bits(x) for n, x in after.items()} == {n: bits(x) for n, x in again.items()}
    assert [(n, bits(x)) for n, x in gradients] == [(n, bits(x)) for n, x in regained]


@pytest.mark.parametrize("seed", range(300))
def test_random_statements_have_the_bits_of_their_evaluation(seed: int) -> None:
    rng = Rng(seed)
    own, one = tuple(statements(rng)), expression(rng, 3)
    for _ in range(3):
        values = numbers(rng)
        try:
            assert_same_bits(own, values)
            with np.errstate(all="ignore"):
                assert bits(formula(one)(values)) == bits(evaluate(one, values))
        except ValueError as error:
            assert "Integers to negative integer powers" in str(error), "numpy refuses them"


@pytest.mark.parametrize("model", ["QIF", "Izhikevich"])
def test_sub_steps_have_the_bits_of_their_evaluation(model: str) -> None:
    net = gp.Network("located")
    net.population("in", 1, gp.spikes())
    net.population("b", 1, gp.neuron(model))
    net.connect("in", "b", gp.synapse("exp"), weight=gp.learn(1.0))
    sim = gp.compile(net, dt=1, duration=10, batch=1, backend="reference", clock="grid")
    location, rng = sim.program.population("b").location, Rng(model)
    assert location is not None
    for part in (location.free, location.climb):
        own = (*part.advance, *part.motion, *part.reverse)
        writer = FloatWriter()
        for statement in own:
            writer.add(statement)  # none is left to the evaluation
        read = {name for statement in own for name in names_in(statement.value)}
        for scale in (0.1, 1.0, 100.0):
            values = {name: np.asarray(rng.gauss(0, scale)) for name in sorted(read)}
            assert_same_bits(own, values | {location.length: np.asarray(0.3)})
