"""Statements of a Program as affine maps of the states: x ↦ c + Σ k_i x_i.

This is how a neuron is recognised by what it does, whatever it and its states are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.lower.nodes import Add, Assign, Divide, Expr, Multiply, Name, Negate, names_in
from genprop.numerics.evaluate import evaluate

if TYPE_CHECKING:
    from genprop.lower.program import ReceptorProgram

__all__ = ["Affine", "NotAffineError", "affine", "after", "arrival_gains"]


class NotAffineError(Exception):
    """An expression that is not affine in the states."""


@dataclass(frozen=True, slots=True)
class Affine:
    """``constant`` + Σ ``of[state]`` · state; numbers are of shape () or (n,)."""

    constant: np.ndarray
    of: Mapping[str, np.ndarray]

    def scaled(self, factor: np.ndarray) -> Affine:
        """This times a number."""
        return Affine(self.constant * factor, {x: k * factor for x, k in self.of.items()})

    def plus(self, other: Affine) -> Affine:
        """The sum."""
        zero = np.zeros(())
        names = {**self.of, **other.of}
        terms = {x: self.of.get(x, zero) + other.of.get(x, zero) for x in names}
        return Affine(
            self.constant + other.constant, {x: k for x, k in terms.items() if np.any(k != 0)}
        )


def affine(expression: Expr, values: Mapping[str, Affine]) -> Affine:
    """The expression, with names standing for ``values``.

    Raises:
        NotAffineError: where a state is multiplied by a state, or goes through a function.
    """
    if not any(values[name].of for name in names_in(expression)):
        constants = {name: values[name].constant for name in names_in(expression)}
        return Affine(np.asarray(evaluate(expression, constants)), {})
    match expression:
        case Name(id):
            return values[id]
        case Negate(x):
            return affine(x, values).scaled(np.asarray(-1.0))
        case Add(terms):
            return _folded(Affine.plus, terms, values)
        case Multiply(factors):
            return _folded(_product, factors, values)
        case Divide(x, y):
            below = affine(y, values)
            if below.of:
                raise NotAffineError
            return affine(x, values).scaled(1.0 / below.constant)
        case _:
            raise NotAffineError


def after(
    statements: Iterable[Assign], states: Iterable[str], numbers: Mapping[str, np.ndarray]
) -> dict[str, Affine]:
    """Each state after the statements, as a map of the states before them.

    Raises:
        NotAffineError: where one is not affine.
    """
    names = tuple(states)
    values = {name: Affine(np.asarray(value), {}) for name, value in numbers.items()}
    values |= {x: Affine(np.zeros(()), {x: np.ones(())}) for x in names}
    for statement in statements:
        values[statement.target] = affine(statement.value, values)
    return {x: values[x] for x in names}


def _folded(
    combine: Callable[[Affine, Affine], Affine],
    parts: tuple[Expr, ...],
    values: Mapping[str, Affine],
) -> Affine:
    result, *others = (affine(part, values) for part in parts)
    for other in others:
        result = combine(result, other)
    return result


def _product(left: Affine, right: Affine) -> Affine:
    if left.of and right.of:
        raise NotAffineError
    return right.scaled(left.constant) if right.of else left.scaled(right.constant)


def arrival_gains(
    receptors: Iterable[ReceptorProgram], numbers: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """What an arrival of weight 1 adds to each state that it moves.

    Raises:
        NotAffineError: where an arrival does more than to add its weight times fixed factors.
    """
    gains: dict[str, np.ndarray] = {}
    for receptor in receptors:
        if not receptor.delivery.simplest:
            raise NotAffineError
        known = dict(numbers) | {receptor.delivery.slots[0]: np.ones(())}
        values = {name: Affine(np.asarray(value), {}) for name, value in known.items()}
        gains |= {a.target: affine(a.value, values).constant for a in receptor.delivery.arrival}
    return gains
