"""Warnings that name the line of the program that called genprop, however deep they arise."""

from __future__ import annotations

import contextlib
import inspect
import os
import warnings
from pathlib import Path

__all__ = ["warn"]

_WITHIN = (str(Path(__file__).parent) + os.sep, contextlib.__file__)
"""The package, and what calls its functions that are decorated with a context."""


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line outside genprop."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_WITHIN):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
