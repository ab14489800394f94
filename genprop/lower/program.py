"""The Program: how the network runs in steps, forward and backward, as plain data.

It has the granularity of a simulator's own models: per population what a step, a spike and their
reverse do; per projection where spikes go; per parameter its update. The rest is the backends'.

The clock: step n goes from t_n = n·dt to t_{n+1}: deliver, propagate, then at t_{n+1} observe,
guard, spike, reset. A spike of step n with a delay of d steps is delivered at the start of step n +
1 + d. Backward, at t_{n+1}: add the drive of the losses, apply the jumps of the spikes of step n,
propagate to t_n, handle releases at t_n, and there let the arrivals of step n read the adjoint.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from genprop.lower.listing import listing
from genprop.lower.update_program import UpdateProgram

if TYPE_CHECKING:
    from genprop.lower.clocks.base import Clock, StepClock
    from genprop.lower.continuous import Continuous
    from genprop.lower.delivery import Delivery
    from genprop.lower.derivation import Derivation
    from genprop.lower.event_location import EventLocation
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.nodes import Assign, Expr, Statement

__all__ = [
    "Constant",
    "Induced",
    "PopulationProgram",
    "Program",
    "ProjectionProgram",
    "Propagator",
    "PropagatorDerivative",
    "ReceptorProgram",
    "Refractory",
    "SenderProgram",
    "UpdateProgram",
    "UsedParameter",
]


@dataclass(frozen=True, slots=True)
class UsedParameter:
    """The parameter ``name`` as expressions read it; one number, or one ``per_neuron``."""

    name: str
    local: str
    per_neuron: bool
    learned: bool


@dataclass(frozen=True, slots=True)
class Constant:
    """A step-invariant number hoisted out of the loops: ``name`` = ``value`` of the parameters."""

    name: str
    value: Expr
    per_neuron: bool


@dataclass(frozen=True, slots=True)
class PropagatorDerivative:
    """∂exp(A dt)/∂θ along ``matrix`` = ∂A/∂θ; ``entries`` maps (row, column) to constant names."""

    matrix: tuple[tuple[Expr, ...], ...]
    entries: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Propagator:
    """Entries of exp(A dt) and of its derivatives, hoisted like constants.

    ``matrix`` is A row by row, a drift being a last column against a state that is always 1;
    ``entries`` maps (row, column) to constant names.
    """

    matrix: tuple[tuple[Expr, ...], ...]
    entries: tuple[tuple[int, int, str], ...]
    derivatives: tuple[PropagatorDerivative, ...]
    per_neuron: bool


@dataclass(frozen=True, slots=True)
class Refractory:
    """After a spike in step n the held states stand still in steps n+1 … n+max(1, round(τ/dt)).

    ``duration`` is the parameter's local name. At the release (start of the first free step, after
    delivery) ``tape`` is stored; in reverse, with the adjoint of that instant and those columns,
    ``backward`` runs and assigns ``released``, which is added to what the spike sends.
    """

    duration: str
    held: tuple[str, ...]
    tape: tuple[Assign, ...]
    backward: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class ReceptorProgram:
    """Where spikes arrive: ``delivery`` says what they do there, and what they read in reverse.

    ``held`` says that arrivals are lost while the population is refractory; ``max_delay_steps``
    bounds the delays of the projections that end here.
    """

    name: str
    delivery: Delivery
    held: bool
    max_delay_steps: int


@dataclass(frozen=True, slots=True)
class Induced:
    """Spikes that an arrival itself causes, by lifting a state over the threshold.

    ``condition`` > 0 is checked just after delivery through ``receptor``; then, in reverse,
    ``jump`` replaces the population's jump and leaves ``induced_cost``, which divided by the summed
    weight is added to ∂L/∂t of the arrivals of that step.
    """

    receptor: str
    condition: Expr
    jump: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class PopulationProgram:
    """One population. Sources have only a name and a size.

    ``step`` (``held_step`` while refractory) advances ``states`` over dt; ``guard`` > 0 is a spike;
    ``reset`` follows it. Where the reset leaves the guard as it is (``rising``), a spike is where
    the guard was not above 0 at t_n, before delivery, and is at t_{n+1}. ``step_tape`` lists the
    states kept for every step, after delivery and before propagation; ``before_tape`` those kept
    before delivery; ``spike_tape`` the columns kept for every spike, computed before the reset.
    ``backward_step`` (``backward_held_step``) takes ``adjoints`` from t_{n+1} to t_n, reading step
    tape and constants; ``jump`` takes them across a spike, reading spike tape and ``sent``. Columns
    read states at the end of the step, and those in ``crossing`` also where the guard was crossed,
    by ``crossing_name``, interpolated between their values after delivery and at the end of the
    step. ``count_jump`` adds to adjoints per unit ``count_gradient``. ``active`` is False where no
    gradient is needed.

    On a clock without rounding ``continuous`` stands for steps and guard: ``spike_tape`` and
    ``reset`` read the states at the crossing, the refractory tape those at the release, ``jump``
    and ``exposed`` the adjoint at the event's own time. With a ``location``, spikes happen inside
    steps on backends that can, and columns are taken there. ``auxiliary`` are states that readouts
    added.
    """

    name: str
    size: int
    source: bool
    active: bool = False
    states: tuple[str, ...] = ()
    parameters: tuple[UsedParameter, ...] = ()
    constants: tuple[Constant, ...] = ()
    propagators: tuple[Propagator, ...] = ()
    initial: tuple[Assign, ...] = ()
    receptors: tuple[ReceptorProgram, ...] = ()
    step: tuple[Assign, ...] = ()
    held_step: tuple[Assign, ...] = ()
    guard: Expr | None = None
    rising: bool = False
    reset: tuple[Assign, ...] = ()
    refractory: Refractory | None = None
    step_tape: tuple[str, ...] = ()
    before_tape: tuple[str, ...] = ()
    spike_tape: tuple[Assign, ...] = ()
    crossing: tuple[str, ...] = ()
    adjoints: tuple[str, ...] = ()
    backward_step: tuple[Statement, ...] = ()
    backward_held_step: tuple[Statement, ...] = ()
    jump: tuple[Statement, ...] = ()
    induced: Induced | None = None
    count_jump: tuple[Assign, ...] = ()
    continuous: Continuous | None = None
    location: EventLocation | None = None
    auxiliary: tuple[str, ...] = ()

    @property
    def recordable(self) -> tuple[str, ...]:
        """The states that the description has: without those that readouts added."""
        return tuple(x for x in self.states if x not in self.auxiliary)


@dataclass(frozen=True, slots=True)
class ProjectionProgram:
    """Spikes of ``pre`` reach ``receptor`` of ``post``, ``"dense"`` or ``"sparse"`` (CSR).

    ``weight`` and ``delay`` are flat names of used arrays; ``delay`` is "" where every delay is
    zero. What an arrival does stands in the receptor's delivery; in reverse its gradients are
    wanted as far as they are learned, and what it returns to the sending spike for ``feedback``.
    """

    name: str
    pre: str
    post: str
    receptor: str
    connectivity: str
    weight: str
    delay: str
    max_delay_steps: int
    learn_weight: bool
    learn_delay: bool
    feedback: bool


@dataclass(frozen=True, slots=True)
class SenderProgram:
    """What ``projection`` keeps on the sender's side, for each neuron of ``pre``.

    Between the spikes of ``pre`` the states of ``cell`` follow its ``continuous`` flow, in one go,
    whatever the clock. A spike sends ``value``, of the states before it, by which weights are
    multiplied, and ``cell.reset`` follows. In reverse ``cell.jump`` takes the adjoints across a
    spike, reading its tape and ``dL_dvalue``, and leaves ``cost``, which is added to ∂L/∂t of the
    spike.
    """

    projection: str
    pre: str
    cell: PopulationProgram
    value: Expr


@dataclass(frozen=True, slots=True)
class Program:
    """The network in the steps of ``clock``, flows stepped by ``solver``.

    ``digest`` names the description; its stages' expressions are the ``derivations``.
    """

    name: str
    digest: str
    clock: Clock
    solver: str
    populations: tuple[PopulationProgram, ...]
    projections: tuple[ProjectionProgram, ...]
    losses: tuple[LossProgram, ...]
    updates: tuple[UpdateProgram, ...]
    senders: tuple[SenderProgram, ...] = ()
    derivations: tuple[Derivation, ...] = ()

    def sender(self, projection: str) -> SenderProgram | None:
        """What a projection keeps on the sender's side, if it does."""
        return next((s for s in self.senders if s.projection == projection), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Those of all populations, projections and losses."""
        return tuple(x.name for x in (*self.populations, *self.projections, *self.losses))

    def delivery(self, projection: ProjectionProgram) -> Delivery:
        """What spikes of ``projection`` do where they arrive."""
        receptors = self.population(projection.post).receptors
        return next(r.delivery for r in receptors if r.name == projection.receptor)

    def population(self, name: str) -> PopulationProgram:
        """The population called ``name``."""
        return next(p for p in self.populations if p.name == name)

    def incoming(self, name: str) -> tuple[ProjectionProgram, ...]:
        """The projections that end at population ``name``."""
        return tuple(p for p in self.projections if p.post == name)

    def outgoing(self, name: str) -> tuple[ProjectionProgram, ...]:
        """The projections that start at population ``name``."""
        return tuple(p for p in self.projections if p.pre == name)

    @property
    def grid(self) -> StepClock:
        """The clock of a network that runs in steps, see :attr:`Clock.grid`."""
        return self.clock.grid

    @property
    def without_location(self) -> Program:
        """The same with spikes at the ends of steps, for machines that know no others."""
        populations = tuple(replace(p, location=None) for p in self.populations)
        return replace(self, populations=populations)

    @property
    def dt(self) -> float:
        """Length of a step [ms]."""
        return self.clock.dt

    @property
    def steps(self) -> int:
        """Steps of a trial."""
        return self.clock.steps

    @property
    def duration(self) -> float:
        """T [ms]."""
        return self.clock.duration

    def __str__(self) -> str:
        return listing(self)
