"""Learning a dictionary by the local rule of its code: residual times coefficient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import numpy as np

from genprop._checks import real
from genprop.data.graded import GradedBatch
from genprop.errors import ConfigurationError
from genprop.train.callbacks import Callback, Training

if TYPE_CHECKING:
    from genprop.backends.graded import GradedOutcome
    from genprop.train.surface import Trainable

__all__ = ["TwoFactor"]


class TwoFactor(Callback):
    """Reconstruction of the input: the two-factor rule, beside the gradient of the loss or alone.

        ∂/∂D min_a (½‖x − Da‖² + penalty(a)) = −(x − Da) aᵀ,   mean of the batch

    which is local to a synapse: what the code leaves of its sender, times what its receiver sends.
    At the fixed point it is the whole gradient of the objective, since the code minimises it.
    ``strength`` times it is added to the gradient of the dictionary, and history has
    ``<name>.residual``, the mean of ½‖x − Da‖².

    Args:
        strength: factor of the objective beside the loss.
        dictionary: the flat name of the weights D (dim, atoms), from a source to the atoms.
        code: what of the atoms the code is, ``"population.value"``.
        alone: whether the dictionary learns by nothing else.
        name: of its metric.

    Source: Olshausen & Field (1997), doi:10.1016/S0042-6989(97)00169-7; the gradient of a minimum
    is that of its objective with the minimiser held.
    """

    def __init__(
        self,
        strength: float = 1.0,
        dictionary: str = "x->atoms.weight",
        code: str = "atoms.a",
        alone: bool = False,
        name: str = "reconstruction",
    ) -> None:
        self.strength = real(strength, "TwoFactor(strength=…)", least=0.0)
        self.dictionary, self.code, self.alone, self.name = dictionary, code, alone, name
        self._sums = np.zeros(2)

    def on_train_begin(self, training: Training) -> None:
        """Refuse a dictionary that is not learned, and a code that is not what it feeds."""
        self._sums[:] = 0.0
        sim = training.sim
        projection = next(
            (p for p in sim.spec.projections if p.weight.name == self.dictionary), None
        )
        learned = {p.name for p in sim.spec.leaf_parameters() if p.learned}
        if (
            projection is None
            or self.dictionary not in learned
            or projection.pattern.kind != "dense"
        ):
            raise ConfigurationError(
                f"{self.dictionary!r:.60} are no dense weights that are learned",
                where="TwoFactor(dictionary=…)",
                remedy="name those from the source to the atoms: 'x->atoms.weight'",
            )
        population, _, value = self.code.rpartition(".")
        if population != projection.post or value not in sim.spec.population(population).sends:
            raise ConfigurationError(
                f"{self.code!r:.60} is nothing that the receivers of {self.dictionary} send",
                where="TwoFactor(code=…)",
                remedy=f"name what they send, such as '{projection.post}.a'",
            )

    def on_gradients(self, training: Training) -> None:
        """Add the rule to the gradient."""
        found, batch = cast("GradedOutcome", training.sim.last), training.inputs
        dictionary = np.asarray(training.sim.parameters[self.dictionary])
        code = found.recorded[self.code]
        source = self._source(training.sim)
        assert isinstance(batch, GradedBatch)  # no other has a code
        x = batch.values_of(source)
        missing = x - code @ dictionary.T
        rule = missing.T @ code * (-self.strength / len(x))
        given = 0.0 if self.alone else training.gradients[self.dictionary]
        training.gradients[self.dictionary] = given + rule
        self._sums += 0.5 * float(np.sum(missing * missing)), len(x)

    def on_epoch_end(self, training: Training) -> None:
        """Report the residual."""
        total, samples = self._sums
        training.metrics[f"{self.name}.residual"] = float(total / max(samples, 1.0))
        self._sums[:] = 0.0

    def state(self) -> dict[str, np.ndarray]:
        """The sums of the epoch."""
        return {"sums": self._sums.copy()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`."""
        self._sums = np.array(state["sums"], np.float64).reshape(2)

    def _source(self, sim: Trainable) -> str:
        return next(p.pre for p in sim.spec.projections if p.weight.name == self.dictionary)
