"""Braille letters under a fingertip of 12 taxels → hidden → readout with weights that move in time.

Hidden are leaky integrators that fire; they may have a second dendrite.
"""

from __future__ import annotations

import genprop as gp
from genprop import ms
from genprop.errors import ConfigurationError, did_you_mean

STEP = 5.0
"""The clock of the recordings [ms]."""

LONGEST = 62 * STEP
"""Bound of the delays [ms]."""

LEGENDRE = ("1", "x", "(3*x**2 - 1)/2", "(5*x**3 - 3*x)/2")
"""Legendre's polynomials of x, orthogonal on [−1, 1]."""

TAU = 60 * ms
"""Of hidden neurons and of all synapses."""


def cell(kind: str) -> gp.Neuron:
    """A hidden neuron, v_th = 1.

    ============== ===================================== ============
    kind           between spikes                        at a spike
    ============== ===================================== ============
    "lif"          τ dv/dt = I − v                       v ← 0
    "subtractive"  τ dv/dt = I − v                       v ← v − v_th
    "dendritic"    τ dv/dt = I (1 + J) − v               v ← 0
    ============== ===================================== ============

    A subtractive neuron keeps what was above the threshold at the end of a step. J is the current
    of a second dendrite, which multiplies that of the first.
    """
    if kind == "lif":
        return gp.neuron("LIF", tau_mem=TAU)
    drives = {"subtractive": "I", "dendritic": "I*(1 + J)"}
    if kind not in drives:
        raise ConfigurationError(
            f"there are no {kind!r} cells", remedy=did_you_mean(kind, ("lif", *drives))
        )
    return gp.Neuron(
        kind,
        flow=f"dv/dt = ({drives[kind]} - v)/tau_mem",
        spike="v > v_th",
        reset="v = 0" if kind == "dendritic" else "v = v - v_th",
        parameters={"tau_mem": TAU, "v_th": 1.0},
        inputs=("I", "J") if kind == "dendritic" else ("I",),
    )


def second_dendrite() -> gp.Synapse:
    """Alpha-shaped, so that J has no jumps where an event arrives."""
    return gp.Synapse(
        "second_dendrite",
        flow="dJ/dt = (x - J)/tau;  dx/dt = -x/tau",
        arrival="x = x + w",
        output="J",
        input="J",
        parameters={"tau": TAU},
    )


def current(k: int) -> gp.Synapse:
    """An exponential current into input k of the readout."""
    return gp.Synapse(
        f"exp{k}",
        flow="dI/dt = -I/tau",
        arrival="I = I + w",
        output="I",
        input=f"I{k}",
        parameters={"tau": TAU},
    )


def readout(degree: int, trial: float) -> gp.Neuron:
    """A leaky integrator of Σ_k P_k(x) I_k, where x runs from −1 to 1 in the course of the trial.

    Input k has weights of its own, so that a spike of neuron i at time t counts with
    w_i(t) = Σ_k w_ik P_k(2t/T − 1).
    """
    terms = " + ".join(f"I{k}*({p})" for k, p in enumerate(LEGENDRE[: degree + 1]))
    return gp.Neuron(
        "moving readout",
        flow=f"dv/dt = ({terms} - v)/tau_mem;  dx/dt = 2/trial",
        parameters={"tau_mem": 100 * ms, "trial": trial * ms},
        inputs=tuple(f"I{k}" for k in range(degree + 1)),
        initial={"x": -1.0},
    )


def build(
    seed: int,
    data: str = "braille7_events.npz",
    hidden: int = 128,
    taps: int = 3,
    degree: int = 3,
    cells: str = "lif",
    recurrent: bool = False,
    weight_rate: float = 3e-3,
    out_rate: float = 0.03,
    delay_rate: float = 5.0,
    decay: float = 0.03,
    stretch: float = 0.15,
    shift: float = 60.0,
    drop: float = 0.15,
    valid: float = 0.1,
) -> gp.Experiment:
    """The experiment.

    Args:
        seed: of the validation part and of the initial parameters.
        data: the file; a relative one is looked for in ``$GENPROP_DATA`` too.
        hidden: how many hidden neurons.
        taps: how many synapses, each with a delay of its own, join an input to a neuron.
        degree: of the readout's weights as polynomials of time, at most 3.
        cells: of which kind they are, see :func:`cell`.
        recurrent: whether hidden neurons are connected with each other.
        weight_rate: of AdamW, for input and recurrent weights.
        out_rate: of AdamW, for readout weights.
        delay_rate: of Adam, for delays [ms].
        decay: of weights, per unit of their rate.
        stretch: augmentation by playing a letter faster or slower, by up to this fraction.
        shift: augmentation by playing it earlier or later, by up to so much [ms].
        drop: augmentation by leaving out this fraction of the events.
        valid: fraction of what is not for testing that is for validation; 0 for none.
    """
    train, validation, test = gp.data.braille(data, valid=valid, seed=seed)
    train = train.with_augment(gp.data.Warp(stretch, shift), gp.data.Drop(drop))
    net = gp.Network("braille7")
    source = net.population("input", train.channels, gp.spikes())
    inner = net.population("hidden", hidden, cell(cells))
    out = net.population("out", train.classes, readout(degree, train.duration))
    exp = gp.synapse("exp", tau=TAU)
    delay = gp.learn(gp.uniform(0 * ms, 300 * ms), max=LONGEST * ms)
    optimiser = {"weight": gp.AdamW(weight_rate, decay), "delay": gp.Adam(delay_rate)}
    for tap in range(taps):
        weight = gp.learn(gp.normal(0.03, 0.3 / taps**0.5))
        net.connect(source, inner, exp, weight=weight, delay=delay, name=f"tap{tap}")
    if cells == "dendritic":
        for tap in range(2):
            weight = gp.learn(gp.normal(0.0, 0.14))
            net.connect(
                source, inner, second_dendrite(), weight=weight, delay=delay, name=f"dendrite{tap}"
            )
    if recurrent:
        net.connect(inner, inner, exp, weight=gp.learn(gp.normal(0.0, 0.05)), delay=delay)
    for k in range(degree + 1):
        weight = gp.learn(gp.normal(0.0, 0.05))
        net.connect(inner, out, current(k), weight=weight, name=f"out{k}")
        optimiser[f"out{k}.weight"] = gp.AdamW(out_rate, decay)
    return gp.Experiment(
        net=net,
        loss=gp.CrossEntropy(gp.integral(out, "v")),
        optimiser=optimiser,
        train=train,
        valid=validation if len(validation) else None,
        test=test,
    )
