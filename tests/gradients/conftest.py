"""Networks of the zoo, solved exactly, with difference quotients computed once per session."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.runtime.differences import Parameters, Quotient, quotients
from genprop.testing.exact import exact

if TYPE_CHECKING:
    from genprop.backends.reference.exact.events import ExactResult


@cache
def measured(name: str) -> tuple[ExactResult, list[Quotient]]:
    solved = exact(name)
    e, simulator = solved.example, solved.simulator()

    def evaluate(parameters: Parameters) -> tuple[float, tuple[int, ...]]:
        result = simulator.solve(parameters, e.inputs, e.labels, e.targets, gradient=False)
        sizes = {p.name: p.size for p in solved.spec.populations}
        counts = [
            np.bincount(neurons, minlength=sizes[population])
            for population, trials in result.spikes.items()
            for _, neurons in trials
        ]
        return result.loss, tuple(np.concatenate(counts).tolist())

    parameters = e.parameters()
    result = simulator.solve(parameters, e.inputs, e.labels, e.targets)
    return result, quotients(evaluate, parameters, result.gradients, e.learned(), per_parameter=3)


class Zoo:
    """What the tests of gradients share."""

    solved = staticmethod(exact)
    measured = staticmethod(measured)


@pytest.fixture(scope="session")
def zoo() -> Zoo:
    return Zoo()
