"""Small networks that together use everything that can be described.

Each function gives one :class:`~genprop.testing.example.Example`; :func:`examples` gives them all. Sizes are
tiny and activity is high: hidden neurons spike several times in every trial.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from genprop.describe.initial import Learn, learn, normal, uniform, values
from genprop.describe.network import Network
from genprop.describe.neuron import Neuron, neuron, spikes
from genprop.describe.objective import (
    CrossEntropy,
    FirstSpikeCrossEntropy,
    Loss,
    MeanSquare,
    RelativeMeanSquare,
    SpikeBudget,
    final,
    first_spike,
    integral,
    maximum,
    spike_count,
    trace,
    weighted_integral,
)
from genprop.describe.pattern import one_to_one, sparse
from genprop.describe.synapse import Synapse, synapse
from genprop.testing.example import Example, random_input

__all__ = ["NAMES", "example", "examples"]

T = 40.0


def _weights(mean: float, sd: float) -> Learn:
    return learn(normal(mean, sd))


def _delays(longest: float = 5.0) -> Learn:
    return learn(uniform(0.0, longest), max=15.0)


def _three_layers(
    hidden: Neuron,
    out: Neuron,
    *,
    syn: Synapse | None = None,
    drive: float = 1.6,
    recurrent: bool = True,
    feed: tuple[float, float] = (0.3, 1.0),
) -> Network:
    """4 inputs, 3 hidden (recurrent or not), 3 outputs; every weight and delay is learned."""
    net, syn = Network(), syn or synapse("exp", tau=5.0)
    net.population("inp", 4, spikes())
    net.population("hidden", 3, hidden)
    net.population("out", 3, out)
    net.connect("inp", "hidden", syn, weight=_weights(drive, 0.4 * drive), delay=_delays())
    if recurrent:
        net.connect("hidden", "hidden", syn, weight=_weights(0.0, 0.5), delay=_delays())
    net.connect("hidden", "out", syn, weight=_weights(*feed), delay=_delays())
    return net


def _example(
    name: str,
    net: Network,
    loss: Loss,
    *,
    samples: int = 1,
    count: int = 14,
    duration: float = T,
    targets: np.ndarray | None = None,
    linear: bool = True,
    exact: bool = True,
    seed: int = 1,
) -> Example:
    sizes = {p.name: p.size for p in net.freeze(loss).populations if p.neuron is None}
    inputs = random_input(sizes, samples, count, 0.75 * duration, seed)
    labels = np.arange(samples) % 3
    return Example(name, net, loss, duration, inputs, labels, targets, linear, exact, seed)


def feed_forward() -> Example:
    """The plainest: LIF to LI, integral, cross-entropy."""
    net = _three_layers(neuron("LIF"), neuron("LI"), recurrent=False)
    return _example("feed_forward", net, CrossEntropy(integral("out")), samples=2)


def recurrent() -> Example:
    """With feedback and learned delays everywhere."""
    net = _three_layers(neuron("LIF"), neuron("LI"))
    return _example("recurrent", net, CrossEntropy(integral("out")), samples=2)


def weighted() -> Example:
    """Early times count more."""
    net = _three_layers(neuron("LIF"), neuron("LI"))
    return _example("weighted", net, CrossEntropy(weighted_integral("out")))


def highest() -> Example:
    """The maximum over time: smooth maxima and kinks at inhibitory arrivals."""
    net = _three_layers(neuron("LIF"), neuron("LI", tau_mem=10.0), feed=(0.2, 1.5))
    return _example("highest", net, CrossEntropy(maximum("out")), samples=2, seed=3)


def last() -> Example:
    """The value at T against the label's one-hot."""
    net = _three_layers(neuron("LIF"), neuron("LI"))
    return _example("last", net, MeanSquare(final("out")))


def every_step() -> Example:
    """Cross-entropy averaged over time."""
    net = _three_layers(neuron("LIF"), neuron("LI"))
    return _example("every_step", net, CrossEntropy(trace("out")))


