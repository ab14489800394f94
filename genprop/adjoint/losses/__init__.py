"""Losses: functions of what was observed. One file each, found by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.adjoint.loss import LossFunction
    from genprop.describe.spec import LossTermSpec

__all__ = ["loss_function"]


def loss_function(term: LossTermSpec) -> LossFunction:
    """The loss ``adjoint/losses/<kind>.py`` defines, with the term's options."""
    module = import_module(f"{__name__}.{term.kind}")
    return module.loss(**dict(term.options))
