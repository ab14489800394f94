"""The callbacks that a train.toml can ask for, by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING

from genprop.errors import ConfigurationError, did_you_mean
from genprop.train.clip import Clip
from genprop.train.plateau import DualEMAPlateau, Plateau
from genprop.train.revive import ReviveSilent
from genprop.train.schedule import Cosine, Exponential, ExponentialWarmup
from genprop.train.sharpness import Sharpness
from genprop.train.stopping import EarlyStopping
from genprop.train.tensorboard import TensorBoard

if TYPE_CHECKING:
    from genprop.experiment.config import Config
    from genprop.train.callbacks import Callback

__all__ = ["CALLBACKS", "make_callbacks"]

CALLBACKS: Mapping[str, type[Callback]] = {
    "revive_silent": ReviveSilent,
    "clip": Clip,
    "cosine": Cosine,
    "early_stopping": EarlyStopping,
    "exponential_warmup": ExponentialWarmup,
    "exponential": Exponential,
    "plateau": Plateau,
    "sharpness": Sharpness,
    "tensorboard": TensorBoard,
    "dual_ema_plateau": DualEMAPlateau,
}
"""What ``[callbacks.<name>]`` makes; its keys are the arguments of the class."""


def make_callbacks(config: Config) -> list[Callback]:
    """The callbacks of [callbacks], in the order of the file.

    Raises:
        ConfigurationError: for unknown callbacks or settings, with "did you mean" and the line.
    """
    made: list[Callback] = []
    for name, settings in config.callbacks.items():
        if name not in CALLBACKS:
            raise ConfigurationError(
                f"there is no callback {name!r}",
                where=config.place("callbacks", name),
                remedy=did_you_mean(name, CALLBACKS),
            )
        if not isinstance(settings, Mapping):
            raise ConfigurationError(
                f"callbacks.{name} is a table",
                where=config.place("callbacks", name),
                remedy=f"write [callbacks.{name}] and its settings below it",
            )
        made.append(_made(name, {str(k): v for k, v in settings.items()}, config))
    return made


def _made(name: str, settings: dict[str, object], config: Config) -> Callback:
    kind = CALLBACKS[name]
    known = inspect.signature(kind).parameters
    for key in settings:
        if key not in known:
            raise ConfigurationError(
                f"the callback {name!r} has no setting {key!r}",
                where=config.place("callbacks", name, key),
                remedy=did_you_mean(key, known),
            )
    try:
        return kind(**settings)
    except TypeError as fault:
        raise ConfigurationError(
            f"the callback {name!r} cannot be made: {fault}", where=config.place("callbacks", name)
        ) from None
