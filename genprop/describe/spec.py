"""The frozen description: what ``Network.freeze`` gives and every later stage reads.

Data only: strings, numbers and numpy arrays, no functions. Two networks that would compute the
same have the same :meth:`NetworkSpec.digest`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from genprop.describe.digest import STATE, WHERE_USED, digest_of
from genprop.describe.modelspec import (
    Equation,
    NeuronSpec,
    QuantitySpec,
    SenderSpec,
    SynapseSpec,
    UpdateSpec,
)
from genprop.errors import DescriptionError
from genprop.units import DIMENSIONLESS, Dimension

if TYPE_CHECKING:
    import numpy as np

    from genprop.describe.initial import Initialiser

__all__ = [
    "Drawn",
    "Equation",
    "LossTermSpec",
    "NetworkSpec",
    "NeuronSpec",
    "ParameterSpec",
    "PatternSpec",
    "PopulationSpec",
    "ProjectionSpec",
    "QuantitySpec",
    "ReadoutSpec",
    "ReceptorSpec",
    "SenderSpec",
    "SynapseSpec",
    "UpdateSpec",
]


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """A parameter of the network, by its flat name: ``"hidden.tau_mem"``, ``"inp->hidden.weight"``.

    ``shape`` is ``()`` for one value per population, ``(n,)`` per neuron, ``(pre, post)`` or
    ``(nnz,)`` per synapse; values are in base units of ``dimension``. ``key`` is the name in
    the model. ``per_neuron`` marks a leaf of a projection that is no value per synapse.
    """

    name: str
    key: str
    role: str
    shape: tuple[int, ...]
    initial: Initialiser
    dimension: Dimension = DIMENSIONLESS
    learned: bool = False
    minimum: float | None = None
    maximum: float | None = None
    doc: str = field(default="", compare=False)
    per_neuron: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class ReceptorSpec:
    """One synapse model on one population; projections onto it have common states.

    ``suffix`` is appended to state and parameter names where a population has several receptors
    (``"_fast"``), and is empty where it has one.
    """

    name: str
    suffix: str
    synapse: SynapseSpec
    parameters: tuple[ParameterSpec, ...]


@dataclass(frozen=True, slots=True)
class PopulationSpec:
    """``size`` neurons of one model, or a source when ``neuron`` is None.

    ``parameters`` are those of the neuron, in the model's order. ``sends`` names the values that
    graded neurons, or a source of values, send each step; it is empty where spikes are sent.
    """

    name: str
    size: int
    neuron: NeuronSpec | None
    parameters: tuple[ParameterSpec, ...] = ()
    receptors: tuple[ReceptorSpec, ...] = ()
    sends: tuple[str, ...] = field(default=(), metadata=WHERE_USED)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Each pair is connected with one probability, drawn from ``seed``."""

    probability: float
    seed: int = field(compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class PatternSpec:
    """A pattern of connections: ``"dense"``, or ``"sparse"``, which lists its synapses or draws.

    Which synapses there are in a moment is state (:class:`~genprop.describe.topology.Synapses`);
    here stands how they begin. A list is in row order (CSR): ``row_start`` (pre + 1,) and
    ``column`` (nnz,), ascending for each presynaptic neuron; both are empty for the others.
    """

    kind: str
    row_start: np.ndarray = field(metadata=STATE)
    column: np.ndarray = field(metadata=STATE)
    drawn: Drawn | tuple[()] = field(default=(), metadata=WHERE_USED)


@dataclass(frozen=True, slots=True)
class ProjectionSpec:
    """Spikes of ``pre`` arrive at receptor ``receptor`` of ``post`` after a delay, with a weight.

    ``delay`` is None where every delay is zero. ``max_delay`` [ms] bounds delays now and while
    learning. Where the synapse keeps states on the sender's side, ``sender`` are their equations
    and ``sender_parameters`` what these read, one value each or one per sending neuron.
    """

    name: str
    pre: str
    post: str
    receptor: str
    pattern: PatternSpec
    weight: ParameterSpec
    delay: ParameterSpec | None
    max_delay: float
    sender: SenderSpec | tuple[()] = field(default=(), metadata=WHERE_USED)
    sender_parameters: tuple[ParameterSpec, ...] = field(default=(), metadata=WHERE_USED)

    def without_synapses(self) -> ProjectionSpec:
        """The same without the number of its synapses, where it is sparse."""
        if self.pattern.kind == "dense":
            return self
        delay = None if self.delay is None else replace(self.delay, shape=())
        return replace(self, weight=replace(self.weight, shape=()), delay=delay)


@dataclass(frozen=True, slots=True)
class ReadoutSpec:
    """What a loss looks at: ``kind`` is a file in ``adjoint/readouts``, ``state`` may be empty."""

    kind: str
    population: str
    state: str = ""
    options: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.state, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DescriptionError(
                f"{self.kind} looks at a state by its name, not at {self.state!r:.60}",
                remedy=f'write gp.{self.kind}({self.population!r}, "v")',
            )


@dataclass(frozen=True, slots=True)
class LossTermSpec:
    """``coefficient`` × the loss ``kind`` (a file in ``adjoint/losses``) of one readout."""

    coefficient: float
    kind: str
    readout: ReadoutSpec
    options: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """The whole description: populations in order, projections, loss terms and optimisers.

    Where parameters are derived, ``leaves`` are positions and what ``stages`` (their forms, in
    order) add, and ``derived`` names those that are computed from them. ``rewired`` names the
    projections whose synapses change while learning, ``papers`` what these methods are cited for.
    """

    name: str
    populations: tuple[PopulationSpec, ...]
    projections: tuple[ProjectionSpec, ...]
    loss: tuple[LossTermSpec, ...] = ()
    updates: tuple[UpdateSpec, ...] = ()
    leaves: tuple[ParameterSpec, ...] = field(default=(), metadata=WHERE_USED)
    derived: tuple[str, ...] = field(default=(), metadata=WHERE_USED)
    stages: tuple[str, ...] = field(default=(), metadata=WHERE_USED)
    rewired: tuple[str, ...] = field(default=(), metadata=WHERE_USED)
    papers: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def graded(self) -> bool:
        """Whether its neurons send values, not spikes."""
        return any(p.sends for p in self.populations)

    def population(self, name: str) -> PopulationSpec:
        """The population called ``name``."""
        return next(p for p in self.populations if p.name == name)

    def projection(self, name: str) -> ProjectionSpec:
        """The projection called ``name``."""
        return next(p for p in self.projections if p.name == name)

    def parameters(self) -> Iterator[ParameterSpec]:
        """Every parameter that runs: populations (neuron, then receptors), then projections."""
        for population in self.populations:
            yield from population.parameters
            for receptor in population.receptors:
                yield from receptor.parameters
        for projection in self.projections:
            yield projection.weight
            if projection.delay is not None:
                yield projection.delay
            yield from projection.sender_parameters

    def leaf_parameters(self) -> Iterator[ParameterSpec]:
        """What is drawn, learned and saved: all that is not derived, then the stages' leaves."""
        yield from (p for p in self.parameters() if p.name not in self.derived)
        yield from self.leaves

    def digest(self) -> str:
        """sha256 over everything that changes what is computed; places and prose do not count.

        Nor do the synapses of sparse projections and how many they are: these are state.
        """
        patterns = tuple(p.without_synapses() for p in self.projections)
        sparse = (p for p in self.projections if self.leaves and p.pattern.kind != "dense")
        each = {name for p in sparse for name in self.synaptic(p)}
        leaves = tuple(replace(x, shape=()) if x.name in each else x for x in self.leaves)
        return digest_of(replace(self, projections=patterns, leaves=leaves))

    def synaptic(self, projection: ProjectionSpec) -> list[str]:
        """The parameters that have one value per synapse of a sparse projection."""
        own, each = f"{projection.name}.", (projection.weight.shape, False)
        every = (p for p in (*self.parameters(), *self.leaves) if p.name.startswith(own))
        return [p.name for p in every if (p.shape, p.per_neuron) == each]
