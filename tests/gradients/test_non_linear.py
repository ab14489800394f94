"""ALIF, QIF, Izhikevich, conductances: clocked gradients against quotients of the loss.

The quotient is the slope of an odd cubic through 16 losses on a clock of 0.001 ms, wide enough for
the jumps of the clock to average out; what remains of them is about 1e-2 of the largest gradient.
Generated code in double stands for the interpreter, to which the contract holds it. Found, as
the worst error over all parameters relative to the largest entry of each:

=============  =======  ========  =========  =====
neuron         0.1 ms   0.02 ms   0.001 ms   order
=============  =======  ========  =========  =====
ALIF           8.9e-2   1.8e-2    1.6e-2     1.0
QIF            1.9e-1   2.2e-2    9.8e-3     1.3
Izhikevich     1.1e-1   2.7e-2    2.1e-2     0.9
conductances   5.4e-2   2.9e-2    1.1e-2     0.4
=============  =======  ========  =========  =====

The order is that between 0.1 and 0.02 ms; below, the quotient's own error shows. Against the
gradient at 0.001 ms, which is free of it, the error falls at first order as well.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.runtime.differences import Parameters, Quotient, fitted_slope, worst_error
from genprop.testing import contract
from genprop.testing.contract import Case

if TYPE_CHECKING:
    from genprop.runtime.simulator import Simulator

SEEDS = {"adaptive": 3, "quadratic": 2, "izhikevich": 1, "conductance": 2}
COARSE, NEAR, FINE = 0.1, 0.02, 0.001
TOLERANCE = 4e-2
DOUBLE = gp.Native(precision="double")
PROBES, DELAYS = (1e-2, 3e-3, 1e-3), (0.05, 0.02)
Arrays = dict[str, np.ndarray]


@cache
def clocked(name: str, dt: float) -> tuple[Simulator, Arrays, tuple[int, ...]]:
    sim = contract.simulator(DOUBLE, Case(name, dt))
    chosen = replace(Case(name, dt).example, seed=SEEDS[name])
    sim.parameters.update(chosen.parameters())
    gradients = {n: np.array(g) for n, g in sim.gradients(chosen.batch())[1].items()}
    return sim, gradients, counts(sim)


def counts(sim: Simulator) -> tuple[int, ...]:
    return tuple(int(c) for x in sim.last.spikes.values() for c in x.ravel())


@cache
def slopes(name: str) -> tuple[Quotient, ...]:
    """Quotients of the largest component of every parameter."""
    sim, gradients, _ = clocked(name, FINE)
    batch = Case(name, FINE).example.batch()
    parameters = {n: np.array(x) for n, x in sim.parameters.items()}

    def evaluate(moved: Parameters) -> tuple[float, tuple[int, ...]]:
        sim.parameters.update(moved)
        return sim.run(batch).loss, counts(sim)

    found: list[Quotient] = []
    for parameter, gradient in gradients.items():
        size = max(float(np.abs(parameters[parameter]).max()), 0.1)
        steps = DELAYS if parameter.endswith(".delay") else [p * size for p in PROBES]
        index = int(np.abs(gradient).argmax())
        slope = [fitted_slope(evaluate, parameters, parameter, index, s) for s in steps]
        found.append(Quotient(parameter, index, tuple(s for s in slope if s is not None)))
    return tuple(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDS)
def test_gradient_equals_difference_quotients_of_the_loss(name: str) -> None:
    _, gradients, _ = clocked(name, NEAR)
    worst, errors, skipped = worst_error(gradients, slopes(name))
    assert worst < TOLERANCE, errors
    assert skipped == 0


@pytest.mark.parametrize("name", SEEDS)
def test_error_falls_at_first_order(name: str) -> None:
    _, due, spikes = clocked(name, FINE)
    errors: list[float] = []
    for dt in (COARSE, NEAR):
        _, gradients, found = clocked(name, dt)
        assert found == spikes
        errors.append(max(contract.distance(gradients[n], due[n]) for n in due))
    assert sum(spikes) > 10
    assert errors[0] / errors[1] > 2.5, errors
