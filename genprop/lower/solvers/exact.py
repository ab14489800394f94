"""Exact propagation of linear flows: x(t + dt) = exp(A dt) x(t), p(t) = exp(A dt)ᵀ p(t + dt).

The matrix exponential is evaluated numerically when parameters change, so equal or nearly equal
time constants need no special case (the quotient τs/(τm − τs)·(a − b) never appears). A parameter
of the flow gets p(t+dt)ᵀ (∂exp(A dt)/∂θ) x(t), the exact derivative of the step, by the Fréchet
derivative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import sympy

from genprop.equations.algebra import simplest
from genprop.lower.convert import assignments, convert
from genprop.lower.nodes import Accumulate, Expr, Statement
from genprop.lower.program import Propagator, PropagatorDerivative
from genprop.lower.solvers.base import Solution

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointSystem

__all__ = ["steps"]

Flow = Mapping[sympy.Symbol, sympy.Expr]


def steps(adjoint: AdjointSystem, learned: frozenset[str], dt: float, substeps: int) -> Solution:
    """The exact step of a linear population; ``learned`` are flat names of learned parameters."""
    system = adjoint.system
    parameters = [s for s, name in system.parameters.items() if name in learned]
    free = _Linear(adjoint, system.flow, parameters, "")
    if not system.held:
        return Solution(free.step, (), free.backward, (), free.tape, (free.propagator,))
    held = _Linear(adjoint, system.held_flow, parameters, "_held")
    tape = tuple(dict.fromkeys(free.tape + held.tape))
    return Solution(
        free.step, held.step, free.backward, held.backward, tape, (free.propagator, held.propagator)
    )


class _Linear:
    """One linear flow as steps, its propagator's entries named ``<row>_from_<column><suffix>``."""

    def __init__(
        self, adjoint: AdjointSystem, flow: Flow, parameters: Sequence[sympy.Symbol], suffix: str
    ) -> None:
        self.states = adjoint.system.states
        self.suffix = suffix
        matrix = _augmented(self.states, flow)
        reach = _reachable(matrix)
        self.names = {
            (i, j): sympy.Symbol(self._entry(i, j), real=True)
            for i in range(len(self.states))
            for j in range(matrix.cols)
            if reach[i][j]
        }
        columns = (*self.states, sympy.S.One)
        self.step = assignments(
            {
                x: sympy.Add(*(n * columns[j] for (r, j), n in self.names.items() if r == i))
                for i, x in enumerate(self.states)
            }
        )
        backward: list[Statement] = []
        derivatives: list[PropagatorDerivative] = []
        taped: list[str] = []
        for parameter in parameters:
            slope = cast("sympy.Matrix", matrix.diff(parameter))
            if slope.is_zero_matrix:
                continue
            entries = self._sensitive(matrix, slope, parameter)
            derivatives.append(
                PropagatorDerivative(
                    _nodes(slope), tuple((i, j, s.name) for (i, j), s in entries.items())
                )
            )
            p = [adjoint.adjoints[x] for x in self.states]
            terms = [p[i] * s * columns[j] for (i, j), s in entries.items()]
            backward.append(Accumulate(parameter.name, convert(sympy.Add(*terms))))
            taped += [self.states[j].name for (_, j) in entries if j < len(self.states)]
        transposed = {
            adjoint.adjoints[x]: sympy.Add(
                *(
                    n * adjoint.adjoints[self.states[i]]
                    for (i, c), n in self.names.items()
                    if c == j
                )
            )
            for j, x in enumerate(self.states)
        }
        self.backward = (*backward, *assignments(transposed))
        self.tape = tuple(dict.fromkeys(taped))
        self.propagator = Propagator(
            _nodes(matrix),
            tuple((i, j, s.name) for (i, j), s in self.names.items()),
            tuple(derivatives),
            per_neuron=False,
        )

    def _entry(self, row: int, column: int) -> str:
        source = "drift" if column == len(self.states) else f"from_{self.states[column].name}"
        return f"{self.states[row].name}_{source}{self.suffix}"

    def _sensitive(
        self, matrix: sympy.Matrix, slope: sympy.Matrix, parameter: sympy.Symbol
    ) -> dict[tuple[int, int], sympy.Symbol]:
        size = matrix.cols
        reach, moved = (
            _reachable(matrix),
            [(k, m) for k in range(size) for m in range(size) if slope[k, m] != 0],
        )
        return {
            (i, j): sympy.Symbol(f"d_{self._entry(i, j)}_d_{parameter.name}", real=True)
            for i in range(len(self.states))
            for j in range(size)
            if any(reach[i][k] and reach[m][j] for k, m in moved)
        }


def _augmented(states: Sequence[sympy.Symbol], flow: Flow) -> sympy.Matrix:
    """A with the drift as a last column and a last row of zeros."""
    vector = sympy.Matrix([flow[x] for x in states])
    jacobian = vector.jacobian(sympy.Matrix(states))
    drift = vector.subs({x: 0 for x in states}, simultaneous=True)
    top = jacobian.row_join(drift)
    return top.col_join(sympy.zeros(1, len(states) + 1)).applyfunc(simplest)


def _reachable(matrix: sympy.Matrix) -> list[list[bool]]:
    """Which entries of exp(A dt) can differ from zero: paths in the graph of A."""
    size = matrix.rows
    reach = [[i == j or matrix[i, j] != 0 for j in range(size)] for i in range(size)]
    for k in range(size):
        for i in range(size):
            for j in range(size):
                reach[i][j] = reach[i][j] or (reach[i][k] and reach[k][j])
    return reach


def _nodes(matrix: sympy.Matrix) -> tuple[tuple[Expr, ...], ...]:
    return tuple(
        tuple(convert(cast("sympy.Expr", matrix[i, j])) for j in range(matrix.cols))
        for i in range(matrix.rows)
    )
