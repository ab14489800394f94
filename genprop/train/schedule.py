"""Learning rates that change while a network learns.

A schedule multiplies the rate of the chosen parameters by a factor, on top of what other schedules
and the user's own code do to ``sim.settings``. Factors count batches or epochs from 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from genprop._checks import integer, real
from genprop.train.callbacks import Callback, Training
from genprop.train.selection import Selection

__all__ = ["Cosine", "Exponential", "ExponentialWarmup", "Schedule"]


class Schedule(Callback):
    """Base of all schedules: before each batch, the rate is multiplied by :meth:`factor`.

    Args:
        parameters: which, by flat name, name in the model or role; by default all that are learned.
    """

    def __init__(self, parameters: Sequence[str] | str = ()) -> None:
        self.chosen = Selection(parameters)
        self.applied = 1.0
        self._base: dict[str, tuple[float, float]] = {}

    def factor(self, training: Training) -> float:
        """What the rate is multiplied by at this batch, above 0."""
        raise NotImplementedError

    def on_train_begin(self, training: Training) -> None:
        """Refuse parameters that do not exist."""
        self.chosen.of(training.sim)

    def on_batch_begin(self, training: Training) -> None:
        """Set the rates."""
        factor = max(self.factor(training), 1e-12)
        if factor == self.applied:
            return
        for name in self.chosen.of(training.sim):
            settings = training.sim.settings[name]
            base, rate = self._base.get(name, (0.0, 0.0))
            if not base or rate != settings["rate"]:  # someone else has changed it
                base = settings["rate"] / self.applied
            settings["rate"] = base * factor
            self._base[name] = base, settings["rate"]
        self.applied = factor

    def on_epoch_end(self, training: Training) -> None:
        """Report the rates of the last batch, ``rate.<parameter>``."""
        for name in self.chosen.of(training.sim):
            training.metrics[f"rate.{name}"] = training.sim.settings[name]["rate"]

    def state(self) -> dict[str, np.ndarray]:
        """The factor that is in force, and the rates without and with it."""
        own = {f"base/{name}": np.array(rates) for name, rates in self._base.items()}
        return own | {"applied": np.array(self.applied)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`."""
        self.applied = float(state["applied"])
        for path, rates in state.items():
            if path.startswith("base/"):
                self._base[path.removeprefix("base/")] = float(rates[0]), float(rates[1])


class ExponentialWarmup(Schedule):
    """Exponential warm-up: factor start^(1 − n/batches) for the first ``batches`` batches, then 1.

    Args:
        batches: after how many the full rate is reached.
        start: the factor of the first batch.
        parameters: see :class:`Schedule`.
    """

    def __init__(
        self, batches: int, start: float = 1e-3, parameters: Sequence[str] | str = ()
    ) -> None:
        super().__init__(parameters)
        self.batches = integer(batches, "ExponentialWarmup(batches=…)", least=1)
        self.start = real(start, "ExponentialWarmup(start=…)", above=0.0)

    def factor(self, training: Training) -> float:
        """At batch n, start^(1 − n/batches)."""
        return self.start ** max(1.0 - training.step / self.batches, 0.0)


class Exponential(Schedule):
    """Factor decay^epoch.

    Args:
        decay: from one epoch to the next.
        parameters: see :class:`Schedule`.
    """

    def __init__(self, decay: float, parameters: Sequence[str] | str = ()) -> None:
        super().__init__(parameters)
        self.decay = real(decay, "Exponential(decay=…)", above=0.0)

    def factor(self, training: Training) -> float:
        """At epoch n, decay^n."""
        return self.decay ** (training.epoch - 1)


class Cosine(Schedule):
    """Half a cosine from 1 to ``final`` over the whole training, batch by batch.

    Args:
        final: the factor at the end.
        epochs: over how many epochs; by default all.
        parameters: see :class:`Schedule`.

    Source: Loshchilov & Hutter 2017 (arXiv 1608.03983), eq. 5 without restarts.
    """

    def __init__(
        self, final: float = 0.0, epochs: int = 0, parameters: Sequence[str] | str = ()
    ) -> None:
        super().__init__(parameters)
        self.final = real(final, "Cosine(final=…)", least=0.0)
        self.epochs = integer(epochs, "Cosine(epochs=…)")

    def factor(self, training: Training) -> float:
        """With x the fraction of the batches that are done, final + (1 − final)(1 + cos πx)/2."""
        total = (self.epochs or training.epochs) * max(training.batches, 1)
        done = min(training.step / total, 1.0)
        return self.final + (1.0 - self.final) * 0.5 * (1.0 + math.cos(math.pi * done))
