"""One page that shows the accuracy of a run's network on the chip, and its agreement with float."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from genprop._version import __version__
from genprop.backends.loihi.chip.costs import ESTIMATE
from genprop.report.chip_tables import as_range, chip_tables
from genprop.report.figures.chip import chip_figures
from genprop.report.figures.chip_data import collect_chip
from genprop.report.page import figure_view, undrawn
from genprop.runtime.aware import QuantiseAware
from genprop.train.agreement import as_correlation
from genprop.train.files import write_atomically
from genprop.train.folder import RunFolder

if TYPE_CHECKING:
    from genprop.experiment.deploy import Deployed
    from genprop.train.agreement import Agreement

__all__ = ["chip_page_view", "write_chip_report"]

View = dict[str, object]


def write_chip_report(
    found: Deployed, samples: Sequence[int] = (), output: str | Path | None = None
) -> Path:
    """Write the page of a retargeted run, and give its path: ``RUN/loihi.html`` by default.

    Args:
        found: what :func:`~genprop.experiment.deploy.retarget_run` gave.
        samples: which samples are drawn, by number from 0.
        output: another file to write.

    Raises:
        ConfigurationError: for samples that are not there.
    """
    from genprop.report.render import render_chip_report

    path = RunFolder(found.run).chip_report if output is None else Path(output).expanduser()
    write_atomically(path, render_chip_report(chip_page_view(found, samples)).encode())
    return path


def chip_page_view(found: Deployed, samples: Sequence[int] = ()) -> View:
    """The page as names, numbers and texts, for ``templates/report/chip.html.j2``."""
    data = collect_chip(
        found.recorders, found.simulator, found.chip, found.data, found.split, samples
    )
    return {
        "title": f"{found.report.name} on Loihi 2",
        "version": __version__,
        "lead": _lead(found),
        "facts": [
            {"name": name, "value": value, "wide": ESTIMATE in name}
            for name, value in _facts(found)
        ],
        "remarks": [*_remarks(found), *undrawn()],
        "figures": [figure_view(figure) for figure in chip_figures(data)],
        "tables": chip_tables(found),
        "config": found.config,
    }


def _lead(found: Deployed) -> str:
    seen = found.agreement
    bits = f"{found.report.bits} weight bits, scale {found.report.rule!r}"
    if seen.predictions is None:
        return f"{bits}; compared on {seen.samples} {found.split} samples."
    text = f"{bits}: {seen.predictions:.2%} of {seen.samples} {found.split} samples have the "
    text += "prediction of the float network"
    if seen.accuracy is None:
        return f"{text}."
    first, second = seen.accuracy
    return f"{text}; accuracy is {second:.2%} on the chip and {first:.2%} in float."


def _facts(found: Deployed) -> Iterator[tuple[str, str]]:
    seen, report = found.agreement, found.report
    if seen.predictions is not None:
        yield "same predictions", f"{seen.predictions:.2%}"
    if seen.accuracy is not None:
        yield f"float accuracy, n = {seen.samples}", f"{seen.accuracy[0]:.2%}"
        yield f"chip accuracy, n = {seen.samples}", f"{seen.accuracy[1]:.2%}"
    if seen.steps is not None and seen.steps.accuracy is not None:
        yield "accuracy in floats, in the chip's steps", f"{seen.steps.accuracy[1]:.2%}"
    if seen.correlation is not None:
        yield "readout correlation", as_correlation(seen.correlation)
    needs = report.resources
    yield "cores", as_range(*needs.cores)
    yield "synapse memory", f"{needs.synapse_bytes / 1024:.1f} KiB"
    yield "largest fan-in", f"{needs.fan_in:,}"
    yield "wraps of u", f"{sum(report.activity.wraps.values()):,}"
    yield "saturations of v", f"{sum(report.activity.saturations.values()):,}"
    if report.energy is not None and report.latency is not None:
        energy, latency = report.energy, report.latency
        yield f"energy, {ESTIMATE}", f"{energy.least:.3g} – {energy.most:.3g} µJ"
        yield f"time, {ESTIMATE}", f"{latency.least:.3g} – {latency.most:.3g} ms"


def _remarks(found: Deployed) -> Iterator[str]:
    """What a reader must not overlook."""
    if isinstance(found.simulator, QuantiseAware):
        yield (
            "The run learned on the chip's grid: what is called float here has weights that are "
            "rounded already, and differs from the chip by its states and delays alone."
        )
    steps = found.agreement.steps
    if steps is not None:
        spikes = ", ".join(f"{n}: {a:.4g} and {b:.4g}" for n, (a, b) in steps.spikes.items())
        yield (
            "The run learned on the exact clock; the chip runs in steps, to which delays were "
            f"rounded. That alone leaves {_rounded(steps)} and spikes per neuron and trial "
            f"({spikes}), before anything becomes an integer."
        )
    activity = found.report.activity
    for name, wraps in activity.wraps.items():
        if wraps:
            yield (
                f"u of {name} left its 24 bits {wraps:,} times and wrapped: "
                "calibrate on data, or give more headroom."
            )
    for name, held in activity.saturations.items():
        if held:
            yield f"v of {name} was held at the end of its 24 bits {held:,} times."
    for words in found.report.resources.warnings:
        yield f"Unconfirmed: {words}."


def _rounded(steps: Agreement) -> str:
    """What rounding to steps leaves of predictions and of the loss."""
    parts: list[str] = []
    if steps.predictions is not None:
        parts.append(f"{steps.predictions:.2%} of the predictions")
    if steps.loss is not None:
        parts.append(f"a loss of {steps.loss[1]:.4g} instead of {steps.loss[0]:.4g}")
    return ", ".join(parts) or "no scores"
