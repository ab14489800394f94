"""Reports: the figures and pages of a run, of a sweep, and of a network on the chip."""

from genprop.report.figures.paper import draw_run
from genprop.report.run_report import write_report

__all__ = ["draw_run", "write_report"]
