"""A parameter that is an expression of others, element by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.derived import Declared
from genprop.errors import DescriptionError, did_you_mean
from genprop.lower.derivation import Derivation, Operand
from genprop.lower.formula import Formula, formula
from genprop.numerics.evaluate import evaluate
from genprop.stages.base import Stage
from genprop.stages.expressed import derivation

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ParameterSpec
    from genprop.describe.topology import Synapses, Topology
    from genprop.stages.base import Arrays

__all__ = ["Derived", "Operand", "derived"]

_PLACES = ("element", "pre", "post", "one")


@dataclass(frozen=True)
class Derived(Stage):
    """``target`` = value of the formula ``text`` for each of its elements; made by :func:`derived`.

    With s an element, a(s) the place that an operand x is read at and g = ∂L/∂target,

        target_s = f(…, x_{a(s)}, …),   ∂L/∂x_i = Σ_{s: a(s) = i} g_s ∂f/∂x (s)

    :attr:`formula` holds value and derivatives in the Program's own nodes; here they are evaluated
    in float64.
    """

    target: str
    text: str
    operands: tuple[Operand, ...]
    leaves: tuple[ParameterSpec, ...] = ()

    @cached_property
    def formula(self) -> Formula:
        """The formula and its derivatives.

        Raises:
            EquationError: where the text does not parse, or reads what is no operand.
        """
        names = [operand.local for operand in self.operands]
        return formula(self.text, names, f"the formula of {self.target}")

    @property
    def name(self) -> str:
        """``"derived <target>"``."""
        return f"derived {self.target}"

    def declare(self, spec: NetworkSpec) -> Declared:
        """Its leaves, and the target.

        Raises:
            DescriptionError: for operands that are no parameters, or stand at no such place.
        """
        earlier = (p for p in spec.parameters() if p.name in spec.derived)
        own = {p.name: p for p in (*spec.leaf_parameters(), *earlier, *self.leaves)}
        synaptic = {f"{p.name}.{what}" for p in spec.projections for what in ("weight", "delay")}
        for operand in self.operands:
            if operand.of not in own:
                raise DescriptionError(
                    f"{operand.of!r} is no parameter",
                    where=f"the formula of {self.target}",
                    remedy=did_you_mean(operand.of, own),
                )
            if operand.at not in _PLACES or (
                operand.at in ("pre", "post") and self.target not in synaptic
            ):
                raise DescriptionError(
                    f"{operand.of!r} cannot be read at {operand.at!r}",
                    where=f"the formula of {self.target}",
                    remedy=f"places are {', '.join(_PLACES)}; pre and post are of synapses",
                )
        return Declared(self.leaves, (self.target,), tuple(o.of for o in self.operands))

    def expression(self, spec: NetworkSpec) -> Derivation | None:
        """The formula, where the target is a synapse's."""
        return derivation(spec, self.target, self.formula, self.operands)

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """The target."""
        read = self._read(values, topology)
        shape = self._shape(values, topology)
        return {self.target: np.broadcast_to(evaluate(self.formula.value, read), shape)}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        """The gradients of the operands."""
        found: Arrays = {}
        if self.target not in gradients:
            return found
        read, slopes = self._read(values, topology), dict(self.formula.derivatives)
        slope_of = np.asarray(gradients[self.target], np.float64)
        for operand in self.operands:
            if operand.local not in slopes:
                continue
            own = slope_of * evaluate(slopes[operand.local], read)
            shape = np.shape(values[operand.of])
            total = found.setdefault(operand.of, np.zeros(shape))
            place = total if operand.component < 0 else total[..., operand.component]
            place += self._gathered(operand, own, topology).reshape(place.shape)
        return found

    @cached_property
    def _projection(self) -> str:
        return self.target.rpartition(".")[0]

    def _synapses(self, topology: Topology) -> Synapses:
        return topology[self._projection]

    def _shape(self, values: Mapping[str, np.ndarray], topology: Topology) -> tuple[int, ...]:
        if self._projection in topology:
            return self._synapses(topology).shape
        return np.broadcast_shapes(*(np.shape(values[o.of]) for o in self.operands))

    def _read(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """Every operand by its local name, in float64, as it broadcasts over the elements."""
        read: Arrays = {}
        for operand in self.operands:
            whole = np.asarray(values[operand.of], np.float64)
            own = whole if operand.component < 0 else whole[..., operand.component]
            if operand.at == "pre":
                own = self._synapses(topology).of_pre(own)
            elif operand.at == "post":
                own = self._synapses(topology).of_post(own)
            read[operand.local] = own
        return read

    def _gathered(self, operand: Operand, own: np.ndarray, topology: Topology) -> np.ndarray:
        """The sum over the elements that read one element of the operand."""
        if operand.at == "pre":
            return self._synapses(topology).sum_pre(own)
        if operand.at == "post":
            return self._synapses(topology).sum_post(own)
        return own.sum() if operand.at == "one" else own


def derived(
    target: str,
    text: str,
    operands: Mapping[str, str],
    leaves: Sequence[ParameterSpec] = (),
) -> Derived:
    """A stage that computes one parameter from others by a formula, element by element.

    ::

        x = gp.leaf("hidden.x", 100, gp.learn(gp.uniform(-1, 1)))
        apart = gp.derived(
            "hidden->hidden.delay", "abs(a - b)",
            {"a": "hidden.x at pre", "b": "hidden.x at post"}, [x],
        )

    Args:
        target: the flat name of what is computed.
        text: the formula, in the grammar of models.
        operands: what its names are: a parameter's flat name, alone for the element itself, or with
            ``at pre`` or ``at post`` (the value of a synapse's sender or receiver), ``at one`` (one
            number for all); ``[k]`` after the name is column k of a parameter (n, D).
        leaves: parameters that this stage adds, of :func:`leaf`.

    Raises:
        EquationError: for a formula that does not parse, or reads other names.
        DescriptionError: at compile, for operands that are not there.
    """
    found = tuple(_operand(local, given) for local, given in operands.items())
    made = Derived(target, text, found, tuple(leaves))
    _ = made.formula  # raises its errors here
    return made


def _operand(local: str, given: str) -> Operand:
    name, _, at = given.partition(" at ")
    base, bracket, column = name.strip().partition("[")
    component = column.rstrip("] ")
    if bracket and not component.isdigit():
        raise DescriptionError(
            f"{given!r}: {component!r} is no column", remedy='write "hidden.x[0] at pre"'
        )
    return replace(
        Operand(local, base.strip(), at.strip() or "element"),
        component=int(component) if bracket else -1,
    )
