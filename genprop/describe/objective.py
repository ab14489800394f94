"""Losses: what is wanted of what a readout observes. Each names a file in ``adjoint/losses``.

Losses add up and take factors:
``gp.CrossEntropy(gp.integral(out, "v")) + 1e-9 * gp.SpikeBudget(hidden, 14)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from genprop._checks import real
from genprop.describe.initial import base_number
from genprop.describe.population import name_of
from genprop.describe.spec import LossTermSpec, ReadoutSpec
from genprop.errors import DescriptionError
from genprop.units import UNITS

if TYPE_CHECKING:
    from genprop.describe.derivation import Penalty
    from genprop.describe.initial import Number
    from genprop.describe.population import Population

__all__ = [
    "CrossEntropy",
    "EarlySpike",
    "FirstSpikeCrossEntropy",
    "Loss",
    "MeanSquare",
    "RelativeMeanSquare",
    "SoftCrossEntropy",
    "SpikeBudget",
]

_TIME = UNITS["ms"].dimension


@dataclass(frozen=True, slots=True)
class Loss:
    """A sum of terms, each a coefficient times a loss of one readout; its batch mean counts.

    ``penalties`` on parameters are added to it once for every batch.
    """

    terms: tuple[LossTermSpec, ...]
    penalties: tuple[Penalty, ...] = ()

    def __repr__(self) -> str:
        parts = [*map(_term, self.terms), *(p.form for p in self.penalties)]
        return "Loss(" + " + ".join(parts) + ")"

    def __add__(self, other: Loss) -> Loss:
        if not isinstance(other, Loss):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DescriptionError(f"{other!r:.60} cannot be added to a loss")
        return Loss(self.terms + other.terms, self.penalties + other.penalties)

    def __radd__(self, zero: int) -> Loss:
        if zero != 0:
            raise DescriptionError(f"{zero!r} cannot be added to a loss")
        return self

    def __mul__(self, factor: float) -> Loss:
        times = real(factor, "the factor of a loss", fault=DescriptionError)
        return Loss(
            tuple(replace(t, coefficient=times * t.coefficient) for t in self.terms),
            tuple(p.scaled(times) for p in self.penalties),
        )

    __rmul__ = __mul__


def _term(term: LossTermSpec) -> str:
    state = f".{term.readout.state}" if term.readout.state else ""
    readout = f"{term.readout.kind}({term.readout.population}{state})"
    return f"{term.coefficient:g} × {term.kind}({readout})"


def CrossEntropy(readout: ReadoutSpec, *, tau0: Number | None = None) -> Loss:
    """L = −log softmax(Y)_l, l the label; of first spikes −log softmax(−t/τ0)_l.

    Batches need labels in [0, n), n neurons of the readout's population; the largest Y (the
    earliest spike) is the predicted class.

    Args:
        readout: ``gp.integral(out)``, ``gp.maximum(out)``, ``gp.first_spike(out)`` …
        tau0: the scale of spike times [ms], for first spikes and only there.

    Raises:
        DescriptionError: for ``tau0`` with another readout, or first spikes without it.
    """
    _refuse_no_readout("CrossEntropy", readout)
    timed = readout.kind == "first_spike"
    if timed != (tau0 is not None):
        raise DescriptionError(
            "CrossEntropy takes tau0 exactly when it looks at first spikes",
            remedy="tau0 [ms] is the scale of the times: CrossEntropy(first_spike(out), tau0=2*ms)",
        )
    return _loss("cross_entropy", readout, () if tau0 is None else (_time("tau0", tau0),))


def SoftCrossEntropy(readout: ReadoutSpec, *, temperature: float = 1.0) -> Loss:
    """L = −T² Σ_j q_j log softmax(Y/T)_j: cross-entropy with soft targets q.

    Batches need ``targets`` ``(batch, n)``, each row the probabilities q of the classes, which a
    teacher gave (:func:`genprop.evaluate` has its scores) or which smooth the labels; without them
    q is 1 at the label. T² keeps the size of gradients, so that it may be added to a CrossEntropy.

    Args:
        readout: of one neuron per class: ``gp.integral(out)``, ``gp.maximum(out)`` …
        temperature: T, above 1 to learn from the teacher's smaller probabilities too.

    Raises:
        DescriptionError: for a temperature that is not above 0, or first spikes.

    Source: Hinton, Vinyals & Dean 2015, arXiv:1503.02531.
    """
    _refuse_no_readout("SoftCrossEntropy", readout)
    if readout.kind == "first_spike":
        raise DescriptionError(
            "SoftCrossEntropy looks at values, not at first spikes",
            remedy="CrossEntropy(gp.first_spike(out), tau0=…), which knows labels only",
        )
    scale = real(temperature, "temperature", above=0.0, fault=DescriptionError)
    return _loss("soft_cross_entropy", readout, (("temperature", scale),))


def EarlySpike(readout: ReadoutSpec, alpha: float, tau: Number) -> Loss:
    """L = α (e^{t_l/τ} − 1): a price on a late first spike of the label's neuron.

    Args:
        readout: ``gp.first_spike(out)``.
        alpha: its weight in the loss.
        tau: the scale of lateness [ms].

    Raises:
        DescriptionError: for another readout, or a τ that is not above 0.

    Source: Göltz et al. 2021, doi:10.1038/s42256-021-00388-x.
    """
    _only("EarlySpike", readout, "first_spike")
    return _loss("early_spike", readout, (("alpha", _price(alpha)), _time("tau", tau)))


def FirstSpikeCrossEntropy(
    population: Population | str, tau0: Number, alpha: float = 0.0, tau1: Number | None = None
) -> Loss:
    """L = −log softmax(−t/τ0)_l + α (e^{t_l/τ1} − 1), t the first spikes, T where there is none.

    Args:
        population: one neuron per class, which spike.
        tau0: the scale of differences between spike times [ms].
        alpha: the price on late spikes; 0 for none.
        tau1: the scale of lateness [ms]; τ0 unless given.

    Raises:
        DescriptionError: for time scales that are not above 0.

    Source: Göltz et al. 2021, doi:10.1038/s42256-021-00388-x.
    """
    readout = ReadoutSpec("first_spike", name_of(population))
    loss = CrossEntropy(readout, tau0=tau0)
    late = EarlySpike(readout, _price(alpha), tau0 if tau1 is None else tau1)
    if alpha == 0.0:
        return loss
    return loss + late


def MeanSquare(readout: ReadoutSpec) -> Loss:
    """L = ½ Σ_j (Y_j − target_j)²; of a trace, averaged over time.

    Batches need ``targets`` ``(batch, n)``, for a trace also ``(batch, steps, n)``, in the unit of
    Y; without them the label's neuron has target 1 and the others 0.

    Args:
        readout: of the neurons that have targets.
    """
    return _loss("mean_square", readout, ())


def RelativeMeanSquare(readout: ReadoutSpec, delta: Number) -> Loss:
    """L = ½ Σ_{i≠l} (t_i − t_l − Δ)²: other first spikes shall follow the label's by Δ.

    Args:
        readout: ``gp.first_spike(out)``.
        delta: Δ [ms], not below 0.

    Raises:
        DescriptionError: for another readout, or a negative Δ.
    """
    _only("RelativeMeanSquare", readout, "first_spike")
    return _loss("relative_mean_square", readout, (_time("delta", delta, zero=True),))


def SpikeBudget(population: Population | str, per_trial: float) -> Loss:
    """L = ½ Σ_j (n̄_j − ν)², n̄_j the batch mean of a neuron's spikes per trial.

    Its gradient is heuristic (a count has none): every spike moves the adjoint by n̄_j − ν. It
    tames neurons that fire too much, and cannot wake a silent one.

    Args:
        population: neurons that spike.
        per_trial: ν, the spikes per trial and neuron that are wanted.

    Raises:
        DescriptionError: for a negative ν.

    Source: the regulariser of Nowotny, Turner & Knight 2022, arXiv:2212.01232.
    """
    wanted = real(per_trial, "SpikeBudget(per_trial=…)", least=0.0, fault=DescriptionError)
    readout = ReadoutSpec("mean_count", name_of(population))
    return _loss("spike_budget", readout, (("per_trial", wanted),))


def _refuse_no_readout(loss: str, readout: object) -> None:
    if not isinstance(readout, ReadoutSpec):
        raise DescriptionError(
            f"{loss} looks at a readout, not at {readout!r:.60}",
            remedy=f'write {loss}(gp.integral("out"))',
        )


def _loss(kind: str, readout: ReadoutSpec, options: tuple[tuple[str, float], ...]) -> Loss:
    _refuse_no_readout(kind, readout)
    return Loss((LossTermSpec(1.0, kind, readout, options),))


def _only(loss: str, readout: ReadoutSpec, kind: str) -> None:
    _refuse_no_readout(loss, readout)
    if readout.kind != kind:
        raise DescriptionError(
            f"{loss} looks at {kind}, not at {readout.kind}",
            remedy=f"write {loss}(gp.{kind}(population), …)",
        )


def _price(alpha: float) -> float:
    return real(alpha, "alpha", fault=DescriptionError)


def _time(name: str, given: Number, *, zero: bool = False) -> tuple[str, float]:
    """An option that is a time [ms], above 0 unless ``zero`` is allowed."""
    value = base_number(given, _TIME, 1.0, name)
    if value < 0 or (value == 0 and not zero):
        raise DescriptionError(f"{name} must be above 0, not {value:g} ms")
    return name, value
