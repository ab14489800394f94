"""Readouts and losses: what is observed of the network, and what is wanted of it.

Readouts name a file in ``adjoint/readouts``, losses one in ``adjoint/losses``. Losses add up and
take factors: ``gp.CrossEntropy(gp.integral(out, "v")) + 1e-9 * gp.SpikeBudget(hidden, 14)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from genprop.describe.initial import base_number
from genprop.describe.spec import LossTermSpec, ReadoutSpec
from genprop.errors import DescriptionError
from genprop.units import UNITS

if TYPE_CHECKING:
    from genprop.describe.initial import Number
    from genprop.describe.population import Population

__all__ = [
    "CrossEntropy",
    "EarlySpike",
    "FirstSpikeCrossEntropy",
    "Loss",
    "MeanSquare",
    "RelativeMeanSquare",
    "SpikeBudget",
    "final",
    "first_spike",
    "integral",
    "maximum",
    "spike_count",
    "trace",
    "weighted_integral",
]

_TIME = UNITS["ms"].dimension


def integral(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = (1/T) ∫ x dt."""
    return ReadoutSpec("integral", _name(population), state)


def weighted_integral(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = (1/T) ∫ e^{−t/T} x dt: early times count more."""
    return ReadoutSpec("weighted_integral", _name(population), state)


def maximum(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = max over t of x."""
    return ReadoutSpec("maximum", _name(population), state)


def final(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = x(T)."""
    return ReadoutSpec("final", _name(population), state)


def trace(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y(t) = x(t): the loss is averaged over time, (1/T) ∫ loss dt."""
    return ReadoutSpec("trace", _name(population), state)


def first_spike(population: Population | str) -> ReadoutSpec:
    """Y = the time of the first spike [ms], T where there is none."""
    return ReadoutSpec("first_spike", _name(population))


def spike_count(population: Population | str) -> ReadoutSpec:
    """Y = the number of spikes; a count has no gradient, its surrogate is heuristic."""
    return ReadoutSpec("spike_count", _name(population))


def _name(population: Population | str) -> str:
    return population if isinstance(population, str) else population.name


@dataclass(frozen=True, slots=True)
class Loss:
    """A sum of terms, each a coefficient times a loss of one readout; its batch mean counts."""

    terms: tuple[LossTermSpec, ...]

    def __add__(self, other: Loss) -> Loss:
        return Loss(self.terms + other.terms)

    def __radd__(self, zero: int) -> Loss:
        if zero != 0:
            raise DescriptionError(f"{zero!r} cannot be added to a loss")
        return self

    def __mul__(self, factor: float) -> Loss:
        return Loss(
            tuple(replace(t, coefficient=float(factor) * t.coefficient) for t in self.terms)
        )

    __rmul__ = __mul__


def CrossEntropy(readout: ReadoutSpec, *, tau0: Number | None = None) -> Loss:
    """−log softmax(Y)_l, l the label; of first spikes −log softmax(−t/τ0)_l, with ``tau0`` [ms]."""
    timed = readout.kind == "first_spike"
    if timed != (tau0 is not None):
        raise DescriptionError(
            "CrossEntropy takes tau0 exactly when it looks at first spikes",
            remedy="tau0 [ms] is the scale of the times: CrossEntropy(first_spike(out), tau0=2*ms)",
        )
    return _loss("cross_entropy", readout, () if tau0 is None else (_time("tau0", tau0),))


def EarlySpike(readout: ReadoutSpec, alpha: float, tau: Number) -> Loss:
    """A price on late spikes of the label's neuron: α (e^{t_l/τ} − 1), ``tau`` [ms]."""
    _only("EarlySpike", readout, "first_spike")
    return _loss("early_spike", readout, (("alpha", float(alpha)), _time("tau", tau)))


def FirstSpikeCrossEntropy(
    population: Population | str, tau0: Number, alpha: float = 0.0, tau1: Number | None = None
) -> Loss:
    """−log softmax(−t/τ0)_l + α (e^{t_l/τ1} − 1) (Göltz et al. 2021); τ1 is τ0 unless given."""
    readout = first_spike(population)
    loss = CrossEntropy(readout, tau0=tau0)
    if alpha == 0.0:
        return loss
    return loss + EarlySpike(readout, alpha, tau0 if tau1 is None else tau1)


def MeanSquare(readout: ReadoutSpec) -> Loss:
    """½ Σ_j (Y_j − target_j)²; of a trace, averaged over time."""
    return _loss("mean_square", readout, ())


def RelativeMeanSquare(readout: ReadoutSpec, delta: Number) -> Loss:
    """½ Σ_{i≠l} (t_i − t_l − Δ)²: other first spikes follow the label's by ``delta`` [ms]."""
    _only("RelativeMeanSquare", readout, "first_spike")
    return _loss("relative_mean_square", readout, (_time("delta", delta, zero=True),))


def SpikeBudget(population: Population | str, per_trial: float) -> Loss:
    """½ Σ_j (n̄_j − ν)², n̄_j the batch mean of a neuron's spikes per trial; heuristic gradient."""
    if not per_trial >= 0:
        raise DescriptionError(f"SpikeBudget: {per_trial} spikes per trial cannot be")
    readout = ReadoutSpec("mean_count", _name(population))
    return _loss("spike_budget", readout, (("per_trial", float(per_trial)),))


def _loss(kind: str, readout: ReadoutSpec, options: tuple[tuple[str, float], ...]) -> Loss:
    return Loss((LossTermSpec(1.0, kind, readout, options),))


def _only(loss: str, readout: ReadoutSpec, kind: str) -> None:
    if readout.kind != kind:
        raise DescriptionError(
            f"{loss} looks at {kind}, not at {readout.kind}",
            remedy=f"write {loss}(gp.{kind}(population), …)",
        )


def _time(name: str, given: Number, *, zero: bool = False) -> tuple[str, float]:
    """An option that is a time [ms], above 0 unless ``zero`` is allowed."""
    value = base_number(given, _TIME, 1.0, name)
    if value < 0 or (value == 0 and not zero):
        raise DescriptionError(f"{name} must be above 0, not {value:g} ms")
    return name, value
