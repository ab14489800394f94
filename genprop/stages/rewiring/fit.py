"""Whether a projection can be rewired by a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from genprop.describe.position import position_name
from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec

__all__ = ["refuse_unfit"]


class _Rule(Protocol):
    """A rewiring rule, as far as it is read here."""

    @property
    def needs_magnitudes(self) -> bool: ...

    @property
    def projection(self) -> str: ...

    @property
    def pre(self) -> str: ...

    @property
    def post(self) -> str: ...

    @property
    def reach(self) -> float | None: ...


def refuse_unfit(rule: _Rule, spec: NetworkSpec) -> None:
    """Refuse weights that a rule cannot rewire by, and a reach without positions.

    Raises:
        DescriptionError: naming what is missing.
    """
    title, where = type(rule).__name__, rule.projection
    projection = next((p for p in spec.projections if p.name == rule.projection), None)
    if projection is None:
        return  # an error of its own, for every stage
    leaves = {leaf.name: leaf for leaf in spec.leaves}
    magnitude = leaves.get(f"{rule.projection}.magnitude")
    if magnitude is None and rule.needs_magnitudes:
        raise DescriptionError(
            f"{title} rewires by magnitudes that reach zero, and {where} has weights of any sign",
            where=where,
            remedy="give weight=gp.dale(gp.learn(…)) or gp.signed(gp.learn(…))",
        )
    if magnitude is None and projection.weight.name in spec.derived:
        raise DescriptionError(
            f"the weights of {where} are derived, and nothing of its own says which are small",
            where=where,
            remedy="rewire projections with weights, gp.dale(…) or gp.signed(…)",
        )
    if not (magnitude or projection.weight).learned:
        raise DescriptionError(
            f"the weights of {where} are not learned, so {title} has nothing to go by",
            where=where,
            remedy="put them inside gp.learn(…)",
        )
    if magnitude is not None and (magnitude.minimum or 0.0) > 0:
        raise DescriptionError(
            f"{magnitude.name} is at least {magnitude.minimum:g}, and synapses begin and end at 0",
            where=where,
            remedy="leave min out",
        )
    if rule.reach is not None:
        _refuse_without_positions(rule, {name: leaf.shape for name, leaf in leaves.items()})


def _refuse_without_positions(rule: _Rule, shapes: dict[str, tuple[int, ...]]) -> None:
    dims: set[int] = set()
    for population in (rule.pre, rule.post):
        shape = shapes.get(position_name(population))
        if shape is None:
            raise DescriptionError(
                f"{type(rule).__name__}(reach=…) is a distance, and {population} has no positions",
                where=rule.projection,
                remedy=f"describe it with population({population!r}, …, position=…)",
            )
        dims.add(shape[1])
    if len(dims) > 1:
        raise DescriptionError(
            f"{rule.pre} and {rule.post} lie in spaces of different dimensions",
            where=rule.projection,
            remedy="give both positions the same dims",
        )
