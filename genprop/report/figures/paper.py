"""The figures of a run as files for papers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genprop.plot.canvas import require_matplotlib
from genprop.report.figures.charts import figures
from genprop.report.figures.drawing import draw_figures
from genprop.report.figures.run_data import collect_run

__all__ = ["draw_run"]


def draw_run(
    run: str | Path,
    folder: str | Path,
    formats: Sequence[str] = ("svg", "pdf"),
    split: str = "",
    samples: Sequence[int] = (),
    overrides: Sequence[str] = (),
) -> list[Path]:
    """Write every figure of a run into ``folder``, one file per figure and format.

    Args:
        run: the run folder; see :func:`~genprop.report.figures.run_data.collect_run` for the rest.
        folder: is made where it is missing.
        formats: ``"svg"``, ``"pdf"``.
        split: which samples are run again.
        samples: which of them are drawn.
        overrides: changes to the run's settings.

    Raises:
        ConfigurationError: where matplotlib is not installed, and all that ``collect_run`` raises.
    """
    require_matplotlib()
    return draw_figures(figures(collect_run(run, split, samples, overrides)), folder, formats)
