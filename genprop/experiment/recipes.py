"""Recipes: settings of a train.toml that were of use before, by name.

``recipe = "small-data"`` at the top of a train.toml takes the settings of
``models/recipes/small-data.toml`` wherever the file, or ``--set``, does not say otherwise. The run
folder keeps the settings that came of it, not the name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop._resources import data_dir
from genprop.errors import ConfigurationError, did_you_mean
from genprop.experiment.toml import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from genprop.experiment.toml import Table

__all__ = ["recipes", "with_recipe"]


def recipes() -> dict[str, Path]:
    """The files of all recipes, by name."""
    return {path.stem: path for path in sorted((data_dir("models") / "recipes").glob("*.toml"))}


def with_recipe(tables: Table, where: str) -> Table:
    """``tables`` with the settings of the recipe that they name, where they have none themselves.

    Args:
        tables: of a train.toml.
        where: they stand, for errors.

    Raises:
        ConfigurationError: for a recipe that there is not.
    """
    if not isinstance(name := tables.get("recipe"), str):
        return tables  # none, or no name: the schema says so
    known = recipes()
    if name not in known:
        raise ConfigurationError(
            f"no recipe is called {name!r:.60}",
            where=f"{where}, recipe",
            remedy=did_you_mean(name, known),
        )
    found, _ = read_toml(known[name])
    own = {key: value for key, value in tables.items() if key != "recipe"}
    return _over({key: value for key, value in found.items() if key != "doc"}, own)


def _over(base: Mapping[str, object], own: Mapping[str, object]) -> Table:
    """``own``, and what ``base`` has beside it; tables likewise."""
    merged: Table = {**base, **own}
    for key in base.keys() & own.keys():
        below, above = base[key], own[key]
        if isinstance(below, dict) and isinstance(above, dict):
            merged[key] = _over(
                {str(k): v for k, v in below.items()}, {str(k): v for k, v in above.items()}
            )
    return merged
