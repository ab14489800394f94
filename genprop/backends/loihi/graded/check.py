"""What of a graded network the chip cannot do, at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop.backends.loihi.graded.fixed_point import beyond_integers
from genprop.errors import ConfigurationError, UnsupportedError

if TYPE_CHECKING:
    from genprop.backends.loihi.mapping.options import Quantise
    from genprop.errors import GenpropError
    from genprop.lower.graded_program import GradedProgram

__all__ = ["graded_findings"]


def graded_findings(program: GradedProgram, options: Quantise) -> Iterator[GenpropError]:
    """Equations without integers, sources that are relayed, and choices that are of spikes."""
    for p in program.populations:
        moving = (*p.states, *p.inputs)
        for what in dict.fromkeys(beyond_integers((*p.advance, *p.send), moving)):
            yield UnsupportedError(
                f"the chip's neurons add, multiply, shift and compare: they have not {what}",
                where=f"population {p.name}",
                remedy="write it with products, sums, max, min and abs, as gp.neuron('group_norm') "
                "finds a norm without a root",
            )
    if options.calibrate is None:
        yield ConfigurationError(
            "the scales of states and messages follow from data, and there are none",
            where="Quantise(…)",
            remedy="gp.Quantise(calibrate=dataset)",
        )
    for name, given, legal in (
        ("rounding", options.rounding, (None, "nearest")),
        ("scale", options.scale, (None, "calibrated")),
    ):
        if given not in legal:
            yield UnsupportedError(
                f"{name}={given!r:.60} is of networks of spikes",
                where="Quantise(…)",
                remedy="leave it out: weights are rounded to the nearest, scales are measured",
            )
