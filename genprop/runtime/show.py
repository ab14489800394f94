"""Every stage between a description and what runs, as text to read and to compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from genprop._checks import refuse_unlike
from genprop.backends import get_backend
from genprop.backends.base import MemoryEstimator
from genprop.describe.listing import spec_text
from genprop.describe.model import default_values
from genprop.describe.network import Network
from genprop.describe.neuron import Neuron, spikes
from genprop.describe.spec import NetworkSpec
from genprop.describe.synapse import synapse
from genprop.errors import (
    ConfigurationError,
    ToolchainError,
    UnsupportedError,
    did_you_mean,
    refuse_if,
)
from genprop.lower.clocks import make_clock
from genprop.runtime.clock_choice import choose_clock, clock_words
from genprop.runtime.graded_show import show_graded
from genprop.runtime.lowering import lowered
from genprop.runtime.memory import memory_text
from genprop.units import Quantity, dimension_name, in_ms

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.describe.objective import Loss
    from genprop.describe.update import Update
    from genprop.emit.bundle import SourceBundle
    from genprop.equations.typeset import Equations
    from genprop.lower.clocks.base import Clock
    from genprop.lower.program import Program
    from genprop.stages.base import Stage

__all__ = ["STAGES", "adjoint", "show"]


@dataclass(frozen=True, slots=True)
class _Request:
    """What is shown: a description and how it shall run."""

    spec: NetworkSpec
    clock: Clock
    solver: str
    target: Target
    batch: int
    stages: Sequence[Stage]

    def lowered(self) -> tuple[Program, SourceBundle | None]:
        """What would be compiled; nothing is, so that what compiles it need not be there."""
        findings = self.target.check(self.spec, self.clock)
        refuse_if(e for e in findings if not isinstance(e, ToolchainError))
        return lowered(self.spec, self.clock, self.solver, self.target, stages=self.stages)


def show(
    net: Network | NetworkSpec | Neuron,
    stage: str = "adjoint",
    *,
    loss: Loss | None = None,
    optimiser: Update | Mapping[str, Update] | None = None,
    dt: Quantity | float = 1.0,
    duration: Quantity | float = 100.0,
    batch: int = 32,
    backend: str | Target = "native",
    solver: str = "exact",
    clock: str | None = None,
) -> str:
    """One stage of the way from the description to what runs, as text.

    ``"spec"`` the description; ``"system"`` its equations; ``"adjoint"`` the equations that are run
    backwards; ``"program"`` both in steps; ``"source"`` the generated text; ``"memory"`` what it
    holds while it runs [bytes].

    Args:
        net: a network, frozen or not, or a neuron on its own.
        stage: one of :data:`STAGES`.
        loss: as for :func:`~genprop.compile`; nothing is learned without one.
        optimiser: as for ``compile``; left out, none is shown.
        dt: length of a step [ms].
        duration: length of a trial [ms].
        batch: samples per batch, for ``"memory"``.
        backend: whose source is shown.
        solver: how flows are stepped.
        clock: ``"exact"`` or ``"grid"``, as for ``compile``.

    Raises:
        GenpropError: for a stage that there is not, or a description that cannot be.
    """
    if not isinstance(stage, str) or stage not in _SHOWN:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(
            f"there is no stage {stage!r:.60}",
            where="show(stage=…)",
            remedy=did_you_mean(stage, STAGES),
        )
    stages: Sequence[Stage] = ()
    if isinstance(net, Neuron):
        spec = _alone(net)
    elif isinstance(net, NetworkSpec):
        spec = net
    else:
        refuse_unlike(net, "name", "show(net, …)", "a network or a neuron")
        spec = net.freeze(loss, optimiser)
        stages = cast("Sequence[Stage]", net.stages(loss))
    target = get_backend(backend)
    if spec.graded:
        return show_graded(spec, stage, make_clock("grid", in_ms(dt), in_ms(duration)), target)
    time = choose_clock(clock, in_ms(dt), in_ms(duration), spec, target, solver)
    return _SHOWN[stage](_Request(spec, time, solver, target, batch, stages))


def adjoint(neuron: Neuron) -> Equations:
    """The equations of a neuron forwards and backwards, its inputs being exponential synapses.

    ``print`` it, ``show()`` it, or let a notebook typeset it. p = ∂L/∂x; see
    :func:`genprop.adjoint.show.adjoint_equations`. Source: Wunderlich & Pehle 2021, in the form for
    hybrid systems.

    Raises:
        DescriptionError: for unknown names, units that disagree or a guard that cannot be inverted.
    """
    from genprop.adjoint.derive import derive_population
    from genprop.adjoint.show import adjoint_equations
    from genprop.equations.analyse import understand

    system = understand(_alone(neuron)).populations["neuron"]
    return adjoint_equations(derive_population(system), f"neuron {neuron.spec.name}")


def _alone(neuron: Neuron) -> NetworkSpec:
    """A network of one such neuron, with an exponential synapse where it has an input I."""
    spec, net = neuron.spec, Network(neuron.spec.name)
    if spec.send:
        raise UnsupportedError(
            f"neuron {spec.name!r} sends values, and has no adjoint with jumps at spikes",
            remedy="show the source of its network: its reverse is the transpose of its step",
        )
    values = default_values(spec.name, spec.parameters, neuron.units)
    cell = net.population("neuron", 1, neuron.of(spec, values, neuron.units))
    for drive in spec.inputs:
        if drive.name == "I":
            source = net.population("input", 1, spikes())
            unit = dimension_name(drive.dimension)
            net.connect(source, cell, synapse("exp", units={"I": unit}), weight=0.0)
    return net.freeze()


def _system(request: _Request) -> str:
    from genprop.equations.analyse import understand
    from genprop.equations.show import sender_equations, system_equations

    found = understand(request.spec)
    parts = [system_equations(s) for s in found.populations.values()]
    return _pages([*parts, *map(sender_equations, found.senders.values())])


def _adjoint(request: _Request) -> str:
    from genprop.adjoint.derive import derive
    from genprop.adjoint.show import (
        adjoint_equations,
        loss_equations,
        sender_adjoint_equations,
    )
    from genprop.equations.analyse import understand

    found = derive(understand(request.spec), request.spec)
    parts = [adjoint_equations(population) for population in found.populations.values()]
    parts += map(sender_adjoint_equations, found.senders.values())
    for term, loss in zip(request.spec.loss, found.loss, strict=True):
        parts.append(loss_equations(f"{term.kind} of {term.readout.population}", loss))
    return _pages(parts)


def _program(request: _Request) -> str:
    program, _ = request.lowered()
    words = clock_words(request.spec, request.target, request.solver, request.clock)
    return f"{words}\n{program}"


def _source(request: _Request) -> str:
    _, bundle = request.lowered()
    if bundle is None:
        raise UnsupportedError(
            f"the backend {request.target.name!r} runs the Program itself, there is no source",
            remedy="show the stage 'program', or the source of backend 'native'",
        )
    return "\n".join(f"// ==== {path}\n{text}" for path, text in bundle.files)


def _memory(request: _Request) -> str:
    program, _ = request.lowered()
    if isinstance(request.target, MemoryEstimator):
        return request.target.memory_table(request.spec, program, request.batch)
    return memory_text(request.spec, program, request.batch)


def _pages(parts: Iterable[object]) -> str:
    return "\n\n".join(map(str, parts))


_SHOWN: Mapping[str, Callable[[_Request], str]] = {
    "spec": lambda request: spec_text(request.spec),
    "system": _system,
    "adjoint": _adjoint,
    "program": _program,
    "source": _source,
    "memory": _memory,
}
STAGES: tuple[str, ...] = tuple(_SHOWN)
"""What can be shown, in the order of the pipeline."""
