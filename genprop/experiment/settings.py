"""The settings of a train.toml as objects: optimisers, backend, and what quantises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, cast

from genprop.errors import ConfigurationError, DescriptionError

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.backends.loihi.mapping.options import Quantise
    from genprop.describe.update import Update
    from genprop.experiment.config import Config
    from genprop.train.surface import Dataset

__all__ = ["backend_of", "optimiser_of", "quantise_of"]

_OPTIONS = ("precision", "threads", "memory", "device", "tape")
"""Settings of [compile] that are options of the backend."""


def optimiser_of(config: Config) -> Update | dict[str, Update] | None:
    """The optimisers of [optimiser]: one, or by role or name with ``default`` for the rest."""
    from genprop.describe.update import update

    def of(table: Mapping[str, object], *path: str) -> Update:
        settings = {str(k): v for k, v in table.items() if not isinstance(v, Mapping)}
        kind = settings.pop("kind", None)
        wrong = [name for name, value in settings.items() if not _is_number(value)]
        if not isinstance(kind, str) or wrong:
            raise ConfigurationError(
                f"{wrong[0]} is a number" if wrong else "the kind of optimiser is missing",
                where=config.place(*path, *wrong[:1]),
                remedy='write kind = "adam" and its settings as numbers',
            )
        try:
            return update(kind, **{k: float(str(v)) for k, v in settings.items()})
        except DescriptionError as fault:
            raise ConfigurationError(
                fault.what, where=config.place(*path), remedy=fault.remedy
            ) from None

    table = config.optimiser
    common = {k: v for k, v in table.items() if not isinstance(v, Mapping)}
    found = {
        name: of({str(k): v for k, v in inner.items()}, "optimiser", name)
        for name, inner in table.items()
        if isinstance(inner, Mapping)
    }
    if common:
        first = of(common, "optimiser")
        return {"default": first, **found} if found else first
    return found or None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def backend_of(config: Config, threads: int | None) -> str | Target:
    """The backend by name, or with the options of [compile] that it has.

    Raises:
        ConfigurationError: for an option that this backend does not have.
    """
    from genprop.backends import get_backend

    name = str(config.compile.get("backend", "native"))
    options: dict[str, object] = {k: config.compile[k] for k in _OPTIONS if k in config.compile}
    default = get_backend(name) if options or threads is not None else None
    known = {f.name for f in fields(default)} - {"name"} if is_dataclass(default) else set[str]()
    for option in options:
        if option not in known:
            raise ConfigurationError(
                f"the backend {name!r} has no setting {option!r}",
                where=config.place("compile", option),
                remedy=f"remove {option}, or choose a backend that has it",
            )
    if threads is not None and "threads" in known:
        options["threads"] = threads
    if default is None or not options:
        return name
    return cast("Target", type(default)(**cast("dict[str, Any]", options)))


def quantise_of(config: Config, train: Dataset) -> Quantise | None:
    """What [quantise] asks for, calibrated on ``train``; None where there is no such section."""
    if not config.quantise:
        return None
    from genprop.backends.loihi.mapping.options import Quantise

    settings = dict(config.quantise)
    if settings.get("scale", "calibrated") == "calibrated":
        settings["calibrate"] = train
    try:
        return Quantise(**cast("dict[str, Any]", settings))
    except ConfigurationError as fault:
        raise ConfigurationError(
            fault.what, where=config.place("quantise"), remedy=fault.remedy
        ) from None
