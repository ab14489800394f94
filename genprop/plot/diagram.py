"""The diagram of a network: populations as boxes, projections as arrows, what is read out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop._checks import refuse_unlike
from genprop.describe.spec import NetworkSpec
from genprop.plot.canvas import axes_for
from genprop.plot.style import COLOURS, GREY
from genprop.runtime.simulator import Simulator

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.describe.network import Network
    from genprop.describe.spec import PopulationSpec, ProjectionSpec

__all__ = ["diagram_size", "network"]

_WIDTH, _HEIGHT = 1.0, 0.62
"""Of a box, in units of the plane."""
_ACROSS, _DOWN = 1.9, 1.15
"""From a box to the next, along a row and down a column."""
_INCHES = 1.15
"""A unit of the plane."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The middle of a box."""

    x: float
    y: float


def network(net: Network | NetworkSpec | Simulator, *, ax: Axes | None = None) -> Axes:
    """Populations as boxes from left to right, projections as arrows, the loss beside its readout.

    Sources are grey, populations blue. An arrow says which synapse it is, whether it is sparse or
    has delays, and which of its weights w and delays d are learned or derived of others.

    Args:
        net: a network, frozen or not, or a simulator of one.
        ax: where it is drawn; by default on new axes.

    Raises:
        DescriptionError: for a network that cannot be.
        ConfigurationError: where matplotlib is not installed.
    """
    spec = _spec(net)
    places = _layout(spec)
    ax = axes_for(ax, diagram_size(net))
    for population in spec.populations:
        _draw_box(ax, population, places[population.name])
    taken: dict[tuple[str, str], int] = {}
    for projection in spec.projections:
        ends = (projection.pre, projection.post)
        taken[ends] = taken.get(ends, -1) + 1
        _draw_arrow(ax, spec, projection, places, taken[ends])
    for population in spec.populations:
        _draw_losses(ax, spec, population, places[population.name])
    left, right, low, high = _extent(spec, places)
    ax.set(xlim=(left, right), ylim=(low, high), aspect="equal")
    ax.axis("off")
    return ax


def diagram_size(net: Network | NetworkSpec | Simulator) -> tuple[float, float]:
    """Width and height of the diagram [inches]."""
    spec = _spec(net)
    left, right, low, high = _extent(spec, _layout(spec))
    return _INCHES * (right - left), _INCHES * (high - low)


def _extent(spec: NetworkSpec, places: dict[str, _Place]) -> tuple[float, float, float, float]:
    """Left, right, lower and upper end: room above for loops, below for arrows and losses."""
    xs, ys = [p.x for p in places.values()], [p.y for p in places.values()]
    loops = [p for p in spec.projections if p.pre == p.post]
    beneath = [p for p in spec.projections if _below(p, places)]
    above = 1.05 + 0.25 * (len(loops) - 1) if loops else 0.55
    under = 1.0 if beneath else 0.65 if spec.loss else 0.45
    return min(xs) - 0.7, max(xs) + 0.7, min(ys) - under, max(ys) + above


def _below(projection: ProjectionSpec, places: dict[str, _Place]) -> bool:
    """Whether its arrow runs below the boxes: back, or past some."""
    one, other = places[projection.pre], places[projection.post]
    past = other.x - one.x > 1.5 * _ACROSS and one.y == other.y
    return past or (other.x <= one.x and projection.pre != projection.post)


def _spec(net: Network | NetworkSpec | Simulator) -> NetworkSpec:
    if isinstance(net, Simulator):
        return net.spec
    if isinstance(net, NetworkSpec):
        return net
    refuse_unlike(net, "freeze", "plot.network(net, …)", "a gp.Network")
    return net.freeze()


def _layout(spec: NetworkSpec) -> dict[str, _Place]:
    """A column per depth: the longest way from a population without senders, loops left out."""
    order = [p.name for p in spec.populations]
    senders = {name: {p.pre for p in spec.projections if p.post == name} for name in order}
    depth: dict[str, int] = {}

    def deep(name: str, path: tuple[str, ...]) -> int:
        if name in depth:
            return depth[name]
        before = [deep(s, (*path, name)) for s in order if s in senders[name] - {*path, name}]
        found = 1 + max(before, default=-1)
        if not path:
            depth[name] = found
        return found

    for name in order:
        deep(name, ())
    columns: dict[int, list[str]] = {}
    for name in order:
        columns.setdefault(depth[name], []).append(name)
    return {
        name: _Place(_ACROSS * column, _DOWN * ((len(names) - 1) / 2 - row))
        for column, names in columns.items()
        for row, name in enumerate(names)
    }


