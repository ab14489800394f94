"""A graded network on a chip: measured on data, and rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.graded.check import graded_findings
from genprop.backends.loihi.graded.rounding import round_graded
from genprop.backends.reference.graded_trial import Moment, Trial, matrix
from genprop.errors import DataError, refuse_if
from genprop.runtime.chip_options import chip_options
from genprop.runtime.graded_chip import GradedChip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.backends.loihi.mapping.options import Quantise
    from genprop.runtime.graded_chip import Trained

__all__ = ["retarget_graded"]

Place = tuple[str, str]


def retarget_graded(sim: Trained, target: str, options: Quantise | None) -> GradedChip:
    """The network of ``sim`` on a chip, its scales measured on ``options.calibrate``.

    Raises:
        GenpropError: everything that the chip cannot hold, at once.
    """
    chosen = chip_options(target, options)
    refuse_if(graded_findings(sim.graded, chosen))
    arrays = sim.arrays()
    weights = {q.name: matrix(q, arrays, sim.topology) for q in sim.graded.projections}
    peaks = _peaks(sim, chosen, arrays)
    rounded = round_graded(sim.graded, weights, arrays, peaks, chosen.weight_bits, chosen.headroom)
    return GradedChip(sim, rounded, chosen)


def _peaks(sim: Trained, options: Quantise, arrays: Mapping[str, np.ndarray]) -> dict[Place, float]:
    """The largest magnitudes over all samples and steps, in floats.

    Raises:
        DataError: where the calibration data have no samples.
    """
    found: dict[Place, float] = {}

    def look(now: Moment) -> None:
        for key, x in (now.states | now.inputs | now.values).items():
            found[key] = max(found.get(key, 0.0), float(np.abs(x).max(initial=0.0)))

    assert options.calibrate is not None
    for batch in options.calibrate.batches(sim.batch, seed=None):
        Trial(sim.graded, arrays, sim.topology, sim.inputs(batch)).run(look)
    if not found:
        raise DataError("there are no samples to calibrate with", remedy="give some")
    return found
