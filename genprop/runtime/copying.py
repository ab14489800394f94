"""Copies of simulators: description, settings and state, from which an engine is made anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    import numpy as np

    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.program import Program
    from genprop.stages.stack import Stages

__all__ = ["Copied", "parts_of"]

Settings = dict[str, dict[str, float]]
State = Mapping[str, "np.ndarray"]


class Copied(Protocol):
    """A simulator, as far as copying goes."""

    spec: NetworkSpec
    program: Program
    batch: int
    seed: int
    events: str
    target: Target
    bundle: SourceBundle | None
    stages: Stages
    settings: Settings

    def state(self) -> dict[str, np.ndarray]:
        """All that is needed to go on bit by bit."""
        ...


def parts_of(sim: Copied) -> tuple[Callable[..., Copied], tuple[object, ...]]:
    """What pickle and copy put a simulator together from; libraries come from the build cache.

    Raises:
        UnsupportedError: for a class of simulators with parts of its own.
    """
    if type(sim).__mro__[1:] != (object,):
        raise UnsupportedError(
            f"a {type(sim).__name__} cannot be copied",
            remedy="make another one and restore the state: other.restore(sim.state())",
        )
    options = {
        "batch": sim.batch,
        "seed": sim.seed,
        "events": sim.events,
        "target": sim.target,
        "bundle": sim.bundle,
        "stages": sim.stages.all,
    }
    made = (type(sim), sim.spec, sim.program, options, sim.state(), sim.settings)
    return _put_together, made


def _put_together(
    kind: Callable[..., Any],
    spec: Any,
    program: Any,
    options: dict[str, Any],
    state: State,
    settings: Settings,
) -> Copied:
    engine = options["target"].load(program, spec, options["bundle"])
    sim = kind(spec, program, engine, **options)
    sim.restore(state)
    sim.settings = {name: dict(numbers) for name, numbers in settings.items()}
    return sim
