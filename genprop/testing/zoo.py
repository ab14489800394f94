"""Small networks that together use everything that can be described.

Each name gives one :class:`~genprop.testing.example.Example`. Sizes are tiny and activity is high:
hidden neurons spike several times in every trial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.errors import ConfigurationError, did_you_mean
from genprop.testing import zoo_models, zoo_readouts

if TYPE_CHECKING:
    from genprop.testing.example import Example

__all__ = ["NAMES", "example", "examples"]

_MODULES = (zoo_readouts, zoo_models)

NAMES: tuple[str, ...] = tuple(name for module in _MODULES for name in module.__all__)
"""The names of all examples."""


def example(name: str) -> Example:
    """The example called ``name``, made afresh.

    Raises:
        ConfigurationError: for an unknown name.
    """
    for module in _MODULES:
        if name in module.__all__:
            return getattr(module, name)()
    raise ConfigurationError(f"{name!r} is no example", remedy=did_you_mean(name, NAMES))


def examples() -> list[Example]:
    """All of them."""
    return [example(name) for name in NAMES]
