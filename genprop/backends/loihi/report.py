"""What became of a network on the chip, as text and as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.backends.loihi.chip.costs import ESTIMATE

if TYPE_CHECKING:
    from genprop.backends.loihi.chip.activity import Activity
    from genprop.backends.loihi.chip.costs import Energy, Latency
    from genprop.backends.loihi.chip.resources import Resources
    from genprop.backends.loihi.mapping.rounding import CellReport, SynapseReport

__all__ = ["Report", "Travelled"]


@dataclass(frozen=True, slots=True)
class Travelled:
    """How far spikes travel with a placement.

    Attributes:
        method: by which neurons were put onto cores.
        cores: that it takes.
        hops: of all spikes of a sample between cores, on average.
    """

    method: str
    cores: int
    hops: float


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The integers, what was lost, what was seen while running; ``print`` it.

    Attributes:
        name: of the network.
        rule: the scale rule.
        bits: weight bits.
        cells: by population, what rounding did.
        synapses: by projection, what rounding did.
        activity: wraps, saturations and spikes over all samples run so far.
        resources: what it takes of the chip.
        energy: per sample; None before any ran.
        latency: likewise.
        placements: hops of the spikes with each placement; empty before any ran.
    """

    name: str
    rule: str
    bits: int
    cells: tuple[CellReport, ...]
    synapses: tuple[SynapseReport, ...]
    activity: Activity
    resources: Resources
    energy: Energy | None
    latency: Latency | None
    placements: tuple[Travelled, ...] = ()

    def __repr__(self) -> str:
        clipped = sum(s.clipped for s in self.synapses)
        return (
            f"Report({self.name!r} on Loihi 2, {self.bits} weight bits, scale {self.rule!r}, "
            f"{clipped} weights clipped; print it for more)"
        )

    def __str__(self) -> str:
        lines = [f"{self.name} on Loihi 2: {self.bits} weight bits, scale {self.rule!r}"]
        lines += [self._cell(c) for c in self.cells]
        lines += [_synapse(s) for s in self.synapses]
        needs = self.resources
        few, many = needs.cores
        lines.append(
            f"{needs.neurons} neurons, {needs.synapses} synapses in "
            f"{needs.synapse_bytes / 1024:.1f} KiB, fan-in up to {needs.fan_in}, "
            f"{few if few == many else f'{few} to {many}'} cores"
        )
        lines += [
            f"placed by {p.method} on {p.cores} cores: {p.hops:.4g} hops of spikes per sample"
            for p in self.placements
        ]
        lines += [f"warning: {words}" for words in needs.warnings]
        lines += self._estimates()
        return "\n".join(lines)

    def _cell(self, cell: CellReport) -> str:
        wraps = self.activity.wraps.get(cell.name, 0)
        held = self.activity.saturations.get(cell.name, 0)
        return (
            f"{cell.name}: scale {cell.scale:.4g}, threshold {cell.threshold_error:+.2%}, "
            f"time constants {cell.voltage_time_error:+.2%} (v) and "
            f"{cell.current_time_error:+.2%} (u), "
            f"{wraps} wraps of u, {held} saturations of v"
        )

    def _estimates(self) -> list[str]:
        energy, latency = self.energy, self.latency
        if energy is None or latency is None:
            return [f"energy and time per sample: run data first ({ESTIMATE})"]
        return [
            f"energy per sample: {energy.least:.3g} to {energy.most:.3g} µJ "
            f"({ESTIMATE}), from {energy.synaptic_operations:.4g} synaptic operations, "
            f"{energy.updates:.4g} neuron updates and {energy.spikes:.4g} spikes",
            f"time per sample: {latency.least:.3g} to {latency.most:.3g} ms ({ESTIMATE})",
        ]


def _synapse(s: SynapseReport) -> str:
    scale = f"{s.scale:.4g}" + (f" × 2^{s.exponent}" if s.exponent else "")
    return (
        f"{s.name}: scale {scale}, of {s.synapses} weights {s.clipped} clipped and "
        f"{s.zeroed} zeroed, rms error {s.weight_error:.2%}; delays up to {s.longest} steps, "
        + (f"{s.shortened} of {s.synapses} clipped to that, " if s.shortened else "")
        + f"rms error {s.delay_error:.3g} ms"
    )
