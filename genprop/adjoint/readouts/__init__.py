"""Readouts: what a loss looks at. One file each, found by its name, or registered from outside."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from genprop.errors import DescriptionError, did_you_mean

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.describe.spec import NetworkSpec, ReadoutSpec
    from genprop.equations.system import HybridNetwork, HybridSystem

    Observe = Callable[[ReadoutSpec, HybridSystem], Observation]

__all__ = ["kinds", "observation", "papers", "register", "registered"]

_registered: dict[str, Observe] = {}


def kinds() -> tuple[str, ...]:
    """Every readout there is: the files beside this one, and what was registered."""
    own = {p.stem for p in Path(__file__).parent.glob("*.py")} - {"__init__"}
    return tuple(sorted(own | set(_registered)))


def register(kind: str, observe: Observe) -> None:
    """Add a readout from outside the package: ``ReadoutSpec(kind, …)`` then means ``observe``.

    Args:
        kind: its name, which no other readout has; registering it again replaces it.
        observe: gives the :class:`~genprop.adjoint.observation.Observation` of a spec.

    Raises:
        DescriptionError: for the name of one of the package's own.
    """
    if kind in set(kinds()) - set(_registered):
        raise DescriptionError(f"there is already a readout {kind!r}", remedy="take another name")
    _registered[kind] = observe


def registered(spec: NetworkSpec) -> bool:
    """Whether a loss of ``spec`` looks through a readout from outside the package."""
    return any(term.readout.kind in _registered for term in spec.loss)


def papers(kind: str) -> tuple[tuple[str, str], ...]:
    """(What for, paper) of what a readout of the package cites, ``PAPERS`` of its file."""
    if kind in _registered or kind not in kinds():
        return ()
    return getattr(import_module(f"{__name__}.{kind}"), "PAPERS", ())


def observation(spec: ReadoutSpec, network: HybridNetwork) -> Observation:
    """The observation a readout stands for.

    Raises:
        DescriptionError: for a readout that nobody defined.
    """
    system = network.populations[spec.population]
    if spec.kind in _registered:
        return _registered[spec.kind](spec, system)
    if spec.kind not in kinds():
        raise DescriptionError(
            f"there is no readout {spec.kind!r}",
            where=f"a loss of population {spec.population}",
            remedy=did_you_mean(spec.kind, kinds()),
        )
    return import_module(f"{__name__}.{spec.kind}").observe(spec, system)
