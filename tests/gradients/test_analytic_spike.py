"""Level A: one neuron, one input spike, τm = 2τs, where spike time and gradient have a closed form.

θ = w (a − a²) with a = e^{−(t−d)/τm}, so t* = d − τm ln x, x = (1 + q)/2, q = √(1 − 4θ/w).
"""

from __future__ import annotations

import numpy as np
import pytest

from genprop.adjoint.derive import derive
from genprop.adjoint.readouts.first_spike import first_spike
from genprop.backends.reference.exact.events import ExactResult, solve
from genprop.describe.initial import learn
from genprop.describe.network import Network
from genprop.describe.neuron import neuron, spikes
from genprop.describe.objective import EarlySpike
from genprop.describe.synapse import synapse
from genprop.equations.analyse import understand

TAU_MEM, TAU_SYN, TAU_LOSS, T = 10.0, 5.0, 20.0, 60.0


def one_spike(w: float, d: float, theta: float, start: float) -> ExactResult:
    net = Network()
    net.population("inp", 1, spikes())
    net.population("out", 1, neuron("LIF", tau_mem=TAU_MEM, v_th=theta, tau_ref=50.0))
    syn = synapse("exp", tau=TAU_SYN)
    net.connect("inp", "out", syn, weight=learn(w), delay=learn(d, max=20.0))
    spec = net.freeze(EarlySpike(first_spike("out"), alpha=1.0, tau=TAU_LOSS))
    network = understand(spec)
    rng = np.random.default_rng(0)
    parameters = {p.name: p.initial.sample(rng, p.shape) for p in spec.parameters()}
    inputs = [{"inp": (np.array([start]), np.array([0]))}]
    labels = np.array([0])
    adjoint = derive(network, spec)
    return solve(spec, network, adjoint, parameters, inputs, duration=T, labels=labels)


CASES = [(6.0, 3.0, 1.0, 2.0), (4.5, 0.0, 1.0, 0.0), (30.0, 7.25, 0.7, 11.0)]


@pytest.mark.parametrize(("w", "d", "theta", "start"), CASES)
def test_spike_time_and_gradient_equal_the_closed_form(
    w: float, d: float, theta: float, start: float
) -> None:
    q = np.sqrt(1 - 4 * theta / w)
    x = (1 + q) / 2
    expected = start + d - TAU_MEM * np.log(x)
    result = one_spike(w, d, theta, start)
    times, neurons = result.spikes["out"][0]
    assert neurons.tolist() == [0]
    assert abs(times[0] - expected) < 1e-12

    per_time = np.exp(expected / TAU_LOSS) / TAU_LOSS
    by_weight = -TAU_MEM * theta / (w**2 * x * q)
    by_threshold = TAU_MEM / (w * x * q)
    g = {name: value.item() for name, value in result.gradients.items()}
    assert g["inp->out.weight"] == pytest.approx(per_time * by_weight, rel=1e-12)
    assert g["inp->out.delay"] == pytest.approx(per_time, rel=1e-12)
    assert g["out.v_th"] == pytest.approx(per_time * by_threshold, rel=1e-12)


def test_no_spike_below_the_analytic_bound() -> None:
    """w (a − a²) has the maximum w/4: below 4θ there is no spike, and the output counts as T."""
    assert one_spike(4.0 * (1 - 1e-9), 0.0, 1.0, 0.0).spikes["out"][0][0].size == 0
    assert one_spike(4.0 * (1 + 1e-9), 0.0, 1.0, 0.0).spikes["out"][0][0].size == 1
    silent = one_spike(3.0, 0.0, 1.0, 0.0)
    assert silent.observed[0][0, 0] == T
    assert silent.gradients["inp->out.weight"].item() == 0.0
