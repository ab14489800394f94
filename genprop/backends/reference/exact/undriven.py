"""The adjoint between events where no readout pulls on it: p' = B p, by the series of exp(B t)."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from genprop.backends.reference.exact.quadrature import NODES, POINTS, solve_linear

__all__ = ["Undriven"]

_ORDER = 40
_FARTHEST = 4.0
"""‖B‖ h up to which the series ends below rounding: 4⁴⁰/40! < 10⁻²³."""
_EXPONENTS = np.arange(_ORDER)
_POWERS: np.ndarray = POINTS[:, None] ** _EXPONENTS


class Undriven:
    """Solves p' = B p; made once for a matrix B (S, S) [1/ms]."""

    def __init__(self, matrix: np.ndarray) -> None:
        self._matrix = matrix
        self._norm = float(np.abs(matrix).sum(1).max(initial=0.0)) or 1.0

    @cached_property
    def _terms(self) -> np.ndarray:
        """(B/‖B‖)^k/k! (_ORDER, S, S), made when they are first needed."""
        terms = [np.eye(len(self._matrix))]
        for k in range(1, _ORDER):
            terms.append(terms[-1] @ (self._matrix / self._norm) / k)
        return np.array(terms)

    def solve(self, start: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As :func:`~genprop.backends.reference.exact.quadrature.solve_linear` without drive."""
        found, p = np.empty((len(lengths), NODES, len(start))), start
        for k, length in enumerate(lengths):
            way = float(length) * self._norm
            if not way <= _FARTHEST:
                rest = lengths[k:]
                drive = np.zeros((len(rest), NODES, len(start)))
                found[k:], p = solve_linear(self._matrix, drive, p, rest)
                break
            parts = (self._terms @ p) * (way**_EXPONENTS)[:, None]
            found[k], p = _POWERS @ parts, parts.sum(0)
        return found, p
