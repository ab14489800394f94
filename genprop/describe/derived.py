"""Parameters that others are made of: what a stage declares beside the network's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from genprop.describe.declaration import declare
from genprop.describe.spec import ParameterSpec, QuantitySpec
from genprop.errors import DescriptionError, did_you_mean
from genprop.units import DIMENSIONLESS, Dimension, Quantity

if TYPE_CHECKING:
    from genprop.describe.initial import Learn, Value
    from genprop.describe.spec import NetworkSpec, PopulationSpec, ProjectionSpec

__all__ = ["Declared", "Declares", "extended", "leaf"]


@dataclass(frozen=True, slots=True)
class Declared:
    """What a stage adds to a description.

    Attributes:
        leaves: parameters of its own, which are drawn, learned, bounded and saved like any other.
        derived: flat names of the network's parameters that it computes; these are neither
            learned, drawn nor saved themselves.
        reads: parameters of others that it computes them from, beside its own leaves.
        rewired: projections whose synapses it changes.
        papers: (what for, paper) of the method.
    """

    leaves: tuple[ParameterSpec, ...] = ()
    derived: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    rewired: tuple[str, ...] = ()
    papers: tuple[tuple[str, str], ...] = ()


class Declares(Protocol):
    """A stage, as a description sees it."""

    @property
    def form(self) -> str:
        """Everything about the stage that what is computed depends on."""
        ...

    def declare(self, spec: NetworkSpec) -> Declared:
        """Its leaves, and what it derives from them."""
        ...


def leaf(
    name: str,
    shape: int | tuple[int, ...],
    value: Value | Learn,
    *,
    role: str = "leaf",
    unit: Quantity | None = None,
    min: float | None = None,
    max: float | None = None,
    doc: str = "",
    per_neuron: bool = False,
) -> ParameterSpec:
    """A parameter that a stage makes others of: ``leaf("hidden.x", 100, learn(uniform(-1, 1)))``.

    Args:
        name: flat: that of the population or projection it belongs to, and its own after a dot.
        shape: of the array; ``()`` for one number.
        value: how it starts, inside ``gp.learn(…)`` where it is learned, with its bounds.
        role: a word by which optimisers and callbacks may name it, such as ``"weight"``.
        unit: of numbers, such as ``ms``; by default none.
        min: no value may be smaller, in that unit.
        max: no value may be larger.
        doc: what it is.
        per_neuron: a projection's leaf with one value per neuron, not per synapse.

    Raises:
        DescriptionError: for values outside the bounds or of another shape.
        DimensionError: for values in another unit.
    """
    dimension: Dimension = DIMENSIONLESS if unit is None else unit.dimension
    scale = 1.0 if unit is None else float(unit.value)
    low, high = (None if bound is None else bound * scale for bound in (min, max))
    key = name.rpartition(".")[2]
    like = QuantitySpec(key, 0.0, dimension, low, high, doc)
    made = declare(value, like, scale, name, shared=False).parameter(name, role, shape, like)
    return replace(made, per_neuron=per_neuron)


def extended(
    spec: NetworkSpec, stages: Sequence[Declares]
) -> tuple[NetworkSpec, list[DescriptionError]]:
    """The description with the leaves of ``stages``, and everything that does not fit."""
    findings: list[DescriptionError] = []
    for stage in stages:
        try:
            declared = stage.declare(spec)
        except DescriptionError as finding:
            findings.append(finding)
            continue
        findings += _findings(spec, stage, declared)
        read = [p for p in (*spec.parameters(), *spec.leaves) if p.name in declared.reads]
        learned = any(p.learned for p in (*declared.leaves, *read))
        spec = replace(
            _marked(spec, frozenset(declared.derived), learned),
            leaves=(*spec.leaves, *declared.leaves),
            derived=(*spec.derived, *declared.derived),
            stages=(*spec.stages, stage.form),
            rewired=(*spec.rewired, *declared.rewired),
            papers=(*spec.papers, *declared.papers),
        )
    return spec, findings


def _findings(spec: NetworkSpec, stage: Declares, declared: Declared) -> Iterator[DescriptionError]:
    where = f"stage {stage.form}"
    used = [p.name for p in spec.parameters()]
    taken = {*used, *(p.name for p in spec.leaves)}
    for parameter in declared.leaves:
        if parameter.name in taken:
            yield DescriptionError(
                f"there is a parameter {parameter.name!r} already",
                where=where,
                remedy="give the leaf another name",
            )
        taken.add(parameter.name)
    for name in declared.derived:
        if name in spec.derived:
            yield DescriptionError(
                f"{name} is derived twice", where=where, remedy="let one stage derive it"
            )
        elif name not in used:
            yield DescriptionError(
                f"{name!r} is no parameter of the network, so it cannot be derived",
                where=where,
                remedy="give connect(…, delay=gp.learn(0*ms, max=…)) where it is a delay"
                if name.endswith(".delay")
                else did_you_mean(name, used),
            )
    yield from _unrewirable(spec, declared.rewired, where)


def _unrewirable(
    spec: NetworkSpec, rewired: Sequence[str], where: str
) -> Iterator[DescriptionError]:
    """Why the synapses of these projections cannot change."""
    known = {p.name: p for p in spec.projections}
    for name in rewired:
        if name not in known:
            yield DescriptionError(
                f"there is no projection {name!r}", where=where, remedy=did_you_mean(name, known)
            )
        elif name in spec.rewired:
            yield DescriptionError(
                f"{name} is rewired twice", where=where, remedy="give it one rule"
            )
        elif known[name].pattern.kind == "dense":
            yield DescriptionError(
                f"{name} is dense: it has every synapse there can be, and none to move",
                where=where,
                remedy="give connect(…, pattern=gp.sparse(0.1))",
            )
        elif known[name].weight.shape == (0,):
            yield DescriptionError(
                f"{name} has no synapse, and rewiring keeps their number",
                where=where,
                remedy="give gp.sparse a higher probability, or another seed",
            )


def _marked(spec: NetworkSpec, derived: frozenset[str], learned: bool) -> NetworkSpec:
    """Derived parameters need a gradient where one of their leaves is learned."""

    def mark(parameter: ParameterSpec) -> ParameterSpec:
        own = parameter.name in derived
        return replace(parameter, learned=learned) if own else parameter

    def population(p: PopulationSpec) -> PopulationSpec:
        receptors = tuple(
            replace(r, parameters=tuple(map(mark, r.parameters))) for r in p.receptors
        )
        return replace(p, parameters=tuple(map(mark, p.parameters)), receptors=receptors)

    def projection(p: ProjectionSpec) -> ProjectionSpec:
        delay = None if p.delay is None else mark(p.delay)
        of_sender = tuple(map(mark, p.sender_parameters))
        return replace(p, weight=mark(p.weight), delay=delay, sender_parameters=of_sender)

    if not derived:
        return spec
    return replace(
        spec,
        populations=tuple(map(population, spec.populations)),
        projections=tuple(map(projection, spec.projections)),
    )
