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
from genprop.analysis.moran import field_grouping, moran
from genprop.analysis.null_model import (
    Compared,
    compare,
    shuffled_channels,
    shuffled_delays,
    shuffled_weights,
)
from genprop.analysis.position_regression import position_r2
from genprop.analysis.preferred import (
    activity_distance,
    preferred_positions,
    spike_triggered_positions,
)
from genprop.analysis.pruning import PruningCurve, pruned, pruning_curve, removal_order
from genprop.analysis.receptive_field import ReceptiveFields, average_field, receptive_fields
from genprop.analysis.wiring import wiring_efficiency

__all__ = [
    "Compared",
    "Connections",
    "PruningCurve",
    "ReceptiveFields",
    "activity_distance",
    "average_field",
    "clustering",
    "clustering_of_neurons",
    "communicability_entropy",
    "communities",
    "compare",
    "connections",
    "field_grouping",
    "global_efficiency",
    "modularity",
    "moran",
    "position_r2",
    "preferred_positions",
    "pruned",
    "pruning_curve",
    "receptive_fields",
    "removal_order",
    "row_entropy",
    "row_entropy_of_neurons",
    "shuffled_channels",
    "shuffled_delays",
    "shuffled_weights",
    "spike_triggered_positions",
    "wiring_efficiency",
]
