"""What may act while a network learns.

A callback is any object derived from :class:`Callback`; it overrides the moments it cares for. It
sees the :class:`Training` in progress and may change the simulator's settings and parameters, the
gradients of the moment and the metrics of the epoch. What a callback remembers it gives as
``state()``, so that a resumed training equals an uninterrupted one bit by bit.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from genprop.train.metrics import Meter

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch
    from genprop.train.history import History
    from genprop.train.surface import Gradients, Trainable

__all__ = ["Callback", "Training"]


@dataclass(slots=True)
class Training:
    """A training in progress.

    Attributes:
        sim: what learns.
        history: the epochs so far.
        epochs: how many there shall be.
        seed: what the order of samples and every augmentation follow from.
        batches: batches per epoch; 0 before the first epoch has shown how many there are.
        epoch: the current epoch, counted from 1.
        batch: batches of this epoch that were learned from.
        step: batches that were learned from since the beginning.
        inputs: the batch that is being learned from; None between batches.
        gradients: its gradients, before the update.
        meter: sums over the current epoch.
        seconds: learning took in the current epoch, before an interruption too.
        metrics: those of the epoch that ends; what a callback adds goes into the history.
        stop: why training shall end after this epoch; empty while it shall go on.
        callbacks: all that take part, in their order.
        writes: whether this process writes files; of the ranks that train together one does.
    """

    sim: Trainable
    history: History
    epochs: int
    seed: int = 0
    batches: int = 0
    epoch: int = 1
    batch: int = 0
    step: int = 0
    inputs: SpikeBatch | None = None
    gradients: Gradients = field(default_factory=dict[str, np.ndarray])
    meter: Meter = field(default_factory=Meter)
    seconds: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    stop: str = ""
    callbacks: tuple[Callback, ...] = ()
    writes: bool = True


class Callback:
    """Does nothing at every moment; derive from it and override what you need."""

    def __repr__(self) -> str:
        given = inspect.signature(type(self).__init__).parameters
        held = {name: getattr(self, name) for name in given if hasattr(self, name)}
        shown = {name: value for name, value in held.items() if not inspect.ismethod(value)}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in shown.items())})"

    def on_train_begin(self, training: Training) -> None:
        """Before the first batch, also of a resumed training; its state is restored after this."""

    def on_batch_begin(self, training: Training) -> None:
        """Before the gradients of a batch are computed."""

    def on_gradients(self, training: Training) -> None:
        """Between gradients and update; ``training.gradients`` may be changed or replaced."""

    def on_batch_end(self, training: Training) -> None:
        """After the update."""

    def on_epoch_end(self, training: Training) -> None:
        """After the last batch and the validation, before the epoch is recorded."""

    def on_record(self, training: Training) -> None:
        """After the epoch was recorded; nothing that learning depends on may change here."""

    def on_interrupt(self, training: Training) -> None:
        """Between two batches, when the user interrupts."""

    def on_train_end(self, training: Training) -> None:
        """After the last epoch."""

    def state(self) -> dict[str, np.ndarray]:
        """All that is remembered, as named arrays."""
        return {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`."""
