"""The settings of a train.toml as objects: optimisers, backend, and what quantises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from genprop.errors import ConfigurationError, DescriptionError

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.backends.loihi.options import Quantise
    from genprop.describe.update import Update
    from genprop.train.config import Config
    from genprop.train.surface import Dataset

__all__ = ["backend_of", "optimiser_of", "quantise_of"]


def optimiser_of(config: Config) -> Update | dict[str, Update] | None:
    """The optimisers of [optimiser]: one, or by role or name with ``default`` for the rest."""
    from genprop.describe.update import update

    def of(table: Mapping[str, object], *path: str) -> Update:
        settings = {str(k): v for k, v in table.items() if not isinstance(v, Mapping)}
        kind = settings.pop("kind", None)
        wrong = [name for name, value in settings.items() if not isinstance(value, (int, float))]
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
    plain = {k: v for k, v in table.items() if not isinstance(v, Mapping)}
    found = {
        name: of({str(k): v for k, v in inner.items()}, "optimiser", name)
        for name, inner in table.items()
        if isinstance(inner, Mapping)
    }
    if plain:
        first = of(plain, "optimiser")
        return {"default": first, **found} if found else first
    return found or None


def backend_of(config: Config, threads: int | None) -> str | Target:
    """The backend by name, or with the options of [compile]."""
    name = str(config.compile.get("backend", "native"))
    options: dict[str, object] = {
        key: config.compile[key] for key in ("precision", "threads") if key in config.compile
    }
    if name != "native":
        if options:
            first = next(iter(options))
            raise ConfigurationError(
                f"{first} is a setting of the native backend, not of {name!r}",
                where=config.place("compile", first),
                remedy=f'remove {first}, or use backend = "native"',
            )
        return name
    if threads is not None:
        options["threads"] = threads
    if not options:
        return name
    from genprop.backends.native import Native

    return cast("Target", Native(**cast("dict[str, Any]", options)))


def quantise_of(config: Config, train: Dataset) -> Quantise | None:
    """What [quantise] asks for, calibrated on ``train``; None where there is no such section."""
    if not config.quantise:
        return None
    from genprop.backends.loihi.options import Quantise

    settings = dict(config.quantise)
    if settings.get("scale", "calibrated") == "calibrated":
        settings["calibrate"] = train
    try:
        return Quantise(**cast("dict[str, Any]", settings))
    except ConfigurationError as fault:
        raise ConfigurationError(
            fault.what, where=config.place("quantise"), remedy=fault.remedy
        ) from None
