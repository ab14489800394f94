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
    from genprop.lower.program import Program, ProjectionProgram, SenderProgram

__all__ = ["check"]


def check(
    program: Program, parameters: Parameters, *, clip_delays: bool = False
) -> tuple[dict[str, Cell], list[GenpropError]]:
    """The cells by population, and all findings; the cells are whole where nothing was found.

    With ``clip_delays`` longer delays than the chip has are no finding.
    """
    cells: dict[str, Cell] = {}
    findings: list[GenpropError] = []
    for population in program.populations:
        if population.source:
            continue
        cell, found = recognise(population, parameters, program.dt)
        findings += found
        if cell is not None:
            cells[cell.name] = cell
    findings += map(_sender, program.senders)
    for projection in () if clip_delays else program.projections:
        findings += _delays(projection, parameters, program.grid)
    return cells, findings


def _sender(sender: SenderProgram) -> UnsupportedError:
    return UnsupportedError(
        f"states on the sender's side ({', '.join(sender.cell.states)}): the chip's neurons could "
        "send graded spikes, but the cells that networks are mapped to send all or nothing, and "
        "have no states that jump by products of each other",
        where=f"projection {sender.projection}",
        remedy="train with a synapse without sender_flow, as gp.synapse('exp')",
    )


def _delays(
    projection: ProjectionProgram, parameters: Parameters, clock: StepClock
) -> list[UnsupportedError]:
    if not projection.delay:
        return []
    steps = clock.delay_steps(parameters[projection.delay])
    beyond = steps > DELAY.highest
    if not beyond.any():
        return []
    longest, most = float(clock.delays(steps.max())), clock.dt * DELAY.highest
    return [
        UnsupportedError(
            f"{np.count_nonzero(beyond)} of {beyond.size} delays are longer than "
            f"{DELAY.highest} steps; the longest is {longest:g} ms, {steps.max()} steps of "
            f"{clock.dt:g} ms",
            where=f"projection {projection.name}",
            remedy=f"Quantise(clip_delays=True), which makes them {most:g} ms, or learn(…, "
            f"max={most:g}*ms), or dt={_legal_step(longest, clock):.12g}*ms",
        )
    ]


def _legal_step(longest: float, clock: StepClock) -> float:
    """A step that divides the trial and holds the longest delay: one of few digits, if there is."""
    duration, fewest = clock.dt * clock.steps, longest / DELAY.highest
    most = int(duration / fewest * (1 + 1e-12))
    for digits in (1, 2, 3, 4):
        for count in range(most, int(0.8 * most), -1):
            step = float(f"{duration / count:.{digits}g}")
            if step >= fewest * (1 - 1e-12) and abs(step * count - duration) < 1e-9 * duration:
                return step
    return duration / max(most, 1)
