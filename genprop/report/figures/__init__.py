"""What a run looks like: gathered once, described as charts, drawn as a page or for a paper."""

from genprop.report.figures.charts import figures
from genprop.report.figures.portrait import Portrait, portray

__all__ = ["Portrait", "figures", "portray"]
