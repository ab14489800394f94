"""Everything about a trained network that the chip cannot hold, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.chip.limits import DELAY
from genprop.backends.loihi.mapping.cell import Cell, recognise
from genprop.errors import GenpropError, UnsupportedError

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.lower.clocks.base import StepClock
    from genprop.lower.program import Program, ProjectionProgram

__all__ = ["check"]


def check(program: Program, parameters: Parameters) -> tuple[dict[str, Cell], list[GenpropError]]:
    """The cells by population, and all findings; the cells are whole where nothing was found."""
    cells: dict[str, Cell] = {}
    findings: list[GenpropError] = []
    for population in program.populations:
        if population.source:
            continue
        cell, found = recognise(population, parameters, program.dt)
        findings += found
        if cell is not None:
            cells[cell.name] = cell
    for projection in program.projections:
        findings += _delays(projection, parameters, program.grid)
    return cells, findings


def _delays(
    projection: ProjectionProgram, parameters: Parameters, clock: StepClock
) -> list[UnsupportedError]:
    if not projection.delay:
        return []
    steps = clock.delay_steps(parameters[projection.delay])
    beyond = steps > DELAY.highest
    if not beyond.any():
        return []
    longest = float(clock.delays(steps.max()))
    step = longest / DELAY.highest
    return [
        UnsupportedError(
            f"{np.count_nonzero(beyond)} of {beyond.size} delays are longer than "
            f"{DELAY.highest} steps; the longest is {longest:g} ms, {steps.max()} steps of "
            f"{clock.dt:g} ms",
            where=f"projection {projection.name}",
            remedy=f"learn(…, max={clock.dt * DELAY.highest:g}*ms), or dt={step:.3g}*ms or longer",
        )
    ]