def regression() -> Example:
    """Square error against targets, averaged over time."""
    net = _three_layers(neuron("LIF"), neuron("LI"))
    targets = np.array([[0.3, -0.2, 0.1]])
    return _example("regression", net, MeanSquare(trace("out")), targets=targets)


def time_to_first_spike() -> Example:
    """Cross-entropy of first spikes, with a price on late ones."""
    out = neuron("LIF", tau_mem=10.0)
    net = _three_layers(neuron("LIF"), out, recurrent=False, feed=(2.0, 0.5))
    loss = FirstSpikeCrossEntropy("out", 4.0, alpha=0.1, tau1=20.0)
    return _example("time_to_first_spike", net, loss, samples=2)


def first_spike_margin() -> Example:
    """First spikes a margin apart; an output that stays silent counts as T."""
    out = neuron("LIF", tau_mem=10.0, v_th=values([1.0, 1.2, 9.0]))
    net = _three_layers(neuron("LIF"), out, feed=(1.5, 1.0))
    loss = RelativeMeanSquare(first_spike("out"), 3.0)
    return _example("first_spike_margin", net, loss)


def refractory() -> Example:
    """A learned refractory period and a reset away from 0."""
    hidden = neuron(
        "LIF",
        v_reset=learn(0.2),
        v_th=learn(1.0),
        tau_ref=learn(3.0),
    )
    net = _three_layers(hidden, neuron("LI"), drive=2.5)
    return _example("refractory", net, CrossEntropy(integral("out")), samples=2)


def equal_time_constants() -> Example:
    """τm = τs, both learned."""
    syn = synapse("exp", tau=learn(10.0))
    hidden, out = neuron("LIF", tau_mem=learn(10.0)), neuron("LI", tau_mem=learn(10.0))
    net = _three_layers(hidden, out, syn=syn, drive=0.9)
    return _example("equal_time_constants", net, CrossEntropy(integral("out")))


def double_time_constant() -> Example:
    """τm = 2τs, both learned."""
    syn = synapse("exp", tau=learn(5.0))
    hidden, out = neuron("LIF", tau_mem=learn(10.0)), neuron("LI", tau_mem=learn(10.0))
    net = _three_layers(hidden, out, syn=syn)
    return _example("double_time_constant", net, CrossEntropy(weighted_integral("out")))


def slow_synapse() -> Example:
    """τm < τs, both learned."""
    syn = synapse("exp", tau=learn(12.0))
    hidden, out = neuron("LIF", tau_mem=learn(6.0)), neuron("LI", tau_mem=learn(8.0))
    net = _three_layers(hidden, out, syn=syn, drive=0.7)
    return _example("slow_synapse", net, CrossEntropy(maximum("out")))


def two_receptors() -> Example:
    """A fast and a slow receptor on the same neurons."""
    net = Network()
    fast, slow = (
        synapse("exp", name="fast", tau=learn(3.0)),
        synapse("exp", name="slow", tau=learn(15.0)),
    )
    net.population("inp", 4, spikes())
    net.population("hidden", 3, neuron("LIF", tau_mem=learn(15.0)))
    net.population("out", 2, neuron("LI"))
    net.connect("inp", "hidden", fast, weight=_weights(1.8, 0.5), delay=_delays())
    net.connect("inp", "hidden", slow, weight=_weights(0.2, 0.3), delay=_delays(), name="detour")
    net.connect("hidden", "hidden", slow, weight=_weights(-0.2, 0.3), delay=_delays())
    net.connect("hidden", "out", fast, weight=_weights(0.0, 1.0))
    return _example("two_receptors", net, CrossEntropy(integral("out")))


def alpha_synapse() -> Example:
    """Currents that rise before they decay."""
    syn = synapse("alpha", tau=learn(4.0))
    net = _three_layers(neuron("LIF"), neuron("LI"), syn=syn, drive=0.9)
    return _example("alpha_synapse", net, CrossEntropy(integral("out")))


