"""The reference of all public names, by what they are for."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import genprop

__all__ = ["GROUPS", "pages"]

GROUPS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "describe": (
        "Networks, neurons and synapses",
        "What a network consists of.",
        ("Network", "Neuron", "neuron", "spikes", "Synapse", "synapse", "list_models"),
    ),
    "parameters": (
        "Values, patterns and derived parameters",
        "How parameters begin, which are learned, and what they are made of.",
        (
            "learn", "constant", "normal", "uniform", "values", "dense", "one_to_one", "sparse",
            "groups",
            "graded",
            "gram", "feedback", "distance", "axonal", "dendritic", "dale", "signed", "tied",
            "derived",
            "Stage", "Declared", "leaf",
        ),
    ),
    "rewiring": (
        "Rewiring",
        "Rules by which sparse connections change while learning.",
        ("RewiringRule", "DeepR", "RigL", "SET"),
    ),
    "losses": (
        "Readouts, losses and penalties",
        "What a loss looks at, and what is minimised.",
        (
            "integral", "weighted_integral", "maximum", "final", "trace", "first_spike",
            "spike_count", "CrossEntropy", "SoftCrossEntropy", "MeanSquare", "FirstSpikeCrossEntropy",
            "EarlySpike", "RelativeMeanSquare", "SpikeBudget", "L1", "L2", "DistanceCost",
        ),
    ),
    "optimisers": ("Optimisers", "How parameters follow their gradients.", ("SGD", "Adam", "AdamW", "update")),
    "run": (
        "Compile, run and check",
        "From a description to an object that runs and gives gradients.",
        (
            "compile", "Simulator", "show", "check_gradients", "save", "load", "citation",
            "distributed", "Native", "GeNN", "GenpropError",
        ),
    ),
    "training": (
        "Train and evaluate",
        "Learning from data; `genprop.train` holds the callbacks.",
        ("fit", "evaluate", "predict", "ensemble", "Checkpoint", "Experiment", "pretrained", "list_pretrained"),
    ),
    "chip": ("Loihi 2", "Networks in the integers of the chip.", ("Quantise", "QuantiseAware", "agreement")),
    "exchange": ("Exchange", "Networks of other tools.", ("save_nir", "load_nir", "load_mlgenn", "torch_layer")),
    "units": ("Units", "Quantities with units.", ("Quantity", "s", "ms", "us", "V", "mV", "nA", "pA", "Hz", "kHz")),
}  # fmt: skip
"""Pages of names of ``genprop`` itself: title, what they are for, names."""

ROOMS: Mapping[str, str] = {
    "data": "Data sets, batches and augmentations",
    "train": "Training: callbacks, schedules, history",
    "plot": "Figures",
    "analysis": "Structure of networks",
    "experiment": "Experiments, sweeps and searches",
    "report": "Reports",
    "backends": "Backends",
}
"""Titles of the pages of whole rooms, which have every name that they export; others have theirs."""

_ELSEWHERE = ("errors", "testing", "units")
"""Rooms and leaves that have pages of another kind, or none."""


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """One page per group, one per room."""
    grouped = {name for _, _, names in GROUPS.values() for name in names}
    left = sorted(set(genprop.__all__) - grouped - {*genprop._ROOMS, "__version__"})  # pyright: ignore[reportPrivateUsage]
    for key, (title, lead, names) in GROUPS.items():
        known = [name for name in names if name in genprop.__all__]
        yield f"api/{key}.rst", _page(title, lead, "genprop", known)
    for room in set(genprop._ROOMS) - {*_ELSEWHERE}:  # pyright: ignore[reportPrivateUsage]
        module = import_module(f"genprop.{room}")
        lead = (inspect.getdoc(module) or "").split("\n")[0]
        names = [name for name in module.__all__ if name not in genprop.__all__]
        title = ROOMS.get(room, room.capitalize())
        yield f"api/rooms/{room}.rst", _page(title, lead, f"genprop.{room}", names)
    yield "api/more.rst", _page("More names", "What has no page of its own yet.", "genprop", left)


def _page(title: str, lead: str, module: str, names: list[str]) -> str:
    parts = [
        title,
        "=" * len(title),
        "",
        lead.replace("`genprop", "``genprop").replace("train`", "train``"),
        "",
    ]
    parts += [f".. currentmodule:: {module}", ""]
    for name in names:
        parts += _entry(module, name)
    return "\n".join(parts) + "\n"


def _entry(module: str, name: str) -> list[str]:
    value = getattr(import_module(module), name)
    if inspect.isclass(value):
        return [f".. autoclass:: {module}.{name}", "   :members:", ""]
    if inspect.isroutine(value):
        return [f".. autofunction:: {module}.{name}", ""]
    text = (
        (inspect.getdoc(value) or "").split("\n")[0] if not isinstance(value, (str, tuple)) else ""
    )
    return [f".. py:data:: {name}", f"   :value: {value!r:.60}", "", f"   {text}", ""]
