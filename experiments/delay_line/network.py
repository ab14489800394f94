"""Two channels → two LIF → two LI, weights fixed: delays alone tell which spike was first."""

from __future__ import annotations

import genprop as gp
from genprop import ms


def build(
    lag: float = 20.0, rate: float = 3.0, longest: float = 40.0, positions: bool = False
) -> gp.Experiment:
    """The experiment.

    Every arrival makes a LIF neuron spike, so that all it can tell is when; its LI neuron rises
    most when spikes coincide. Neuron 0 shall respond to class 0 (channel 0, then 1): that is
    solved by a delay of ``lag`` on the channel that comes first and none on the other. Training
    begins with these the wrong way round, so that each neuron responds to the other's class.

    Args:
        lag: from the first to the second spike [ms].
        rate: of Adam [ms].
        longest: bound of the delays [ms].
        positions: whether delays are the distances of learned positions in the plane, which begin
            where these are the wrong delays; each neuron 0.1 beside its channel, since a distance
            of nought has no slope.
    """
    data = gp.data.delay_line(2, lag=lag, duration=100.0)
    net = gp.Network("delay_line")
    ends = [[[0.0, 0.0], [lag, 0.0]], [[0.0, 0.1], [lag, -0.1]]] if positions else [None, None]
    at, beside = (None if end is None else gp.learn(gp.values(end)) for end in ends)
    source = net.population("input", data.channels, gp.spikes(), position=at)
    lif = gp.neuron("LIF", tau_mem=10 * ms)
    cells = net.population("hidden", data.classes, lif, position=beside)
    out = net.population("out", data.classes, gp.neuron("LI", tau_mem=10 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    worst = gp.learn(gp.values([[0.0, lag], [lag, 0.0]]), min=0 * ms, max=longest * ms)
    delay = gp.distance(max=longest * ms) if positions else worst
    net.connect(source, cells, exp, weight=5.0, delay=delay)
    net.connect(cells, out, exp, weight=5.0, pattern=gp.one_to_one())
    return gp.Experiment(
        net=net,
        loss=gp.CrossEntropy(gp.maximum(out, "v")),
        optimiser={"position" if positions else "delay": gp.Adam(rate)},
        train=data,
        valid=data,
    )
