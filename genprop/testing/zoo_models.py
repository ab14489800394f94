"""Networks of every neuron, synapse and pattern, with learned parameters of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.adjoint.readouts.integral import integral
from genprop.adjoint.readouts.maximum import maximum
from genprop.adjoint.readouts.weighted_integral import weighted_integral
from genprop.describe.initial import learn, normal, uniform, values
from genprop.describe.network import Network
from genprop.describe.neuron import Neuron, neuron, spikes
from genprop.describe.objective import CrossEntropy
from genprop.describe.pattern import one_to_one, sparse
from genprop.describe.synapse import Synapse, synapse
from genprop.testing.zoo_parts import delays, make, three_layers, weights

if TYPE_CHECKING:
    from genprop.testing.example import Example

__all__ = [
    "adaptive",
    "alpha_synapse",
    "biased",
    "branched",
    "conductance",
    "coupled",
    "delta_readout",
    "delta_synapse",
    "double_time_constant",
    "equal_time_constants",
    "frozen",
    "integrate_and_fire",
    "izhikevich",
    "no_reset",
    "per_neuron",
    "plastic",
    "quadratic",
    "refractory",
    "slow_synapse",
    "two_receptors",
]


def refractory() -> Example:
    """A learned refractory period and a reset away from 0."""
    hidden = neuron(
        "LIF",
        v_reset=learn(0.2),
        v_th=learn(1.0),
        tau_ref=learn(3.0),
    )
    net = three_layers(hidden, neuron("LI"), drive=2.5)
    return make("refractory", net, CrossEntropy(integral("out")), samples=2)


def equal_time_constants() -> Example:
    """τm = τs, both learned."""
    syn = synapse("exp", tau=learn(10.0))
    hidden, out = neuron("LIF", tau_mem=learn(10.0)), neuron("LI", tau_mem=learn(10.0))
    net = three_layers(hidden, out, syn=syn, drive=0.9)
    return make("equal_time_constants", net, CrossEntropy(integral("out")))


def frozen() -> Example:
    """Only the last projection learns: the neurons before it need no adjoint, but their spikes."""
    syn = synapse("exp", tau=5.0)
    net = Network()
    net.population("inp", 4, spikes())
    net.population("hidden", 3, neuron("LIF"))
    net.population("out", 3, neuron("LI"))
    net.connect("inp", "hidden", syn, weight=normal(1.6, 0.6), delay=uniform(0.0, 5.0))
    net.connect("hidden", "hidden", syn, weight=normal(0.0, 0.5))
    net.connect("hidden", "out", syn, weight=weights(0.3, 1.0), delay=delays())
    return make("frozen", net, CrossEntropy(integral("out")), samples=2)


def double_time_constant() -> Example:
    """τm = 2τs, both learned."""
    syn = synapse("exp", tau=learn(5.0))
    hidden, out = neuron("LIF", tau_mem=learn(10.0)), neuron("LI", tau_mem=learn(10.0))
    net = three_layers(hidden, out, syn=syn)
    return make("double_time_constant", net, CrossEntropy(weighted_integral("out")))


def slow_synapse() -> Example:
    """τm < τs, both learned."""
    syn = synapse("exp", tau=learn(12.0))
    hidden, out = neuron("LIF", tau_mem=learn(6.0)), neuron("LI", tau_mem=learn(8.0))
    net = three_layers(hidden, out, syn=syn, drive=0.9)
    return make("slow_synapse", net, CrossEntropy(maximum("out")), count=7)


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
    net.connect("inp", "hidden", fast, weight=weights(1.8, 0.5), delay=delays())
    net.connect("inp", "hidden", slow, weight=weights(0.2, 0.3), delay=delays(), name="detour")
    net.connect("hidden", "hidden", slow, weight=weights(-0.2, 0.3), delay=delays())
    net.connect("hidden", "out", fast, weight=weights(0.0, 1.0))
    return make("two_receptors", net, CrossEntropy(integral("out")))


def alpha_synapse() -> Example:
    """Currents that rise before they decay."""
    syn = synapse("alpha", tau=learn(4.0))
    net = three_layers(neuron("LIF"), neuron("LI"), syn=syn, drive=0.9)
    return make("alpha_synapse", net, CrossEntropy(integral("out")))


def delta_synapse() -> Example:
    """Arrivals that move the potential at once and may themselves cross the threshold."""
    net = Network()
    kick, syn = synapse("delta"), synapse("exp", tau=5.0)
    hidden = neuron("LIF", v_th=learn(1.0), v_reset=learn(0.1), tau_mem=learn(20.0))
    net.population("inp", 4, spikes())
    net.population("hidden", 3, hidden)
    net.population("out", 3, neuron("LI"))
    net.connect("inp", "hidden", kick, weight=weights(0.3, 0.15), delay=delays())
    net.connect("inp", "hidden", syn, weight=weights(0.8, 0.4), delay=delays(), name="current")
    net.connect("hidden", "hidden", kick, weight=weights(-0.1, 0.2), delay=delays())
    net.connect("hidden", "out", syn, weight=weights(0.0, 1.0), delay=delays())
    return make("delta_synapse", net, CrossEntropy(integral("out")), samples=2)


def delta_readout() -> Example:
    """A readout that jumps: the running loss has a step at every arrival."""
    net = Network()
    hidden = neuron("LIF", tau_ref=1.0)
    net.population("inp", 4, spikes())
    net.population("hidden", 3, hidden)
    net.population("out", 3, neuron("LI"))
    net.connect("inp", "hidden", synapse("exp", tau=5.0), weight=weights(1.6, 0.6))
    net.connect("hidden", "out", synapse("delta"), weight=weights(0.1, 0.4), delay=delays())
    return make("delta_readout", net, CrossEntropy(integral("out")))


def integrate_and_fire() -> Example:
    """No leak."""
    hidden = neuron("IF", v_th=learn(1.2), tau_mem=learn(25.0))
    net = three_layers(hidden, neuron("LI"))
    return make("integrate_and_fire", net, CrossEntropy(integral("out")))


def adaptive() -> Example:
    """A threshold that rises with every spike; all its parameters are learned."""
    hidden = neuron(
        "ALIF", tau_mem=learn(20.0), tau_a=learn(30.0), beta=learn(0.2), v_th=learn(0.9)
    )
    net = three_layers(hidden, neuron("LI"), drive=2.0)
    return make("adaptive", net, CrossEntropy(integral("out")))


def no_reset() -> Example:
    """Spikes that leave the potential as it is, caused by currents and by arrivals themselves."""
    hidden = Neuron(
        "filter",
        flow="dv/dt = (I - v - u)/tau_mem;  du/dt = -u/tau_u",
        spike="v > v_th",
        reset="u = u + kick",
        parameters={"tau_mem": 3.0, "tau_u": learn(15.0), "v_th": learn(0.4), "kick": 0.3},
        units={"tau_mem": "ms", "tau_u": "ms"},
    )
    net = three_layers(hidden, neuron("LI"), syn=synapse("exp", tau=2.5), drive=3.0)
    net.connect("inp", "hidden", synapse("delta"), weight=weights(0.1, 0.2), name="kicks")
    return make("no_reset", net, CrossEntropy(integral("out")), count=8)


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
    net = three_layers(hidden, out, syn=syn, drive=2.5)
    return make("per_neuron", net, CrossEntropy(integral("out")))


def coupled() -> Example:
    """A neuron of one's own: two coupled states, subtractive reset, only one of them held."""
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
    net = three_layers(hidden, neuron("LI"), drive=2.5)
    return make("coupled", net, CrossEntropy(integral("out")))


