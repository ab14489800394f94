"""Stages that are expressions of each synapse: those that a device can compute by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from genprop.lower.derivation import Derivation, Operand, Source

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ParameterSpec
    from genprop.lower.formula import Formula
    from genprop.lower.nodes import Assign
    from genprop.stages.base import Stage

__all__ = ["derivation", "derivations"]


def derivation(
    spec: NetworkSpec,
    target: str,
    formula: Formula,
    operands: Sequence[Operand],
    *,
    lines: Iterable[Assign] = (),
    constants: Iterable[Source] = (),
) -> Derivation | None:
    """A stage's ``expression``; None for what no device computes by itself.

    That is a target of a population, an operand that is no leaf (another projection's weight, or
    something derived), and one that is read at another place than its array has elements for.
    """
    projection, _, what = target.rpartition(".")
    synapses = {p.name: p.weight.shape for p in spec.projections}
    if projection not in synapses or what not in ("weight", "delay"):
        return None
    known = {source.name: source for source in constants}
    for leaf in spec.leaves:
        columns = leaf.shape[1] if len(leaf.shape) > 1 and not _synaptic(leaf, spec) else 1
        known.setdefault(leaf.name, Source(leaf.name, columns, leaf.learned))
    shapes = {leaf.name: leaf.shape for leaf in spec.leaves}
    for operand in operands:
        shape = shapes.get(operand.of, synapses[projection])
        wanted = {"element": synapses[projection], "one": ()}.get(operand.at, shape)
        if operand.of not in known or shape != wanted:
            return None
    used = tuple(dict.fromkeys(known[operand.of] for operand in operands))
    return Derivation(target, projection, formula, tuple(operands), used, tuple(lines))


def derivations(stages: Sequence[Stage], spec: NetworkSpec) -> tuple[Derivation, ...]:
    """What devices can compute by themselves of all that ``stages`` derive."""
    found = (stage.expression(spec) for stage in stages)
    return tuple(d for d in found if d is not None)


def _synaptic(leaf: ParameterSpec, spec: NetworkSpec) -> bool:
    return any(leaf.name in spec.synaptic(projection) for projection in spec.projections)
