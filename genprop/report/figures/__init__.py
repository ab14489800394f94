"""What a run looks like: collected once, described as charts, drawn as a page or for a paper."""

from genprop._moved import forward
from genprop.report.figures.charts import figures
from genprop.report.figures.run_data import RunData, collect_run

__all__ = ["RunData", "collect_run", "figures"]

__getattr__ = forward(
    __name__,
    {"Portrait": "report.figures.RunData", "portray": "report.figures.collect_run"},
)
