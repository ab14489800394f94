"""The tables of a chip's page, as names and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.backends.loihi.chip import limits
from genprop.backends.loihi.chip.costs import CONSTANTS, ESTIMATE, of_reference
from genprop.backends.loihi.chip.published import PUBLISHED, REFERENCE
from genprop.train.agreement import as_correlation

if TYPE_CHECKING:
    from genprop.experiment.deploy import Deployed

__all__ = ["as_range", "chip_tables"]

View = dict[str, object]
_LIMITS = (
    limits.WEIGHT,
    limits.DELAY,
    limits.THRESHOLD,
    limits.DECAY,
    limits.STATE,
    limits.CORES,
    limits.MESH_COLUMNS,
    limits.NEURONS_PER_CORE,
    limits.SYNAPSE_BYTES_PER_CORE,
    limits.AXONS_PER_CORE,
)


def chip_tables(found: Deployed) -> list[View]:
    """All of them, in the order of the page, for ``templates/report/chip.html.j2``."""
    return [
        _agreement(found),
        _populations(found),
        _projections(found),
        _resources(found),
        *_placements(found),
        _estimates(found),
        _constants(),
        _published(),
    ]


def as_range(few: int, many: int) -> str:
    """``"3"`` or ``"2 – 3"``."""
    return str(few) if few == many else f"{few} – {many}"


def _agreement(found: Deployed) -> View:
    seen = found.agreement
    rows = [
        [name, f"{first:.4g}", f"{second:.4g}", as_correlation(seen.counts[name])]
        for name, (first, second) in seen.spikes.items()
    ]
    return _table(
        "agreement",
        "Agreement",
        f"Spikes per neuron and trial of the {seen.samples} {found.split} samples, and the "
        "correlation of the counts per sample and neuron.",
        ("population", "float #", "chip #", "correlation #"),
        rows,
    )


def _populations(found: Deployed) -> View:
    activity = found.report.activity
    rows = [
        [
            c.name,
            f"{c.scale:.4g}",
            f"{c.threshold_error:+.2%}",
            f"{c.voltage_time_error:+.2%}",
            f"{c.current_time_error:+.2%}",
            f"{activity.wraps.get(c.name, 0):,}",
            f"{activity.saturations.get(c.name, 0):,}",
        ]
        for c in found.report.cells
    ]
    return _table(
        "populations",
        "Populations",
        "Scale: chip units of weight and threshold per unit of the model. Errors are what rounding "
        "to integers left; wraps and saturations were counted over "
        f"{activity.samples:,} samples of {activity.steps:,} steps.",
        (
            "population",
            "scale #",
            "threshold #",
            "τ of v #",
            "τ of u #",
            "wraps of u #",
            "saturations of v #",
        ),
        rows,
    )


def _projections(found: Deployed) -> View:
    rows = [
        [
            s.name,
            f"{s.scale:.4g}" + (f" × 2^{s.exponent}" if s.exponent else ""),
            f"{s.synapses:,}",
            f"{s.clipped:,}",
            f"{s.zeroed:,}",
            f"{s.weight_error:.2%}",
            str(s.longest),
            f"{s.shortened:,}",
            f"{s.delay_error:.3g}",
        ]
        for s in found.report.synapses
    ]
    return _table(
        "projections",
        "Projections",
        "Clipped: beyond the largest weight there is. Zeroed: weights that became 0. Errors are "
        "root mean squares, of weights over the root mean square of the weights.",
        (
            "projection",
            "scale #",
            "weights #",
            "clipped #",
            "zeroed #",
            "weight error #",
            "longest delay, steps #",
            "delays clipped #",
            "delay error, ms #",
        ),
        rows,
    )


def _resources(found: Deployed) -> View:
    needs = found.report.resources
    rows = [
        ["neurons", f"{needs.neurons:,}", ""],
        ["synapses that are not 0", f"{needs.synapses:,}", ""],
        ["synapse memory", f"{needs.synapse_bytes:,} bytes", "8 bits each, 14 with a delay"],
        ["largest fan-in", f"{needs.fan_in:,}", ""],
        ["cores", as_range(*needs.cores), "by the limits of memory and neurons per core below"],
    ]
    rows += [
        [
            f"limit: {limit.what}",
            f"{limit.lowest:,} … {limit.highest:,}",
            limit.source + ("" if limit.confirmed else "; unconfirmed for Loihi 2"),
        ]
        for limit in _LIMITS
    ]
    return _table(
        "resources",
        "Resources and limits",
        f"Limits as of {limits.VERSION}; unconfirmed ones only warn.",
        ("what", "value #", "from"),
        rows,
    )


def _placements(found: Deployed) -> list[View]:
    placed = found.report.placements
    activity = found.report.activity
    spikes = sum(int(counts.sum()) for counts in activity.neurons.values())
    per_sample = spikes / max(activity.samples, 1)
    rows = [
        [p.method, str(p.cores), f"{p.hops:,.4g}", f"{p.hops / (per_sample or 1.0):.3g}"]
        for p in placed
    ]
    caption = (
        "Hops over the mesh of all spikes of a sample, from the core of a neuron to each core that "
        "it has a synapse onto; spikes from outside are not counted. Cores are as few as the lower "
        "limit of synapse memory allows, and a population's are neighbours."
    )
    columns = ("neurons placed by", "cores #", "hops per sample #", "hops per spike #")
    return [_table("placements", "Placement", caption, columns, rows)] if rows else []


def _estimates(found: Deployed) -> View:
    energy, latency = found.report.energy, found.report.latency
    rows: list[list[str]] = []
    if energy is not None and latency is not None:
        rows = [
            ["synaptic operations", f"{energy.synaptic_operations:,.0f}", "counted"],
            ["neuron updates", f"{energy.updates:,.0f}", "neurons × steps"],
            ["spikes, input included", f"{energy.spikes:,.0f}", "counted"],
            [
                "energy of the cores' work",
                f"{energy.cores[0]:.3g} … {energy.cores[1]:.3g} µJ",
                f"{ESTIMATE}",
            ],
            [
                "energy",
                f"{energy.least:.3g} … {energy.most:.3g} µJ",
                f"{ESTIMATE}; the cores' work alone … with calibrated power beside it, for as long "
                "as the time at most",
            ],
            [
                "time",
                f"{latency.least:.3g} … {latency.most:.3g} ms",
                f"{ESTIMATE}; shared evenly by {latency.cores} cores, 10 × as fast … "
                "all on one core",
            ],
            *_of_reference(),
        ]
    return _table(
        "estimates",
        "Energy and time of a sample",
        f"This is an {ESTIMATE}: no chip was measured. Leakage, input and output, and the "
        "processors beside the cores are in the most alone, by a power that one published network "
        "implies; the last rows show where its figures lie within its own range.",
        ("what", "per sample #", "how"),
        rows,
    )


def _of_reference() -> list[list[str]]:
    """The published network by the same formulas, with what its paper's ratios imply."""
    energy, latency = of_reference()
    (least, most), how = REFERENCE.time, "counts reconstructed; figures follow from ratios"
    return [
        [
            "energy of the published SHD network",
            f"{energy.least:.3g} … {energy.most:.3g} µJ",
            f"{1000 * REFERENCE.energy:g} µJ implied; {how}",
        ],
        [
            "time of the published SHD network",
            f"{latency.least:.3g} … {latency.most:.3g} ms",
            f"{least:g} … {most:g} ms implied; {how}",
        ],
    ]


def _constants() -> View:
    return _table(
        "constants",
        "Constants of the estimates",
        "Operations, updates, spikes and barriers are of Loihi 1. The ends of a range give the "
        "ends of the estimates.",
        ("what", "value #", "unit", "source"),
        [[c.what, str(c), c.unit, c.source] for c in CONSTANTS],
    )


def _published() -> View:
    return _table(
        "published",
        "Measured by others on Loihi 2",
        "For orientation: other networks, and the chip itself. None of it was measured here.",
        ("paper", "what", "value #", "standing"),
        [[p.paper, p.what, p.value, p.standing] for p in PUBLISHED],
    )


def _table(
    key: str, title: str, caption: str, columns: tuple[str, ...], rows: list[list[str]]
) -> View:
    """A table; columns that end in # hold numbers."""
    named = [
        {"name": c.removesuffix(" #"), "kind": "number" if c.endswith("#") else "word"}
        for c in columns
    ]
    signed = [[_signed(cell) for cell in row] for row in rows]
    return {"key": key, "title": title, "caption": caption, "columns": named, "rows": signed}


def _signed(cell: str) -> str:
    """A number's hyphen as a minus sign."""
    return f"−{cell[1:]}" if cell[:1] == "-" and cell[1:2].isdigit() else cell
