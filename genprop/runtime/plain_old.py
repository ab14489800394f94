"""What earlier forms of a saved network call differently, and how it is read as it is now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["upgraded"]

Table = dict[str, object]


def upgraded(kind: str, table: Table) -> tuple[str, Table]:
    """The name of a class and its fields, as :func:`~genprop.runtime.plain.to_plain` writes now.

    The parts of ``table`` are values already; what is of this version is given back as it is.
    """
    change = _CHANGED.get(kind)
    return (kind, table) if change is None else change(table)


def _program(table: Table) -> tuple[str, Table]:
    """A Program had the fields ``dt`` and ``steps`` of the one clock there was."""
    if "dt" in table:
        from genprop.lower.clocks.grid import TimeGrid

        dt, steps = float(str(table.pop("dt"))), int(str(table.pop("steps")))
        table["clock"] = TimeGrid(dt, steps)
    return "program.Program", table


_CHANGED: Mapping[str, Callable[[Table], tuple[str, Table]]] = {"program.Program": _program}
