"""Two channels → two LIF → two LI, weights fixed: delays alone tell which spike was first."""

from __future__ import annotations

import genprop as gp
from genprop import ms


def build(lag: float = 20.0, rate: float = 3.0, longest: float = 40.0) -> gp.Experiment:
    """The experiment.

    Every arrival makes a LIF neuron spike, so that all it can tell is when; its LI neuron rises
    most when spikes coincide. Neuron 0 shall respond to class 0 (channel 0, then 1): that is
    solved by a delay of ``lag`` on the channel that comes first and none on the other. Training
    begins with these the wrong way round, so that each neuron responds to the other's class.

    Args:
        lag: from the first to the second spike [ms].
        rate: of Adam [ms].
        longest: bound of the delays [ms].
    """
    data = gp.data.delay_line(2, lag=lag, duration=100.0)
    net = gp.Network("delay_line")
    source = net.population("input", data.channels, gp.spikes())
    cells = net.population("hidden", data.classes, gp.neuron("LIF", tau_mem=10 * ms))
    out = net.population("out", data.classes, gp.neuron("LI", tau_mem=10 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    worst = gp.learn(gp.values([[0.0, lag], [lag, 0.0]]), min=0 * ms, max=longest * ms)
    net.connect(source, cells, exp, weight=5.0, delay=worst)
    net.connect(cells, out, exp, weight=5.0, pattern=gp.one_to_one())
    return gp.Experiment(
        net=net,
        loss=gp.CrossEntropy(gp.maximum(out, "v")),
        optimiser={"delay": gp.Adam(rate)},
        train=data,
        valid=data,
    )
