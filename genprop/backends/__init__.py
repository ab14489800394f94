"""Machines that run Programs: one folder each, found by listing them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from genprop._checks import refuse_unlike
from genprop.errors import UnsupportedError, did_you_mean

if TYPE_CHECKING:
    from genprop.backends.base import Target

__all__ = ["get_backend", "list_backends"]


def list_backends() -> tuple[str, ...]:
    """The names of the backends: folders with a ``target.py``."""
    return tuple(sorted(p.parent.name for p in Path(__file__).parent.glob("*/target.py")))


def get_backend(backend: str | Target) -> Target:
    """The backend called so with its default options; an object with options passes through.

    Raises:
        UnsupportedError: for a name that is no backend.
        ConfigurationError: for an object that is none.
    """
    if not isinstance(backend, str):
        refuse_unlike(backend, "check load", "backend=…", "its name, or gp.Native(…)")
        return backend
    if backend not in list_backends():
        raise UnsupportedError(
            f"there is no backend {backend!r}",
            where="compile(backend=…)",
            remedy=did_you_mean(backend, list_backends()),
        )
    return import_module(f"{__name__}.{backend}.target").default()