def delta_synapse() -> Example:
    """Arrivals that move the potential at once and may themselves cross the threshold."""
    net = Network()
    kick, syn = synapse("delta"), synapse("exp", tau=5.0)
    hidden = neuron("LIF", v_th=learn(1.0), v_reset=learn(0.1), tau_mem=learn(20.0))
    net.population("inp", 4, spikes())
    net.population("hidden", 3, hidden)
    net.population("out", 3, neuron("LI"))
    net.connect("inp", "hidden", kick, weight=_weights(0.3, 0.15), delay=_delays())
    net.connect("inp", "hidden", syn, weight=_weights(0.8, 0.4), delay=_delays(), name="current")
    net.connect("hidden", "hidden", kick, weight=_weights(-0.1, 0.2), delay=_delays())
    net.connect("hidden", "out", syn, weight=_weights(0.0, 1.0), delay=_delays())
    return _example("delta_synapse", net, CrossEntropy(integral("out")), samples=2)


def delta_readout() -> Example:
    """A readout that jumps: the running loss has a step at every arrival."""
    net = Network()
    hidden = neuron("LIF", tau_ref=1.0)
    net.population("inp", 4, spikes())
    net.population("hidden", 3, hidden)
    net.population("out", 3, neuron("LI"))
    net.connect("inp", "hidden", synapse("exp", tau=5.0), weight=_weights(1.6, 0.6))
    net.connect("hidden", "out", synapse("delta"), weight=_weights(0.1, 0.4), delay=_delays())
    return _example("delta_readout", net, MeanSquare(trace("out")))


def integrate_and_fire() -> Example:
    """No leak."""
    hidden = neuron("IF", v_th=learn(1.2), tau_mem=learn(25.0))
    net = _three_layers(hidden, neuron("LI"))
    return _example("integrate_and_fire", net, CrossEntropy(integral("out")))


def adaptive() -> Example:
    """A threshold that rises with every spike; all its parameters are learned."""
    hidden = neuron(
        "ALIF", tau_mem=learn(20.0), tau_a=learn(30.0), beta=learn(0.2), v_th=learn(0.9)
    )
    net = _three_layers(hidden, neuron("LI"), drive=2.0)
    return _example("adaptive", net, CrossEntropy(integral("out")))


def per_neuron() -> Example:
    """Every neuron with parameters of its own, all learned."""
    hidden = neuron(
        "LIF",
        tau_mem=learn(values([12.0, 20.0, 25.0])),
        v_th=learn(values([0.9, 1.0, 1.1])),
        v_reset=learn(values([0.0, 0.2, -0.3])),
        tau_ref=learn(values([1.0, 2.5, 4.0])),
    )
    out = neuron("LI", tau_mem=learn(values([8.0, 10.0, 20.0])))
    syn = synapse("exp", tau=learn(values([4.0, 5.0, 7.0])))
    net = _three_layers(hidden, out, syn=syn, drive=2.5)
    return _example("per_neuron", net, CrossEntropy(integral("out")))


def coupled() -> Example:
    """A neuron of one's own: two coupled states, subtractive reset, only one of them clamped."""
    hidden = Neuron(
        "resonator",
        flow="dv/dt = (I - v - u)/tau_mem;  du/dt = (c*v - u)/tau_u",
        spike="v > v_th - 0.2*u",
        reset="v = v - depth;  u = 0.8*u + kick",
        parameters={
            "tau_mem": learn(15.0),
            "tau_u": learn(25.0),
            "c": learn(0.5),
            "v_th": learn(1.0),
            "depth": learn(0.9),
            "kick": learn(0.1),
            "tau_ref": learn(2.0),
        },
        units={"tau_mem": "ms", "tau_u": "ms", "tau_ref": "ms"},
        refractory="tau_ref",
        held=("v",),
    )
    net = _three_layers(hidden, neuron("LI"), drive=2.5)
    return _example("coupled", net, CrossEntropy(integral("out")))


