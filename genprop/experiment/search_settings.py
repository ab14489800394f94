"""What a search is about: [search] of a train.toml, read and checked.

::

    [search]
    "optimiser.weight.rate" = "log 1e-4..1e-2"   # a setting and its space, see spaces.py
    "options.hidden" = "int 8..256"
    metric = "valid.loss"     # what is best, of the validation; by default its loss
    trials = 60               # trainings in all, those that were stopped early and failed included
    prune = true              # stop trainings that are worse than the median of those before them
    storage = "sqlite:///studies.db"   # any URL of Optuna; by default a file in the search's folder
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.errors import ConfigurationError, did_you_mean, refuse_if
from genprop.experiment.spaces import Space, space_of

if TYPE_CHECKING:
    from genprop.experiment.config import Config

__all__ = ["TRIAL", "Search", "search_of"]

_KNOWN: Mapping[str, type] = {"metric": str, "trials": int, "prune": bool, "storage": str}
TRIAL = "trial"
"""The key that a search gives to its trainings: which trial of which study they are."""


@dataclass(frozen=True, slots=True)
class Search:
    """The settings of a search.

    Attributes:
        spaces: by setting, what it is chosen from.
        metric: of the validation; the least loss, the most of anything else.
        trials: how many trainings there are in all.
        prune: whether trainings that do badly are stopped.
        storage: a URL of Optuna, or empty for a file in the search's folder.
    """

    spaces: Mapping[str, Space]
    metric: str = "valid.loss"
    trials: int = 60
    prune: bool = True
    storage: str = ""


def search_of(config: Config) -> Search:
    """The search that ``config`` asks for.

    Raises:
        ConfigurationError: without spaces, for spaces that are none, and for any metric but one of
            the validation: what is chosen by the test says nothing about unseen samples.
    """
    given = {k: v for k, v in config.search.items() if k in _KNOWN}
    others = {k: v for k, v in config.search.items() if k not in (*_KNOWN, TRIAL)}
    flat = list(_flat(others, ()))
    refuse_if(_faults(config, given, [key for key, _ in flat]))
    spaces = {
        ".".join(key): space_of(value, f"{config.place('search', *key)} (search.{'.'.join(key)})")
        for key, value in flat
    }
    if not spaces:
        raise ConfigurationError(
            "there is nothing to search",
            where=config.place("search"),
            remedy='name settings and spaces below [search]: "optimiser.rate" = "log 1e-4..1e-2"',
        )
    return Search(
        spaces,
        str(given.get("metric", "valid.loss")),
        int(str(given.get("trials", 60))),
        bool(given.get("prune", True)),
        str(given.get("storage", "")),
    )


def _faults(
    config: Config, given: Mapping[str, object], keys: list[tuple[str, ...]]
) -> Iterator[ConfigurationError]:
    for name, value in given.items():
        kind = _KNOWN[name]
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            yield ConfigurationError(
                f"{name} cannot be {value!r:.60}",
                where=config.place("search", name),
                remedy=f"give {'an integer' if kind is int else 'a text'}"
                if kind is not bool
                else "give true or false",
            )
    metric, trials = str(given.get("metric", "valid.loss")), given.get("trials", 60)
    if not metric.startswith("valid."):
        yield ConfigurationError(
            f"a search cannot choose by {metric!r}, only by the validation",
            where=config.place("search", "metric"),
            remedy='write metric = "valid.loss" or "valid.accuracy"; the test is looked at once, '
            "with what the validation has chosen",
        )
    if isinstance(trials, int) and not 1 <= trials <= 1_000_000:
        yield ConfigurationError(
            f"there cannot be {trials} trials",
            where=config.place("search", "trials"),
            remedy="give an integer from 1",
        )
    for key in keys:
        dotted = ".".join(key)
        if dotted.split(".")[0] not in ("options", "compile", "optimiser", "quantise", "callbacks"):
            yield ConfigurationError(
                f"{dotted!r} is nothing that a search may choose",
                where=config.place("search", *key),
                remedy="search settings of options, compile, optimiser, quantise and callbacks"
                + (f"; {did_you_mean(dotted, _KNOWN)}" if len(key) == 1 else ""),
            )


def _flat(
    table: Mapping[str, object], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every key with its path; a key in quotes is one, whatever dots it has."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            inner: dict[str, object] = {str(k): v for k, v in value.items()}  # pyright: ignore
            yield from _flat(inner, (*path, key))
        else:
            yield (*path, key), value
