"""The structure of a network in numbers: of a simulator's projection, or of plain arrays.

::

    gp.analysis.modularity(sim, "hidden->hidden", nulls=50)
    gp.analysis.clustering(weights, nulls=50, seed=1)

What has a null model says how many of them were drawn, and from which seed. networkx and
scikit-learn are in the extra ``analysis``, and are loaded by what needs them.
"""

from genprop.analysis.clustering import clustering, clustering_of_neurons
from genprop.analysis.connections import Connections, connections
from genprop.analysis.efficiency import global_efficiency
from genprop.analysis.entropy import communicability_entropy, row_entropy, row_entropy_of_neurons
from genprop.analysis.modularity import communities, modularity
from genprop.analysis.null_model import (
    Compared,
    compare,
    shuffled_channels,
    shuffled_delays,
    shuffled_weights,
)
from genprop.analysis.wiring import wiring_efficiency

__all__ = [
    "Compared",
    "Connections",
    "clustering",
    "clustering_of_neurons",
    "communicability_entropy",
    "communities",
    "compare",
    "connections",
    "global_efficiency",
    "modularity",
    "row_entropy",
    "row_entropy_of_neurons",
    "shuffled_channels",
    "shuffled_delays",
    "shuffled_weights",
    "wiring_efficiency",
]
