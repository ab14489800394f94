"""Whether a guard can work: it reads a state, and its reset makes it false."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import sympy

from genprop.describe.text import CLOCK
from genprop.equations.grammar import parse_guard
from genprop.equations.syntax import fault
from genprop.equations.threshold import (
    after_reset,
    at_start,
    guard_states,
    on_thresholds,
    rising,
    still_above,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genprop.describe.spec import NeuronSpec
    from genprop.errors import GenpropError

__all__ = ["check_guard"]


def check_guard(spec: NeuronSpec) -> Iterator[GenpropError]:
    """What is wrong with a guard whose equations parse, at the default parameters without input."""
    if spec.spike is None:
        return
    quantities = (*spec.states, *spec.parameters, *spec.inputs)
    symbols = {
        name: sympy.Symbol(name, real=True) for name in (CLOCK, *(q.name for q in quantities))
    }
    guard = parse_guard(spec.spike, symbols)
    if not any(symbols[q.name] in guard.free_symbols for q in spec.states):
        yield fault(
            "the condition of a spike reads no state", spec.spike, 0, "write v > v_th, v a state"
        )
        return
    if rising(spec):
        return
    values = at_start() | {q.name: np.asarray(q.value, np.float64) for q in quantities}
    for point in on_thresholds(spec, values):
        after = after_reset(spec, point)
        if all(np.isfinite(after[x]) for x in after) and still_above(spec, after):
            numbers = ", ".join(f"{x} = {after[x]:g}" for x in guard_states(spec))
            yield fault(
                f"after its reset the neuron is still at or above its threshold ({numbers})",
                spec.spike,
                0,
                "let the reset take a state of the condition below the threshold",
            )
            return
