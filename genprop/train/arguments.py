"""What may be given to ``fit``; anything else is refused before it begins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from genprop._checks import integer
from genprop.errors import ConfigurationError, DataError
from genprop.train.callbacks import Callback

if TYPE_CHECKING:
    from genprop.train.surface import Dataset, Trainable

__all__ = ["callback_list", "refuse_other_data", "usable"]


def callback_list(callbacks: Iterable[Callback]) -> list[Callback]:
    """The callbacks as a list.

    Raises:
        ConfigurationError: for a single one, or for what is none.
    """
    if isinstance(callbacks, Callback) or not isinstance(callbacks, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(
            f"callbacks are given as a list, not as {callbacks!r:.60}",
            where="fit(callbacks=…)",
            remedy=f"write callbacks=[{type(callbacks).__name__}(…)]",
        )
    given = list(callbacks)
    for one in given:
        if not isinstance(one, Callback):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(
                f"{one!r:.60} is no callback",
                where="fit(callbacks=…)",
                remedy="write a class of your own: class Mine(gp.train.Callback): "
                "def on_epoch_end(self, training): …",
            )
    return given


def usable(
    sim: Trainable, train: Dataset, valid: Dataset | None, epochs: int, seed: int
) -> tuple[int, int]:
    """Epochs and seed; refuses what cannot be trained or learned from.

    Raises:
        ConfigurationError: for a simulator, a number of epochs or a seed that is none.
        DataError: for a data set that is none, or has other channels or classes than ``train``.
    """
    if not callable(getattr(sim, "gradients", None)):
        raise ConfigurationError(
            f"a {type(sim).__name__} cannot be trained",
            where="fit(sim, …)",
            remedy="compile the network: sim = gp.compile(net, loss=…, optimiser=…, …)",
        )
    for name, data in (("train", train), ("valid", valid)):
        if data is not None or name == "train":
            refuse_other_data(sim, data, f"fit({name}=…)")
    numbers = integer(epochs, "fit(epochs=…)"), integer(seed, "fit(seed=…)")
    for what in ("channels", "classes"):
        ours, theirs = getattr(train, what, None), getattr(valid, what, None)
        if None not in (ours, theirs) and ours != theirs:
            raise DataError(
                f"the training data have {ours} {what}, the validation data {theirs}",
                where="fit(train, valid)",
                remedy="give two parts of one data set: train, valid = dataset.split(0.9)",
            )
    return numbers


def refuse_other_data(sim: object, data: object, where: str) -> None:
    """Refuse what is no data set, and one of another number of channels than the network has.

    Raises:
        DataError: naming both numbers.
    """
    if not callable(getattr(data, "batches", None)):
        raise DataError(
            f"a data set was expected, not a {type(data).__name__}",
            where=where,
            remedy="make one: gp.data.Dataset(spikes, classes=…)",
        )
    channels = getattr(data, "channels", None)
    populations = getattr(getattr(sim, "spec", None), "populations", ())
    sources = [p for p in populations if p.neuron is None]
    if channels is not None and len(sources) == 1 and sources[0].size != channels:
        raise DataError(
            f"the data have {channels} channels, population {sources[0].name!r} has "
            f"{sources[0].size}",
            where=where,
            remedy="give the data that the network was described for, or "
            f"net.population({sources[0].name!r}, {channels}, gp.spikes())",
        )