def biased() -> Example:
    """A constant input, one for all hidden neurons and one per readout; all are learned."""
    hidden = neuron("LIF", bias=learn(0.7), tau_ref=1.0)
    out = neuron("LI", bias=learn(values([0.2, -0.1, 0.1])))
    net = three_layers(hidden, out, drive=0.8)
    return make("biased", net, CrossEntropy(integral("out")))


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
        "left", "relay", syn, weight=weights(3.0, 0.4), delay=delays(), pattern=one_to_one()
    )
    net.connect("right", "hidden", syn, weight=weights(2.0, 0.4), delay=delays(), pattern=some)
    net.connect("relay", "hidden", syn, weight=weights(0.8, 0.4), delay=delays())
    net.connect("hidden", "relay", syn, weight=weights(-0.3, 0.3), delay=delays(), pattern=back)
    net.connect("hidden", "out", syn, weight=weights(0.0, 1.0), delay=delays())
    net.connect("relay", "out", syn, weight=weights(0.0, 1.0))
    return make("branched", net, CrossEntropy(integral("out")))


def plastic() -> Example:
    """Synapses that depress and facilitate: states on the side of sources and of neurons."""
    first = synapse("tsodyks_markram", U=learn(0.4), tau_f=learn(30.0), tau_d=learn(40.0))
    each = values([0.3, 0.4, 0.5])
    last = synapse("tsodyks_markram", U=learn(each), tau_d=learn(values([20.0, 35.0, 50.0])))
    some = sparse(pairs=[(0, 0), (0, 2), (1, 1), (2, 0), (2, 2), (3, 1)])
    net, hidden = Network(), neuron("LIF", tau_mem=learn(15.0), tau_ref=1.0)
    net.population("inp", 4, spikes())
    net.population("hidden", 3, hidden)
    net.population("out", 3, neuron("LI"))
    net.connect("inp", "hidden", first, weight=weights(9.0, 1.5), delay=delays(), pattern=some)
    net.connect("hidden", "hidden", synapse("exp"), weight=weights(0.0, 0.4), delay=delays())
    net.connect("hidden", "out", last, weight=weights(0.5, 1.0), delay=delays())
    return make("plastic", net, CrossEntropy(integral("out")), samples=2)


def quadratic() -> Example:
    """QIF: a non-linear flow."""
    hidden = neuron("QIF", tau_mem=learn(10.0), v_th=learn(4.0))
    net = three_layers(hidden, neuron("LI"), drive=2.0)
    return make("quadratic", net, CrossEntropy(integral("out")), linear=False)


def izhikevich() -> Example:
    """Izhikevich's neuron: a non-linear flow with recovery."""
    hidden = neuron("Izhikevich", a=learn(0.02), d=learn(6.0))
    net = three_layers(hidden, neuron("LI"), drive=18.0)
    return make("izhikevich", net, CrossEntropy(integral("out")), linear=False, duration=60.0)


def conductance() -> Example:
    """Synapses whose current depends on the potential, so that an arrival's effect does too."""
    syn = Synapse(
        "conductance",
        flow="dg/dt = -g/tau_s",
        arrival="g = g + w",
        output="g*(E_s - v)",
        parameters={"tau_s": learn(5.0), "E_s": learn(3.0)},
        units={"tau_s": "ms"},
    )
    hidden = neuron("LIF", tau_mem=learn(15.0))
    net = three_layers(hidden, neuron("LI"), syn=syn, drive=0.8)
    return make("conductance", net, CrossEntropy(integral("out")), linear=False)
