"""How networks and results draw themselves, which a later room does.

``genprop/__init__.py`` connects it; this room imports none of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from genprop.errors import InternalError

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes

__all__ = ["Drawings", "connect", "drawings"]


class Drawings(Protocol):
    """What draws."""

    def network_html(self, net: object) -> str:
        """The diagram of a network, for a notebook."""
        ...

    def curves_html(self, history: object) -> str:
        """The learning curves of a training, for a notebook; empty where they cannot be drawn."""
        ...

    def recorded(self, outcome: object, inputs: object, *, sample: int) -> list[Axes]:
        """What a run recorded."""
        ...


_connected: list[Drawings] = []


def connect(found: Drawings) -> None:
    """Let ``found`` draw from now on."""
    _connected[:] = [found]


def drawings() -> Drawings:
    """What draws."""
    if not _connected:
        raise InternalError(
            "nothing that draws is connected: genprop was not imported as a package"
        )
    return _connected[0]
