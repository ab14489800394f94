"""Level E: the clocked gradient tends to the exact one as the step shrinks, at first order.

Generated code in double stands for the interpreter, to which the contract holds it. The order shows
where the grid keeps the order of events: an arrival that changes sides with a spike of its target
changes the delay's gradient by a finite amount until dt is finer than the gap, and a crossing that
grazes the threshold moves by more than dt. Parameters are drawn from the seeds below, for which
neither happens at 0.01 ms; with other seeds every example converges too, but some only below it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.adjoint.derive import derive
from genprop.backends.reference.exact.events import ExactResult, solve
from genprop.equations.analyse import understand
from genprop.testing import contract
from genprop.testing.contract import Case

if TYPE_CHECKING:
    from genprop.runtime.simulator import Simulator
    from genprop.testing.example import Example

STEPS = (0.1, 0.01)
AT_FINEST = 2e-2
GAIN = 4.0
DOUBLE = gp.Native(precision="double")
SEEDS = {
    "adaptive": 3,
    "alpha_synapse": 8,
    "branched": 7,
    "budgeted": 8,
    "counted": 8,
    "coupled": 2,
    "delta_readout": 6,
    "delta_synapse": 3,
    "double_time_constant": 7,
    "equal_time_constants": 8,
    "every_step": 8,
    "feed_forward": 5,
    "first_spike_margin": 7,
    "highest": 8,
    "integrate_and_fire": 7,
    "last": 8,
    "per_neuron": 14,
    "recurrent": 8,
    "refractory": 14,
    "regression": 8,
    "slow_synapse": 27,
    "spiking_final": 8,
    "spiking_trace": 2,
    "time_to_first_spike": 5,
    "two_receptors": 8,
    "weighted": 8,
}


@cache
def chosen(name: str) -> Example:
    return replace(Case(name, STEPS[0]).example, seed=SEEDS[name])


@cache
def exact(name: str) -> ExactResult:
    e = chosen(name)
    spec = e.spec()
    network = understand(spec)
    adjoint = derive(network, spec)
    return solve(
        spec,
        network,
        adjoint,
        e.parameters(),
        e.inputs,
        duration=e.duration,
        labels=e.labels,
        targets=e.targets,
    )


def clocked(name: str, dt: float) -> tuple[Simulator, dict[str, np.ndarray]]:
    sim = contract.simulator(DOUBLE, Case(name, dt))
    sim.parameters.update(chosen(name).parameters())
    return sim, sim.gradients(chosen(name).batch())[1]


def same_counts(sim: Simulator, result: ExactResult) -> bool:
    return all(
        np.array_equal(np.bincount(neurons, minlength=counts.shape[1]), counts[k])
        for name, counts in sim.last.spikes.items()
        for k, (_, neurons) in enumerate(result.spikes[name])
    )


def errors(name: str) -> list[float]:
    found: list[float] = []
    for dt in STEPS:
        sim, gradients = clocked(name, dt)
        assert same_counts(sim, exact(name)), f"spike counts differ at {dt} ms"
        due = exact(name).gradients
        found.append(max(contract.distance(g, due[n]) for n, g in gradients.items()))
    return found


@pytest.mark.parametrize("name", SEEDS)
def test_clocked_gradient_tends_to_the_exact_one_at_first_order(name: str) -> None:
    coarse, fine = errors(name)
    assert fine <= AT_FINEST
    assert coarse / fine >= GAIN


def test_every_linear_example_is_held() -> None:
    linear = {case.name for case in contract.cases() if case.example.linear}
    assert linear == set(SEEDS)
