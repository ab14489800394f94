"""Reviving silent neurons: a spike count has no gradient that could."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import real
from genprop._reading import as_integers
from genprop.errors import CheckpointError, ConfigurationError, did_you_mean
from genprop.train.callbacks import Callback, Training

if TYPE_CHECKING:
    from genprop.describe.spec import ProjectionSpec

__all__ = ["ReviveSilent"]


class ReviveSilent(Callback):
    """Raises the learned incoming weights of neurons that were silent for a whole epoch.

    w_ij ← min(w_ij + amount, maximum) for every input i of a silent neuron j, before the next epoch
    begins: what was validated and saved is what was learned. Weights that a stage derives stay. How
    many neurons that concerns is the metric ``revived.<population>``.

    Args:
        amount: what is added, in the unit of the weights.
        populations: which; by default all that spike.
    """

    def __init__(self, amount: float = 0.002, populations: Sequence[str] | str = ()) -> None:
        self.amount = real(amount, "ReviveSilent(amount=…)")
        self.populations = (populations,) if isinstance(populations, str) else tuple(populations)
        self._silent: dict[str, np.ndarray] = {}

    def on_train_begin(self, training: Training) -> None:
        """Refuse populations that do not exist or do not spike."""
        known = self._spiking(training)
        for name in self.populations:
            if name not in known:
                raise ConfigurationError(
                    f"no population that spikes is called {name!r}",
                    where="ReviveSilent(populations=…)",
                    remedy=did_you_mean(name, known),
                )

    def on_epoch_end(self, training: Training) -> None:
        """Find the neurons that were silent."""
        self._silent = {}
        for name in self.populations or self._spiking(training):
            if name in training.meter.spikes:
                silent = np.flatnonzero(training.meter.spikes[name] == 0)
                self._silent[name] = silent
                training.metrics[f"revived.{name}"] = float(len(silent))

    def on_batch_begin(self, training: Training) -> None:
        """Raise the weights into neurons that were silent in the epoch before."""
        for name, silent in self._silent.items():
            size = training.sim.spec.population(name).size
            if not np.all((silent >= 0) & (silent < size)):
                raise CheckpointError(
                    f"the checkpoint names silent neurons that {name} does not have",
                    remedy="take another checkpoint, or train again",
                )
            for projection in self._into(training, name) if len(silent) else ():
                self._raise(training, projection, silent)
        self._silent = {}

    def state(self) -> dict[str, np.ndarray]:
        """The neurons that were silent in the epoch before, and the amount."""
        own = {f"silent/{name}": silent for name, silent in self._silent.items()}
        return own | {"amount": np.array(self.amount)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`."""
        self._silent = {
            name.removeprefix("silent/"): as_integers(silent.ravel(), name)
            for name, silent in state.items()
            if name.startswith("silent/")
        }

    def _spiking(self, training: Training) -> list[str]:
        populations = training.sim.spec.populations
        return [p.name for p in populations if p.neuron is not None and p.neuron.spike is not None]

    def _into(self, training: Training, population: str) -> Iterator[ProjectionSpec]:
        for projection in training.sim.spec.projections:
            own = projection.weight.name in training.sim.parameters  # not derived by a stage
            if projection.post == population and projection.weight.learned and own:
                yield projection

    def _raise(self, training: Training, projection: ProjectionSpec, silent: np.ndarray) -> None:
        """Add to the incoming weights of ``silent``: columns of (pre, post), entries of (nnz,)."""
        weights = np.array(training.sim.parameters[projection.weight.name])
        if projection.pattern.kind == "dense":
            chosen = (slice(None), silent)
        else:
            column = training.sim.topology[projection.name].column
            chosen = np.flatnonzero(np.isin(column, silent))
        top = np.inf if projection.weight.maximum is None else projection.weight.maximum
        weights[chosen] = np.minimum(weights[chosen] + self.amount, top)
        training.sim.parameters[projection.weight.name] = weights