def _draw_box(ax: Axes, population: PopulationSpec, place: _Place) -> None:
    from matplotlib.patches import FancyBboxPatch

    source = population.neuron is None
    colour = GREY if source else COLOURS[0]
    corner = (place.x - _WIDTH / 2, place.y - _HEIGHT / 2)
    style = "round,pad=0,rounding_size=0.1"
    ax.add_patch(
        FancyBboxPatch(
            corner,
            _WIDTH,
            _HEIGHT,
            style,
            facecolor=(colour, 0.14),
            edgecolor=colour,
            linewidth=1.2,
        )
    )
    kind = "channels" if population.neuron is None else f"× {population.neuron.name}"
    ax.text(place.x, place.y + 0.12, population.name, ha="center", va="center", fontsize=10)
    words = f"{population.size} {kind}"
    ax.text(place.x, place.y - 0.14, words, ha="center", va="center", fontsize=8)


def _draw_arrow(
    ax: Axes,
    spec: NetworkSpec,
    projection: ProjectionSpec,
    places: dict[str, _Place],
    number: int,
) -> None:
    from matplotlib.patches import FancyArrowPatch

    one, other = places[projection.pre], places[projection.post]
    words = _words(projection, spec.derived)
    if projection.pre == projection.post:
        start, end = (one.x - 0.28, one.y + _HEIGHT / 2), (one.x + 0.28, one.y + _HEIGHT / 2)
        bend, at = -1.1, (one.x, one.y + _HEIGHT / 2 + 0.5 + 0.25 * number)
    elif other.x > one.x:
        far = other.x - one.x > 1.5 * _ACROSS and one.y == other.y
        low = 0.2 if far else 0.0
        start = (one.x + _WIDTH / 2, one.y - low)
        end = (other.x - _WIDTH / 2, other.y - low)
        bend = 0.22 if far else -0.25 * number
        lift = -0.13 * (end[0] - start[0]) - 0.13 if far else 0.17 + 0.2 * number
        at = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + lift)
    else:
        start, end = (one.x, one.y - _HEIGHT / 2), (other.x, other.y - _HEIGHT / 2)
        bend = -0.3 if one.x > other.x else 0.3
        at = ((start[0] + end[0]) / 2, min(start[1], end[1]) - 0.3)
    arrow = FancyArrowPatch(
        start, end, connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>", mutation_scale=9,
        color=GREY, linewidth=1.1, shrinkA=0, shrinkB=0,
    )  # fmt: skip
    ax.add_patch(arrow)
    ax.text(*at, words, ha="center", va="center", fontsize=7)


def _words(projection: ProjectionSpec, derived: tuple[str, ...]) -> str:
    delay = projection.delay
    parts = [projection.receptor]
    if projection.pattern.kind != "dense":
        parts.append("sparse")
    if delay is not None:
        parts.append("delays")
    lines = [", ".join(parts)]
    both = [("w", projection.weight)] + ([] if delay is None else [("d", delay)])
    for verb, letters in (
        ("learns", [letter for letter, p in both if p.learned and p.name not in derived]),
        ("derives", [letter for letter, p in both if p.name in derived]),
    ):
        if letters:
            lines.append(f"{verb} {', '.join(letters)}")
    return "\n".join(lines)


def _draw_losses(ax: Axes, spec: NetworkSpec, population: PopulationSpec, place: _Place) -> None:
    """What the loss looks at, below the box."""
    lines = [
        f"{term.kind} of {term.readout.kind} {term.readout.state}".replace("_", " ")
        for term in spec.loss
        if term.readout.population == population.name
    ]
    if lines:
        ax.text(
            place.x, place.y - _HEIGHT / 2 - 0.08, "\n".join(lines), ha="center", va="top",
            fontsize=7, color=COLOURS[1],
        )  # fmt: skip
