"""The same network, with its present state, on another clock, step or backend."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from genprop.backends import get_backend
from genprop.errors import UnsupportedError, refuse_if
from genprop.lower.clocks import make_clock
from genprop.runtime.lowering import lowered, unsteppable
from genprop.units import in_ms

if TYPE_CHECKING:
    import numpy as np

    from genprop.backends.base import Target
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.program import Program
    from genprop.stages.stack import Stages
    from genprop.units import Quantity

__all__ = ["elsewhere"]


class _Compiled(Protocol):
    """A simulator, as far as it is compiled anew."""

    spec: NetworkSpec
    program: Program
    batch: int
    seed: int
    events: str
    target: Target
    stages: Stages
    settings: dict[str, dict[str, float]]

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What runs, by flat name."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """All that is needed to go on."""
        ...


def elsewhere(
    sim: _Compiled,
    kind: Callable[..., Any],
    clock: str | None,
    dt: Quantity | float | None,
    backend: str | Target | None,
) -> Any:
    """``sim`` compiled anew as a ``kind`` of simulator; what is None stays as it is.

    Raises:
        GenpropError: for what the backend or the clock cannot run, and for a class of simulators
            with parts of its own.
    """
    if type(sim).__mro__[1:] != (object,):
        raise UnsupportedError(
            f"a {type(sim).__name__} runs where it was made",
            where="on(…)",
            remedy="take its float network: sim.latent().on(…)",
        )
    before = sim.program.clock
    step = before.dt if dt is None else in_ms(dt)
    time = make_clock(before.name if clock is None else clock, step, before.duration)
    target = sim.target if backend is None else get_backend(backend)
    solver = sim.program.solver
    refuse_if([*target.check(sim.spec, time), *unsteppable(solver, time)])
    program, bundle = lowered(sim.spec, time, solver, target, sim.arrays(), sim.stages.all)
    made = kind(
        sim.spec,
        program,
        target.load(program, sim.spec, bundle),
        batch=sim.batch,
        seed=sim.seed,
        events=sim.events,
        target=target,
        bundle=bundle,
        stages=copy.deepcopy(sim.stages.all),
    )
    made.restore(sim.state())
    made.settings = {name: dict(numbers) for name, numbers in sim.settings.items()}
    return made
