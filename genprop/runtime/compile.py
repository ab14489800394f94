"""From a description to an object that runs and learns: the contents page of genprop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np

from genprop._checks import integer, is_one_of, refuse_unlike
from genprop.backends import get_backend
from genprop.describe.topology import initial_topology
from genprop.errors import ConfigurationError, refuse_if
from genprop.runtime.announce import announced
from genprop.runtime.clock_choice import choose_clock
from genprop.runtime.graded import GradedSimulator
from genprop.runtime.graded_compile import build_graded, refuse_tolerance
from genprop.runtime.lowering import lowered, unsteppable
from genprop.runtime.memory import refuse_beyond_memory
from genprop.runtime.parameters import initial_parameters
from genprop.runtime.simulator import Simulator
from genprop.stages.stack import Stages
from genprop.units import Quantity, in_ms

if TYPE_CHECKING:
    from genprop.backends.base import Engine, Target
    from genprop.describe.network import Network
    from genprop.describe.objective import Loss
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.update import Update
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.clocks.base import Clock
    from genprop.lower.program import Program
    from genprop.stages.base import Stage

__all__ = ["compile", "simulator_of"]


def compile(
    net: Network,
    *,
    loss: Loss | None = None,
    optimiser: Update | Mapping[str, Update] | None = None,
    dt: Quantity | float,
    duration: Quantity | float,
    batch: int = 32,
    backend: str | Target = "native",
    seed: int = 0,
    solver: str = "exact",
    events: str = "merge",
    clock: str | None = None,
    stages: Sequence[Stage] = (),
    tolerance: float | None = None,
) -> Simulator:
    """A network ready to run on ``backend`` and, with a loss and an optimiser, to learn.

    Args:
        net: the description.
        loss: what is minimised; without one the network only runs.
        optimiser: one for all that is learned, or by kind (``"weight"``), model parameter or name.
        dt: [ms], a step of the grid; on the exact clock how often states are recorded.
        duration: length of a trial, a multiple of dt.
        batch: samples per batch, at most.
        backend: a name (``"native"``, …) or an object with options (``gp.Native(threads=1)``).
        seed: initial parameters are drawn from it.
        solver: ``"exact"``, or ``"runge_kutta[:substeps]"``, to which non-linear flows fall back.
        events: ``"merge"`` takes several of a channel in one step as one, ``"sum"`` counts each.
        clock: ``"exact"``, real times, the default for linear flows on native and reference;
            ``"grid"``, steps of dt, elsewhere.
        stages: what stands between parameters and what runs, after what the network derives.
        tolerance: of neurons that send values: run until no state is faster [per ms].

    Raises:
        GenpropError: everything that is wrong with the description, or beyond the backend, at once.
    """
    batch, seed = _sound(net, batch, seed, events, solver, clock)
    spec = net.freeze(loss, optimiser, stages)
    stages = cast("Sequence[Stage]", net.stages(loss, stages))
    target = get_backend(backend)
    if spec.graded:
        built = build_graded(spec, target, in_ms(dt), in_ms(duration), tolerance)
        return GradedSimulator.of(spec, built, target, stages, batch=batch, seed=seed)
    refuse_tolerance(tolerance)
    first = partial(_first_arrays, spec, seed, stages)
    time = choose_clock(clock, in_ms(dt), in_ms(duration), spec, target, solver, first)
    return simulator_of(spec, time, solver, target, stages, batch, seed, events)


def simulator_of(
    spec: NetworkSpec,
    time: Clock,
    solver: str,
    target: Target,
    stages: Sequence[Stage],
    batch: int,
    seed: int,
    events: str,
) -> Simulator:
    """The simulator of a frozen description; the rest is as for :func:`compile`.

    Raises:
        GenpropError: for what the backend or the clock cannot run.
    """
    refuse_if([*target.check(spec, time), *unsteppable(solver, time)])
    first = _first_arrays(spec, seed, stages)
    program, bundle = lowered(spec, time, solver, target, first, stages)
    return Simulator(
        spec,
        program,
        _engine(target, spec, program, bundle),
        batch=batch,
        seed=seed,
        events=events,
        target=target,
        bundle=bundle,
        stages=stages,
    )


def _engine(
    target: Target, spec: NetworkSpec, program: Program, bundle: SourceBundle | None
) -> Engine:
    """What runs, compiled where it is not in the cache."""
    refuse_beyond_memory(target, spec, program)
    with announced(f"compiling {spec.name!r}, once for these equations", after=10.0):
        return target.load(program, spec, bundle)


def _first_arrays(
    spec: NetworkSpec, seed: int, stages: Sequence[Stage]
) -> Mapping[str, np.ndarray]:
    """The arrays that run first, in float64."""
    drawn = initial_parameters(spec, seed, np.float64)
    return Stages(stages, spec, np.float64).forward(drawn, initial_topology(spec)).used


def _sound(
    net: object, batch: int, seed: int, events: str, solver: str, clock: str | None
) -> tuple[int, int]:
    """Batch and seed as integers; a network must be one, and what has names must be text."""
    refuse_unlike(net, "freeze connect", "compile(net, …)", "gp.Network(…)")
    for name, value in (("solver", solver), ("clock", "grid" if clock is None else clock)):
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(
                f"compile({name}={value!r:.60}) is unknown", remedy="give it as text"
            )
    if not is_one_of(events, ("merge", "sum")):
        raise ConfigurationError(
            f"compile(events={events!r:.60}) is unknown", remedy="use 'merge' or 'sum'"
        )
    return (
        integer(batch, "compile(batch=…)", least=1, most=2**31 - 1),
        integer(seed, "compile(seed=…)"),
    )
