"""Whether a description and a Program that a file held belong together, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.describe.text import check_identifier, check_title
from genprop.describe.topology import initial_topology
from genprop.errors import ConfigurationError
from genprop.lower.graded_program import GradedProjection

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.graded_program import GradedProgram
    from genprop.lower.program import Program

__all__ = ["refuse_unsound_files"]


def refuse_unsound_files(spec: NetworkSpec, program: Program | GradedProgram, where: str) -> None:
    """Refuse sizes, shapes, connections and names that backends would run over.

    Raises:
        ConfigurationError, DescriptionError: naming what does not fit.
    """
    check_title(program.name, "network")
    sizes = {p.name: p.size for p in spec.populations}
    shapes = {p.name: p.shape for p in spec.parameters()}
    for p in program.populations:
        check_identifier(p.name, "population")
        if sizes.get(p.name) != p.size or p.size < 1:
            raise _unsound(f"{p.name} has {p.size} and {sizes.get(p.name)} neurons", where)
        for used in p.parameters:
            if shapes.get(used.name) != ((p.size,) if used.per_neuron else ()):
                raise _unsound(f"{used.name} has the shape {shapes.get(used.name)}", where)
    synapses = initial_topology(spec)
    for q in program.projections:
        if q.name not in synapses or q.pre not in sizes or q.post not in sizes:
            raise _unsound(f"projection {q.name} is not described", where)
        if not synapses[q.name].dense:
            continue  # their shape is that of their synapses, which are state
        for name in (q.weight,) if isinstance(q, GradedProjection) else (q.weight, q.delay):
            if name and shapes.get(name) != (sizes[q.pre], sizes[q.post]):
                raise _unsound(f"{name} has the shape {shapes.get(name)}", where)


def _unsound(what: str, where: str) -> ConfigurationError:
    return ConfigurationError(
        f"the description and the program do not belong together: {what}",
        where=where,
        remedy="write the folder again: genprop build NET -o DIR",
    )
