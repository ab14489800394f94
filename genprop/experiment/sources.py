"""The data sets that [data] of a train.toml names.

::

    [data]
    source = "from_audio"       # a function of gp.data; the other keys are its arguments
    sounds = "recordings"
    valid = 0.1                 # fractions for validation and for testing, where it gives one set:
    test = 0.2                  # of every class, drawn by the seed

    [data.front_end]
    channels = 64

A source that gives a training and a test set has ``valid`` taken from the first; one that gives all
three takes its own ``valid`` and ``seed``.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from genprop._checks import is_one_of
from genprop.data.dataset import Dataset
from genprop.errors import ConfigurationError, DataError, did_you_mean

if TYPE_CHECKING:
    from genprop.experiment.config import Config

__all__ = ["SOURCES", "data_sets"]

SOURCES = (
    "braille",
    "delay_line",
    "digits",
    "dvs_gesture",
    "from_audio",
    "fsdd",
    "hdspikes",
    "mnist",
    "nmnist",
    "shd",
    "ssc",
    "xor",
    "yin_yang",
)
"""Functions of ``gp.data`` that [data] may name."""
_HELD_OUT = ("test", "valid")


def data_sets(config: Config, taken: Collection[str]) -> dict[str, Dataset]:
    """``"train"`` and, where there are some, ``"valid"`` and ``"test"``; empty without [data].

    Args:
        config: its [data] and seed.
        taken: the names of what ``build`` takes.

    Raises:
        ConfigurationError: for an unknown source, arguments that do not fit it, and a ``build``
            that takes no ``train``.
        DataError: of the source.
    """
    if not config.data:
        return {}
    if "train" not in taken:
        raise ConfigurationError(
            "build() takes no data sets",
            where=config.place("data"),
            remedy="define build(train, valid, test, …), or remove [data]",
        )
    settings = dict(config.data)
    name = settings.pop("source", None)
    if not is_one_of(name, SOURCES):
        raise ConfigurationError(
            f"source={name!r:.60} is no source of data",
            where=config.place("data", "source"),
            remedy=did_you_mean(str(name), SOURCES),
        )
    source = getattr(importlib.import_module("genprop.data"), str(name))
    known = inspect.signature(source).parameters
    if "seed" in known:
        settings.setdefault("seed", config.seed)
    held_out = {part: settings.pop(part) for part in _HELD_OUT if part in {*settings} - {*known}}
    try:
        inspect.signature(source).bind(**settings)
    except TypeError as fault:
        raise ConfigurationError(
            f"the settings do not fit {name}: {fault}",
            where=config.place("data"),
            remedy=f"it takes {', '.join(known)}",
        ) from None
    return _parts(source(**settings), held_out, config)


def _parts(found: object, held_out: Mapping[str, object], config: Config) -> dict[str, Dataset]:
    """By name; what is held out is taken from the first set, for the parts it lacks."""
    sets = [found] if isinstance(found, Dataset) else list(cast("Sequence[Any]", found))
    names = {1: ("train",), 2: ("train", "test"), 3: ("train", "valid", "test")}[len(sets)]
    parts: dict[str, Dataset] = dict(zip(names, sets, strict=True))
    for part, fraction in held_out.items():
        if part in parts:
            raise ConfigurationError(
                f"the source has a {part} set of its own",
                where=config.place("data", part),
                remedy=f"remove {part}",
            )
        rest = parts["train"]
        whole = len(sets[0])
        try:
            wanted = float(str(fraction)) * whole / max(len(rest), 1)  # of all, not of the rest
            parts["train"], parts[part] = rest.split_off(wanted, part, config.seed)
        except (DataError, ValueError) as fault:
            raise ConfigurationError(
                f"{part}={fraction!r:.40} is no fraction that leaves a training set",
                where=config.place("data", part),
                remedy="give it from 0 to below 1",
            ) from fault
    return {part: data for part, data in parts.items() if len(data)}
