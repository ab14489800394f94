"""Random networks for the exact clock: 16 kinds, each with two readouts, and any number of draws.

The features of a kind follow from its number, the numbers of a network from the number of its draw.
No network is chosen or left out: a comparison over ``KINDS`` and ``range(n)`` draws sees all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.adjoint.readouts.final import final
from genprop.adjoint.readouts.first_spike import first_spike
from genprop.adjoint.readouts.integral import integral
from genprop.adjoint.readouts.maximum import maximum
from genprop.adjoint.readouts.spike_count import spike_count
from genprop.adjoint.readouts.trace import trace
from genprop.adjoint.readouts.weighted_integral import weighted_integral
from genprop.data.spikes import SpikeBatch
from genprop.describe.initial import Learn, learn, values
from genprop.describe.network import Network
from genprop.describe.neuron import Neuron, neuron, spikes
from genprop.describe.objective import CrossEntropy, EarlySpike, FirstSpikeCrossEntropy, MeanSquare
from genprop.describe.pattern import sparse
from genprop.describe.synapse import synapse

if TYPE_CHECKING:
    from genprop.describe.objective import Loss

__all__ = ["DURATION", "KINDS", "Draw", "RandomNetwork"]

DURATION = 40.0
"""Of every trial [ms]."""
_INPUTS, _HIDDEN, _OUT = 5, 6, 3
_SAMPLES, _SPIKES, _LAST_INPUT = 2, 14, 32.0
_TIME_CONSTANTS = ((20.0, 5.0), (10.0, 10.0), (10.0, 5.0), (6.0, 12.0))
_READOUTS = (
    "integral",
    "weighted_integral",
    "maximum",
    "final",
    "trace",
    "first_spike",
    "spike_count",
    "early_spike",
)
_SPIKING = ("first_spike", "spike_count", "early_spike")
_LONGEST_DELAY, _SHORT_DELAY = 15.0, 0.4


@dataclass(frozen=True, slots=True)
class Draw:
    """The numbers of one network.

    Attributes:
        parameters: by flat name, in base units.
        inputs: per sample, spike times [ms] and channels of the input.
        labels: (batch,).
        targets: (batch, 3), for readouts that have one number per neuron; None where labels do.
    """

    parameters: Mapping[str, np.ndarray]
    inputs: tuple[tuple[np.ndarray, np.ndarray], ...]
    labels: np.ndarray
    targets: np.ndarray | None

    def batch(self) -> SpikeBatch:
        """The samples as data."""
        return SpikeBatch.from_events(
            self.inputs,
            channels=_INPUTS,
            duration=DURATION,
            labels=self.labels,
            targets=self.targets,
        )


@dataclass(frozen=True, slots=True)
class RandomNetwork:
    """Kind ``number`` (0 … 15) with one of its two readouts (``variant`` 0 or 1).

    The bits of the number: recurrent or not, one of four pairs of time constants, refractory or
    not. All that learns does: weights, delays, time constants, thresholds, reset potentials and
    refractory periods.
    """

    number: int
    variant: int

    def __str__(self) -> str:
        words = [self.readout, "recurrent" if self.recurrent else "feed-forward"]
        words += ["tau {:g}/{:g}".format(*self.time_constants)]
        words += ["refractory"] * self.refractory
        words += ["spiking outputs"] * self.spiking + ["per neuron"] * self.per_neuron
        words += ["sparse"] * self.sparse
        return f"{self.number}{'ab'[self.variant]}: {', '.join(words)}"

    @property
    def readout(self) -> str:
        """What the loss reads; over all kinds each occurs with and without every feature."""
        return _READOUTS[(5 * self.number + self.number // 8 + 3 * self.variant) % len(_READOUTS)]

    @property
    def recurrent(self) -> bool:
        """Whether hidden neurons drive each other."""
        return bool(self.number & 1)

    @property
    def time_constants(self) -> tuple[float, float]:
        """τ_mem and τ_syn [ms] before the draw."""
        return _TIME_CONSTANTS[self.number >> 1 & 3]

    @property
    def refractory(self) -> bool:
        """Whether spiking neurons are refractory."""
        return bool(self.number >> 3)

    @property
    def per_neuron(self) -> bool:
        """Whether each neuron has parameters of its own."""
        return bool(self._combination & 1)

    @property
    def sparse(self) -> bool:
        """Whether hidden synapses exist with a probability."""
        return bool(self._combination >> 1)

    @property
    def _combination(self) -> int:
        """Of the four networks with this readout each has another one."""
        same = [k for k in KINDS if k.readout == self.readout]
        return (same.index(self) + _READOUTS.index(self.readout)) % 4

    @property
    def spiking(self) -> bool:
        """Whether the outputs spike."""
        return self.readout in _SPIKING or bool((self.number ^ self.number >> 3) & 1)

    @property
    def loss(self) -> Loss:
        """Of the kind's readout."""
        state = {
            "integral": lambda: CrossEntropy(integral("out")),
            "weighted_integral": lambda: CrossEntropy(weighted_integral("out")),
            "maximum": lambda: CrossEntropy(maximum("out")),
            "final": lambda: MeanSquare(final("out")),
            "trace": lambda: CrossEntropy(trace("out")) + 0.5 * MeanSquare(trace("out")),
            "first_spike": lambda: CrossEntropy(first_spike("out"), tau0=4.0),
            "spike_count": lambda: CrossEntropy(spike_count("out")),
            "early_spike": lambda: (
                FirstSpikeCrossEntropy("out", 4.0) + EarlySpike(first_spike("out"), 0.2, 20.0)
            ),
        }
        return state[self.readout]()

    def network(self) -> Network:
        """The description; its numbers come from a draw."""
        net, syn = Network(f"kind-{self.number}{'ab'[self.variant]}"), None
        net.population("inp", _INPUTS, spikes())
        hidden = self._cell(_HIDDEN, spiking=True)
        net.population("hidden", _HIDDEN, hidden)
        net.population(
            "out", _OUT, self._cell(_OUT, spiking=self.spiking, fixed=self.readout == "maximum")
        )
        pairs = [("inp", "hidden"), ("hidden", "out")]
        pairs += [("hidden", "hidden")] if self.recurrent else []
        for pre, post in pairs:
            size = _OUT if post == "out" else _HIDDEN
            syn = synapse("exp", tau=self._learned(5.0, size))
            pattern = sparse(0.6, seed=self.number) if self.sparse and pre == "hidden" else None
            delay = learn(0.0, max=_LONGEST_DELAY)
            net.connect(pre, post, syn, weight=learn(0.0), delay=delay, pattern=pattern)
        return net

    def draw(self, number: int) -> Draw:
        """The numbers of draw ``number``."""
        rng = np.random.default_rng([self.number, self.variant, number])
        spec = self.network().freeze(self.loss)
        parameters = {p.name: self._value(p.name, p.shape, number, rng) for p in spec.parameters()}
        if (number >> 1 ^ self.number) & 1:  # half of them reset to 0
            parameters |= {n: 0 * x for n, x in parameters.items() if n.endswith(".v_reset")}
        inputs = tuple(
            (np.sort(rng.uniform(0, _LAST_INPUT, _SPIKES)), rng.integers(0, _INPUTS, _SPIKES))
            for _ in range(_SAMPLES)
        )
        targets = rng.normal(size=(_SAMPLES, _OUT)) if self.readout in ("final", "trace") else None
        return Draw(parameters, inputs, rng.integers(0, _OUT, _SAMPLES), targets)

    def _cell(self, size: int, *, spiking: bool, fixed: bool = False) -> Neuron:
        """A neuron; its threshold does not learn where ``fixed``, as where a maximum may be it."""
        if not spiking:
            return neuron("LI", tau_mem=self._learned(20.0, size))
        period = self._learned(1.0, size) if self.refractory else 0.0
        return neuron(
            "LIF",
            tau_mem=self._learned(20.0, size),
            v_th=1.0 if fixed else self._learned(1.0, size),
            v_reset=self._learned(0.0, size),
            tau_ref=period,
        )

    def _learned(self, value: float, size: int) -> Learn:
        return learn(values(np.full(size, value)) if self.per_neuron else value)

    def _value(
        self, name: str, shape: tuple[int, ...], number: int, rng: np.random.Generator
    ) -> np.ndarray:
        tau_mem, tau_syn = self.time_constants
        peak = _highest(tau_mem, tau_syn)
        what = name.rsplit(".", 1)[1]
        spread = rng.uniform(0.8, 1.25, shape) if self.per_neuron else np.ones(shape)
        if what == "weight":
            mean = 0.0 if name.startswith("hidden->hidden") else 0.22
            return rng.normal(mean, 0.1, shape) / peak
        if what == "delay":
            return _delays(number, shape, rng)
        table = {
            "tau_mem": tau_mem * spread,
            "tau": tau_syn * spread,
            "v_th": rng.uniform(0.9, 1.1, shape),
            "v_reset": rng.uniform(-0.5, 0.4, shape),
            "tau_ref": rng.uniform(0.3, 4.0, shape) if self.refractory else np.zeros(shape),
        }
        return np.asarray(table[what])


def _delays(number: int, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """By the draw: none, short ones (below most dt), long ones, or all of these [ms]."""
    short, long = rng.uniform(0, _SHORT_DELAY, shape), rng.uniform(0, _LONGEST_DELAY, shape)
    which = np.full(shape, number % 4) if number % 4 < 3 else rng.integers(0, 3, shape)
    return np.select([which == 0, which == 1], [np.zeros(shape), short], long)


def _highest(tau_mem: float, tau_syn: float) -> float:
    """The highest point of the potential after one spike of weight 1."""
    if tau_mem == tau_syn:
        return math.exp(-1.0)
    ratio = tau_mem / tau_syn
    time = math.log(ratio) * tau_mem / (ratio - 1.0)
    scale = tau_syn / (tau_mem - tau_syn)
    return scale * (math.exp(-time / tau_mem) - math.exp(-time / tau_syn))


KINDS: tuple[RandomNetwork, ...] = tuple(RandomNetwork(k, j) for k in range(16) for j in (0, 1))
"""All kinds with both readouts."""
