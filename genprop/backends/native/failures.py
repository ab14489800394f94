"""Errors of a compiled library: of its layout, and of its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.errors import ConfigurationError, InternalError, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["refuse_failed", "refuse_other_layout"]

_NO_MEMORY = 1
"""What ``guarded`` in ``kernels/guarded.hpp`` gives where memory was short; 0 is success."""


def refuse_failed(status: int, network: str, threads: int) -> None:
    """Raise the error of a call of generated code that failed.

    Raises:
        UnsupportedError: where the memory did not suffice.
        InternalError: for anything else that was thrown.
    """
    if status == _NO_MEMORY:
        raise UnsupportedError(
            "the memory does not suffice for this batch",
            where=f"network {network}, {threads} threads",
            remedy="compile(…, batch=…) with fewer samples, gp.Native(threads=…) with fewer "
            "threads, or a shorter trial; genprop show NET --stage memory says what is held",
        )
    if status != 0:
        raise InternalError(f"the generated code failed with status {status}")


def refuse_other_layout(found: str, due: str, sources: Path) -> None:
    """Refuse a library that reads other arrays than its Program has, and past their ends.

    Args:
        found: the digest of the arrays that the library was compiled for.
        due: that of the Program's.
        sources: what the library was made of.
    """
    if found != due:
        raise ConfigurationError(
            "the library was compiled for a network of other sizes, delays or precision",
            where=str(sources),
            remedy="the description and the sources beside it do not belong together: "
            "write the folder anew (genprop build NET -o DIR)",
        )
