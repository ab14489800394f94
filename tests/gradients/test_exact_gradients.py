"""Level B: the derived adjoint in continuous time against five-point differences of the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.runtime.differences import worst_error
from genprop.testing.zoo import NAMES, example

if TYPE_CHECKING:
    from tests.gradients.conftest import Zoo

EXACT = [name for name in NAMES if (e := example(name)).linear and e.exact]
HEURISTIC = [name for name in NAMES if (e := example(name)).linear and not e.exact]

# The quotient itself is good to about 1e-16·|L|/h, 1e-9 of the smallest gradients here.
TOLERANCE = 1e-7


@pytest.mark.parametrize("name", EXACT)
def test_gradient_equals_difference_quotients(name: str, zoo: Zoo) -> None:
    result, found = zoo.measured(name)
    worst, errors, skipped = worst_error(result.gradients, found)
    assert worst < TOLERANCE, errors
    assert skipped <= max(1, len(found) // 20), f"{skipped} of {len(found)} changed spike counts"


@pytest.mark.parametrize("name", [*EXACT, *HEURISTIC])
def test_hidden_neurons_spike_several_times(name: str, zoo: Zoo) -> None:
    result = zoo.solved(name).gradients()
    hidden = [
        neurons.size / zoo.solved(name).spec.population(population).size
        for population in result.spikes
        if population != "out"
        for _, neurons in result.spikes[population]
    ]
    assert min(hidden) >= 2


@pytest.mark.parametrize("name", HEURISTIC)
def test_heuristic_gradients_are_finite_and_reach_the_input(name: str, zoo: Zoo) -> None:
    gradients = zoo.solved(name).gradients().gradients
    assert all(np.isfinite(g).all() for g in gradients.values())
    assert np.abs(gradients["inp->hidden.weight"]).max() > 0


def test_batch_gradient_is_the_mean_of_single_gradients(zoo: Zoo) -> None:
    exact = zoo.solved("refractory")
    e, simulator = exact.example, exact.simulator()
    whole = zoo.measured("refractory")[0].gradients
    parts = [
        simulator.solve(e.parameters(), [e.inputs[k]], e.labels[k : k + 1]).gradients
        for k in range(len(e.inputs))
    ]
    for name in whole:
        mean = np.mean([p[name] for p in parts], axis=0)
        assert np.allclose(whole[name], mean, rtol=1e-12, atol=1e-15)


def test_constant_added_to_input_delays_equals_shifted_input(zoo: Zoo) -> None:
    exact = zoo.solved("recurrent")
    e, simulator = exact.example, exact.simulator()
    shifted = [
        {"inp": (times + 1.25, channels)} for s in e.inputs for times, channels in [s["inp"]]
    ]
    later = e.parameters()
    later["inp->hidden.delay"] = later["inp->hidden.delay"] + 1.25
    one = simulator.solve(later, e.inputs, e.labels)
    two = simulator.solve(e.parameters(), shifted, e.labels)
    for name in one.gradients:
        assert np.allclose(one.gradients[name], two.gradients[name], rtol=1e-9, atol=1e-13)
