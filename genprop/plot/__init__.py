"""Figures as functions: each draws on given matplotlib axes, or on new ones, and gives them.

They are what reports and figures for papers are made of. Matplotlib comes with
``pip install 'genprop[plot]'``.
"""

from genprop.plot.confusions import confusion
from genprop.plot.connectivity import delays, positions, signs, weights
from genprop.plot.curves import durations, learning_curves, turnover
from genprop.plot.diagram import network
from genprop.plot.distributions import activity, distribution
from genprop.plot.equations import adjoint
from genprop.plot.fields import average_receptive_field, receptive_field
from genprop.plot.results import recorded
from genprop.plot.spikes import raster
from genprop.plot.style import COLOURS, GREY, legend
from genprop.plot.traces import states

__all__ = [
    "COLOURS",
    "GREY",
    "activity",
    "adjoint",
    "average_receptive_field",
    "confusion",
    "delays",
    "distribution",
    "durations",
    "learning_curves",
    "legend",
    "network",
    "positions",
    "raster",
    "receptive_field",
    "recorded",
    "signs",
    "states",
    "turnover",
    "weights",
]
