"""Networks of LIF neurons under every readout and loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.adjoint.readouts.final import final
from genprop.adjoint.readouts.first_spike import first_spike
from genprop.adjoint.readouts.integral import integral
from genprop.adjoint.readouts.maximum import maximum
from genprop.adjoint.readouts.spike_count import spike_count
from genprop.adjoint.readouts.trace import trace
from genprop.adjoint.readouts.weighted_integral import weighted_integral
from genprop.describe.initial import learn, values
from genprop.describe.neuron import neuron
from genprop.describe.objective import (
    CrossEntropy,
    FirstSpikeCrossEntropy,
    MeanSquare,
    RelativeMeanSquare,
    SoftCrossEntropy,
    SpikeBudget,
)
from genprop.testing.zoo_parts import make, three_layers

if TYPE_CHECKING:
    from genprop.testing.example import Example

__all__ = [
    "budgeted",
    "counted",
    "every_step",
    "feed_forward",
    "first_spike_margin",
    "highest",
    "last",
    "recurrent",
    "regression",
    "soft_targets",
    "spiking_final",
    "spiking_trace",
    "time_to_first_spike",
    "weighted",
]


def feed_forward() -> Example:
    """The plainest: LIF to LI, integral, cross-entropy."""
    net = three_layers(neuron("LIF"), neuron("LI"), recurrent=False)
    return make("feed_forward", net, CrossEntropy(integral("out")), samples=2)


def recurrent() -> Example:
    """With feedback and learned delays everywhere."""
    net = three_layers(neuron("LIF"), neuron("LI"))
    return make("recurrent", net, CrossEntropy(integral("out")), samples=2)


def weighted() -> Example:
    """Early times count more."""
    net = three_layers(neuron("LIF"), neuron("LI"))
    return make("weighted", net, CrossEntropy(weighted_integral("out")))


def highest() -> Example:
    """The maximum over time: smooth maxima and kinks at inhibitory arrivals."""
    net = three_layers(neuron("LIF"), neuron("LI", tau_mem=10.0), feed=(0.2, 1.5))
    return make("highest", net, CrossEntropy(maximum("out")), samples=2, seed=3)


def last() -> Example:
    """The value at T against the label's one-hot."""
    net = three_layers(neuron("LIF"), neuron("LI"))
    return make("last", net, MeanSquare(final("out")))


def every_step() -> Example:
    """Cross-entropy averaged over time."""
    net = three_layers(neuron("LIF"), neuron("LI"))
    return make("every_step", net, CrossEntropy(trace("out")))


def regression() -> Example:
    """Square error against targets, averaged over time."""
    net = three_layers(neuron("LIF"), neuron("LI"))
    targets = np.array([[0.3, -0.2, 0.1]])
    return make("regression", net, MeanSquare(trace("out")), targets=targets)


def soft_targets() -> Example:
    """Cross-entropy with a teacher's probabilities, beside the one with labels."""
    net = three_layers(neuron("LIF"), neuron("LI"))
    readout = integral("out")
    loss = 0.5 * CrossEntropy(readout) + SoftCrossEntropy(readout, temperature=2.5)
    targets = np.array([[0.7, 0.2, 0.1], [0.05, 0.6, 0.35]])
    return make("soft_targets", net, loss, samples=2, targets=targets)


def time_to_first_spike() -> Example:
    """Cross-entropy of first spikes, with a price on late ones."""
    out = neuron("LIF", tau_mem=10.0)
    net = three_layers(neuron("LIF"), out, recurrent=False, feed=(2.0, 0.5))
    loss = FirstSpikeCrossEntropy("out", 4.0, alpha=0.1, tau1=20.0)
    return make("time_to_first_spike", net, loss, samples=2)


def first_spike_margin() -> Example:
    """First spikes a margin apart; an output that stays silent counts as T."""
    out = neuron("LIF", tau_mem=10.0, v_th=values([1.0, 1.2, 9.0]))
    net = three_layers(neuron("LIF"), out, feed=(1.5, 1.0))
    loss = RelativeMeanSquare(first_spike("out"), 3.0)
    return make("first_spike_margin", net, loss)


def spiking_trace() -> Example:
    """A loss on the potential of spiking neurons: it jumps at every spike."""
    net = three_layers(neuron("LIF", v_reset=learn(-0.2)), neuron("LI"))
    loss = MeanSquare(trace("hidden")) + 0.5 * CrossEntropy(integral("hidden"))
    return make("spiking_trace", net, loss)


def spiking_final() -> Example:
    """The last potential of outputs that spike, and their last current."""
    net = three_layers(neuron("LIF"), neuron("LIF", v_th=1.5, v_reset=0.3), feed=(0.8, 1.0))
    loss = CrossEntropy(final("out")) + 0.3 * MeanSquare(final("out", "I"))
    return make("spiking_final", net, loss)


def counted() -> Example:
    """Spike counts of the outputs, and a budget for the hidden spikes: heuristic gradients."""
    net = three_layers(neuron("LIF"), neuron("LIF"), feed=(1.5, 0.5))
    loss = CrossEntropy(spike_count("out")) + 0.01 * SpikeBudget("hidden", per_trial=2.0)
    return make("counted", net, loss, samples=3, exact=False)


def budgeted() -> Example:
    """A classifying loss with a budget of hidden spikes."""
    net = three_layers(neuron("LIF"), neuron("LI"))
    loss = CrossEntropy(integral("out")) + 0.002 * SpikeBudget("hidden", per_trial=2.0)
    return make("budgeted", net, loss, samples=3, exact=False)
