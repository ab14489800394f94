"""Keys of a train.toml that are called otherwise now; the old ones are still understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop._warn import warn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.experiment.toml import Table

__all__ = ["with_new_names"]

_TOP: Mapping[str, str] = {"kept": "code_snapshot"}
_CALLBACKS: Mapping[str, str] = {
    "bump": "revive_silent",
    "ease_in": "exponential_warmup",
    "two_averages": "dual_ema_plateau",
}


def with_new_names(tables: Table, where: str) -> Table:
    """The same tables, in the same order, with today's names.

    Warns (DeprecationWarning) of each old one, except in the config.toml of a run folder, which
    genprop itself has written.

    Args:
        tables: a train.toml, or one assignment of ``--set``.
        where: it stands, for the warning.
    """
    own = not _TOP.keys().isdisjoint(tables) or not set(_TOP.values()).isdisjoint(tables)
    found = _renamed(tables, _TOP, "", "" if own else where)
    if isinstance(callbacks := found.get("callbacks"), dict):
        inner = {str(k): v for k, v in callbacks.items()}
        found["callbacks"] = _renamed(inner, _CALLBACKS, "callbacks.", "" if own else where)
    return found


def _renamed(table: Table, names: Mapping[str, str], prefix: str, where: str) -> Table:
    for old in [key for key in table if key in names and where]:
        message = f"{where}: {prefix}{old} is now called {prefix}{names[old]}"
        warn(message, DeprecationWarning)
    return {names.get(key, key): value for key, value in table.items()}
