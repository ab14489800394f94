"""Describe a spiking network; genprop derives its exact gradient, generates the code, trains it.

The names below are the public ones. Each is loaded when it is first used, so ``import genprop`` is
quick and a program pays only for the parts it touches.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from genprop._version import __version__
from genprop.describe import drawings, explanation

if TYPE_CHECKING:
    from genprop import (
        analysis,
        attack,
        backends,
        data,
        errors,
        experiment,
        plot,
        report,
        testing,
        train,
        units,
    )
    from genprop.adjoint.readouts.final import final
    from genprop.adjoint.readouts.first_spike import first_spike
    from genprop.adjoint.readouts.integral import integral
    from genprop.adjoint.readouts.maximum import maximum
    from genprop.adjoint.readouts.spike_count import spike_count
    from genprop.adjoint.readouts.trace import trace
    from genprop.adjoint.readouts.weighted_integral import weighted_integral
    from genprop.backends.genn import GeNN
    from genprop.backends.loihi.mapping.options import Quantise
    from genprop.backends.native import Native
    from genprop.describe.derived import Declared, leaf
    from genprop.describe.groups import groups
    from genprop.describe.initial import constant, learn, normal, uniform, values
    from genprop.describe.library import list_models
    from genprop.describe.network import Network
    from genprop.describe.neuron import Neuron, graded, neuron, spikes
    from genprop.describe.objective import (
        CrossEntropy,
        EarlySpike,
        FirstSpikeCrossEntropy,
        MeanSquare,
        RelativeMeanSquare,
        SoftCrossEntropy,
        SpikeBudget,
    )
    from genprop.describe.pattern import dense, one_to_one, sparse
    from genprop.describe.synapse import Synapse, synapse
    from genprop.describe.update import SGD, Adam, AdamW, update
    from genprop.errors import GenpropError
    from genprop.experiment.experiment import Experiment
    from genprop.interchange.mlgenn import load_mlgenn
    from genprop.interchange.nir_export import save_nir
    from genprop.interchange.nir_import import load_nir
    from genprop.interchange.torch_layer import torch_layer
    from genprop.runtime.aware import QuantiseAware
    from genprop.runtime.citation import citation
    from genprop.runtime.compile import compile
    from genprop.runtime.distributed import distributed
    from genprop.runtime.ensemble import ensemble
    from genprop.runtime.folder import load, save
    from genprop.runtime.gradcheck import check_gradients
    from genprop.runtime.pretrained import list_pretrained, pretrained
    from genprop.runtime.show import show
    from genprop.runtime.simulator import Simulator
    from genprop.stages.base import Stage
    from genprop.stages.derived import derived
    from genprop.stages.distance import distance
    from genprop.stages.gram import feedback, gram
    from genprop.stages.neuronal import axonal, dendritic
    from genprop.stages.penalties import L1, L2
    from genprop.stages.rewiring.deep_r import DeepR
    from genprop.stages.rewiring.rigl import RigL
    from genprop.stages.rewiring.rule import RewiringRule
    from genprop.stages.rewiring.sparse_evolution import SET
    from genprop.stages.signed import dale, signed
    from genprop.stages.tied import tied
    from genprop.stages.wiring_cost import DistanceCost
    from genprop.train.agreement import agreement
    from genprop.train.evaluate import evaluate, predict
    from genprop.train.fit import fit
    from genprop.train.saving import Checkpoint
    from genprop.units import Hz, Quantity, V, kHz, ms, mV, nA, pA, s, us

__all__ = [
    "L1",
    "L2",
    "SET",
    "SGD",
    "Adam",
    "AdamW",
    "Checkpoint",
    "CrossEntropy",
    "Declared",
    "DeepR",
    "DistanceCost",
    "EarlySpike",
    "Experiment",
    "FirstSpikeCrossEntropy",
    "GeNN",
    "GenpropError",
    "Hz",
    "MeanSquare",
    "Native",
    "Network",
    "Neuron",
    "Quantise",
    "QuantiseAware",
    "Quantity",
    "RelativeMeanSquare",
    "RewiringRule",
    "RigL",
    "Simulator",
    "SoftCrossEntropy",
    "SpikeBudget",
    "Stage",
    "Synapse",
    "V",
    "__version__",
    "agreement",
    "analysis",
    "attack",
    "axonal",
    "backends",
    "check_gradients",
    "citation",
    "compile",
    "constant",
    "dale",
    "data",
    "dendritic",
    "dense",
    "derived",
    "distance",
    "distributed",
    "ensemble",
    "errors",
    "evaluate",
    "experiment",
    "feedback",
    "final",
    "first_spike",
    "fit",
    "graded",
    "gram",
    "groups",
    "integral",
    "kHz",
    "leaf",
    "learn",
    "list_models",
    "list_pretrained",
    "load",
    "load_mlgenn",
    "load_nir",
    "mV",
    "maximum",
    "ms",
    "nA",
    "neuron",
    "normal",
    "one_to_one",
    "pA",
    "plot",
    "predict",
    "pretrained",
    "report",
    "s",
    "save",
    "save_nir",
    "show",
    "signed",
    "sparse",
    "spike_count",
    "spikes",
    "synapse",
    "testing",
    "tied",
    "torch_layer",
    "trace",
    "train",
    "uniform",
    "units",
    "update",
    "us",
    "values",
    "weighted_integral",
]

_ROOMS = (
    "analysis", "attack", "backends", "data", "errors", "experiment", "plot", "report", "testing",
    "train", "units",
)  # fmt: skip
_NAMES = {
    "adjoint.readouts.final": ("final",),
    "adjoint.readouts.first_spike": ("first_spike",),
    "adjoint.readouts.integral": ("integral",),
    "adjoint.readouts.maximum": ("maximum",),
    "adjoint.readouts.spike_count": ("spike_count",),
    "adjoint.readouts.trace": ("trace",),
    "adjoint.readouts.weighted_integral": ("weighted_integral",),
    "backends.genn": ("GeNN",),
    "backends.loihi.mapping.options": ("Quantise",),
    "backends.native": ("Native",),
    "describe.derived": ("Declared", "leaf"),
    "describe.groups": ("groups",),
    "describe.initial": ("constant", "learn", "normal", "uniform", "values"),
    "describe.library": ("list_models",),
    "describe.network": ("Network",),
    "describe.neuron": ("Neuron", "graded", "neuron", "spikes"),
    "describe.objective": (
        "CrossEntropy",
        "EarlySpike",
        "FirstSpikeCrossEntropy",
        "MeanSquare",
        "RelativeMeanSquare",
        "SoftCrossEntropy",
        "SpikeBudget",
    ),
    "describe.pattern": ("dense", "one_to_one", "sparse"),
    "describe.synapse": ("Synapse", "synapse"),
    "describe.update": ("SGD", "Adam", "AdamW", "update"),
    "errors": ("GenpropError",),
    "experiment.experiment": ("Experiment",),
    "interchange.mlgenn": ("load_mlgenn",),
    "interchange.nir_export": ("save_nir",),
    "interchange.nir_import": ("load_nir",),
    "interchange.torch_layer": ("torch_layer",),
    "runtime.aware": ("QuantiseAware",),
    "runtime.citation": ("citation",),
    "runtime.compile": ("compile",),
    "runtime.distributed": ("distributed",),
    "runtime.ensemble": ("ensemble",),
    "runtime.folder": ("load", "save"),
    "runtime.gradcheck": ("check_gradients",),
    "runtime.pretrained": ("list_pretrained", "pretrained"),
    "runtime.show": ("show",),
    "runtime.simulator": ("Simulator",),
    "stages.base": ("Stage",),
    "stages.derived": ("derived",),
    "stages.distance": ("distance",),
    "stages.gram": ("feedback", "gram"),
    "stages.neuronal": ("axonal", "dendritic"),
    "stages.penalties": ("L1", "L2"),
    "stages.rewiring.deep_r": ("DeepR",),
    "stages.rewiring.rigl": ("RigL",),
    "stages.rewiring.rule": ("RewiringRule",),
    "stages.rewiring.sparse_evolution": ("SET",),
    "stages.signed": ("dale", "signed"),
    "stages.tied": ("tied",),
    "stages.wiring_cost": ("DistanceCost",),
    "train.agreement": ("agreement",),
    "train.evaluate": ("evaluate", "predict"),
    "train.fit": ("fit",),
    "train.saving": ("Checkpoint",),
    "units": ("Hz", "Quantity", "V", "kHz", "mV", "ms", "nA", "pA", "s", "us"),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used (PEP 562)."""
    if name in _ROOMS:
        return importlib.import_module(f"genprop.{name}")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'genprop' has no attribute {name!r}", name=name)
    value = getattr(importlib.import_module(f"genprop.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


class _Drawings:
    """What draws networks and results, loaded when something is drawn."""

    def network_html(self, net: object) -> str:
        return importlib.import_module("genprop.plot.notebook").network_html(net)

    def curves_html(self, history: object) -> str:
        return importlib.import_module("genprop.plot.notebook").curves_html(history)

    def recorded(self, outcome: object, inputs: object, *, sample: int) -> list[drawings.Axes]:
        return importlib.import_module("genprop.plot").recorded(outcome, inputs, sample=sample)


explanation.connect(
    "adjoint", lambda neuron: importlib.import_module("genprop.runtime.show").adjoint(neuron)
)
drawings.connect(_Drawings())
