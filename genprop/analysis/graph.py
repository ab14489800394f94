"""A recurrent projection as a weighted directed graph, and the library that knows graphs."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import ConfigurationError, DataError, UnsupportedError

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections

__all__ = ["networkx", "strengths"]


def networkx() -> ModuleType:
    """The library.

    Raises:
        ConfigurationError: where it is not installed.
    """
    try:
        import networkx
    except ImportError as missing:
        raise ConfigurationError(
            "networkx, which measures graphs, is not installed",
            remedy="pip install 'genprop[analysis]'",
        ) from missing
    return networkx


def strengths(found: Connections) -> np.ndarray:
    """|w| from sender to receiver, (n, n); 0 without a synapse and on the diagonal.

    Raises:
        UnsupportedError: for a projection between two populations.
        DataError: where all weights are 0.
    """
    if not found.recurrent:
        raise UnsupportedError(
            f"{found.name} leads from one population to another, and is no graph of its neurons",
            remedy="give a recurrent projection, or a square matrix of weights",
        )
    size = np.abs(found.matrix())
    np.fill_diagonal(size, 0.0)
    if not size.any():
        raise DataError(
            f"all weights of {found.name} between different neurons are 0",
            remedy="give weights of which some are not",
        )
    return size
