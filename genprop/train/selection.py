"""Which learned parameters a callback acts on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genprop.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from genprop.train.surface import Trainable

__all__ = ["Selection"]


class Selection:
    """Learned parameters by flat name, name in the model or role; empty for all.

    Args:
        names: such as ``"delay"``, ``["weight"]``, ``"input->hidden.weight"``.
    """

    def __init__(self, names: Sequence[str] | str = ()) -> None:
        self.names = (names,) if isinstance(names, str) else tuple(names)
        self._cache: tuple[int, list[str]] = (0, [])

    def of(self, sim: Trainable) -> list[str]:
        """Their flat names, in the order of the network.

        Raises:
            ConfigurationError: for a name that is no learned parameter's.
        """
        if self._cache[0] == id(sim):
            return self._cache[1]
        learned = [p for p in sim.spec.leaf_parameters() if p.learned]
        words = {p.name: {p.name, p.key, p.role} for p in learned}
        known = set[str]().union(*words.values())
        for name in self.names:
            if name not in known:
                raise ConfigurationError(
                    f"nothing that is learned is called {name!r}", remedy=did_you_mean(name, known)
                )
        found = [n for n, w in words.items() if not self.names or w.intersection(self.names)]
        self._cache = (id(sim), found)
        return found