def branched() -> Example:
    """Two sources and two hidden populations, one-to-one and sparse."""
    net, syn = Network(), synapse("exp", tau=5.0)
    net.population("left", 3, spikes())
    net.population("right", 5, spikes())
    net.population("relay", 3, neuron("LIF", tau_ref=1.0))
    net.population("hidden", 4, neuron("LIF", tau_mem=15.0))
    net.population("out", 2, neuron("LI"))
    some = sparse(pairs=[(0, 0), (0, 2), (1, 1), (2, 3), (3, 0), (4, 1), (4, 2)])
    back = sparse(pairs=[(0, 1), (1, 0), (2, 2), (3, 0)])
    net.connect(
        "left", "relay", syn, weight=_weights(3.0, 0.4), delay=_delays(), pattern=one_to_one()
    )
    net.connect("right", "hidden", syn, weight=_weights(2.0, 0.4), delay=_delays(), pattern=some)
    net.connect("relay", "hidden", syn, weight=_weights(0.8, 0.4), delay=_delays())
    net.connect("hidden", "relay", syn, weight=_weights(-0.3, 0.3), delay=_delays(), pattern=back)
    net.connect("hidden", "out", syn, weight=_weights(0.0, 1.0), delay=_delays())
    net.connect("relay", "out", syn, weight=_weights(0.0, 1.0))
    return _example("branched", net, CrossEntropy(integral("out")))


def spiking_trace() -> Example:
    """A loss on the potential of spiking neurons: it jumps at every spike."""
    net = _three_layers(neuron("LIF", v_reset=learn(-0.2)), neuron("LI"))
    loss = MeanSquare(trace("hidden")) + 0.5 * CrossEntropy(integral("hidden"))
    return _example("spiking_trace", net, loss)


def spiking_maximum() -> Example:
    """Maximum and final value of outputs that spike rarely, and of their current."""
    out = neuron("LIF", v_th=4.0)
    net = _three_layers(neuron("LIF"), out, feed=(0.5, 1.0))
    loss = CrossEntropy(maximum("out")) + 0.3 * MeanSquare(final("out", "I"))
    return _example("spiking_maximum", net, loss)


def counted() -> Example:
    """Spike counts of the outputs, and a budget for the hidden spikes: heuristic gradients."""
    net = _three_layers(neuron("LIF"), neuron("LIF"), feed=(1.5, 0.5))
    loss = CrossEntropy(spike_count("out")) + 0.01 * SpikeBudget("hidden", per_trial=2.0)
    return _example("counted", net, loss, samples=3, exact=False)


def budgeted() -> Example:
    """A classifying loss with a budget of hidden spikes."""
    net = _three_layers(neuron("LIF"), neuron("LI"))
    loss = CrossEntropy(integral("out")) + 0.002 * SpikeBudget("hidden", per_trial=2.0)
    return _example("budgeted", net, loss, samples=3, exact=False)


def quadratic() -> Example:
    """QIF: a non-linear flow."""
    hidden = neuron("QIF", tau_mem=learn(10.0), v_th=learn(4.0))
    net = _three_layers(hidden, neuron("LI"), drive=2.0)
    return _example("quadratic", net, CrossEntropy(integral("out")), linear=False)


def izhikevich() -> Example:
    """Izhikevich's neuron: a non-linear flow with recovery."""
    hidden = neuron("Izhikevich", a=learn(0.02), d=learn(6.0))
    net = _three_layers(hidden, neuron("LI"), drive=18.0)
    return _example("izhikevich", net, CrossEntropy(integral("out")), linear=False, duration=60.0)


_MAKERS: Sequence[Callable[[], Example]] = (
    feed_forward,
    recurrent,
    weighted,
    highest,
    last,
    every_step,
    regression,
    time_to_first_spike,
    first_spike_margin,
    refractory,
    equal_time_constants,
    double_time_constant,
    slow_synapse,
    two_receptors,
    alpha_synapse,
    delta_synapse,
    delta_readout,
    integrate_and_fire,
    adaptive,
    per_neuron,
    coupled,
    branched,
    spiking_trace,
    spiking_maximum,
    counted,
    budgeted,
    quadratic,
    izhikevich,
)

NAMES: tuple[str, ...] = tuple(maker.__name__ for maker in _MAKERS)
"""The names of all examples."""


def example(name: str) -> Example:
    """The example called ``name``."""
    return next(maker() for maker in _MAKERS if maker.__name__ == name)


def examples() -> list[Example]:
    """All of them."""
    return [maker() for maker in _MAKERS]
