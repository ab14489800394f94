"""NIR graphs as plain data, and the only place that speaks with the package ``nir``.

NIR (Neuromorphic Intermediate Representation, Pedersen et al. 2024, Nat. Commun. 15:8122) holds a
network as nodes and edges in HDF5. Its times are in seconds.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from genprop._hdf5 import imaged
from genprop._reading import reading
from genprop._writing import writing
from genprop.errors import DataError, UnsupportedError

__all__ = ["PASS", "Graph", "Node", "read_graph", "write_graph"]

PASS = "Pass"
"""The kind of a node that hands on what it gets: the ends of a graph within a graph."""

_ARRAYS = {
    "Affine": ("weight", "bias"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"),
    "Delay": ("delay",),
    "IF": ("r", "v_threshold", "v_reset"),
    "LI": ("tau", "r", "v_leak"),
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "Linear": ("weight",),
    "Scale": ("scale",),
}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A node: the name of its class in ``nir``, its arrays, and how many values it gives."""

    kind: str
    arrays: Mapping[str, np.ndarray]
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Nodes by name, edges by the names of both ends, and numbers or words about the whole."""

    nodes: dict[str, Node]
    edges: list[tuple[str, str]]
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])


def write_graph(path: str | Path, graph: Graph) -> None:
    """Write a graph as a NIR file.

    Raises:
        UnsupportedError: where ``nir`` is not installed.
        OutputError: where the file cannot be written.
    """
    nir = _package()
    nodes: dict[str, Any] = {}
    for name, node in graph.nodes.items():
        if node.kind in ("Input", "Output"):
            shape = np.array([node.size])
            nodes[name] = getattr(nir, node.kind)({node.kind.lower(): shape})
        else:
            nodes[name] = getattr(nir, node.kind)(**node.arrays)
    made = nir.NIRGraph(nodes=nodes, edges=list(graph.edges), metadata=dict(graph.metadata))
    image = io.BytesIO()  # so that a full disk meets plain writing only
    nir.write(image, made)
    with writing(path):
        Path(path).write_bytes(image.getvalue())


def read_graph(path: str | Path) -> Graph:
    """The graph of a NIR file; graphs within it are unfolded, ``outer.inner`` being their names.

    Raises:
        UnsupportedError: where ``nir`` is not installed.
        DataError: for a file that is missing, cut off or no NIR.
    """
    nir = _package()
    remedy = "export it again, and check that the copy is complete"
    with reading(path, "NIR file", DataError, remedy):
        found = nir.read(imaged(path))
        graph = Graph({}, [], _attributes(getattr(found, "metadata", {})))
        _unfold(found, "", graph)
    return graph


def _unfold(found: Any, prefix: str, graph: Graph) -> None:
    """The nodes and edges of one graph into ``graph``."""
    inner: dict[str, tuple[str, str]] = {}
    for name, node in found.nodes.items():
        kind, title = type(node).__name__, f"{prefix}{name}"
        if kind == "NIRGraph":
            _unfold(node, f"{title}.", graph)
            ends = [
                [f"{title}.{n}" for n, each in node.nodes.items() if type(each).__name__ == end]
                for end in ("Input", "Output")
            ]
            if any(len(names) != 1 for names in ends):
                raise ValueError(f"the graph {title!r} within it has not one input and one output")
            inner[name] = (ends[0][0], ends[1][0])
        else:
            arrays = {a: np.asarray(getattr(node, a), np.float64) for a in _ARRAYS.get(kind, ())}
            within, size = bool(prefix) and kind in ("Input", "Output"), _size(node)
            if "r" in arrays:
                _refuse_uneven(arrays, size, title)
            graph.nodes[title] = Node(PASS if within else kind, arrays, size)
    for first, second in found.edges:
        start = inner[first][1] if first in inner else f"{prefix}{first}"
        end = inner[second][0] if second in inner else f"{prefix}{second}"
        graph.edges.append((start, end))


def _refuse_uneven(arrays: Mapping[str, np.ndarray], size: int, title: str) -> None:
    """Refuse a population's numbers that are neither one for all nor one for each neuron."""
    for name, values in arrays.items():
        if values.size not in (1, size):
            raise ValueError(f"{title} has {size} neurons and {values.size} values of {name}")


def _size(node: Any) -> int:
    shapes = [*(node.output_type or {}).values(), *(node.input_type or {}).values()]
    return int(np.prod(shapes[0])) if shapes and shapes[0] is not None else 0


def _attributes(metadata: Mapping[str, Any]) -> dict[str, object]:
    """Metadata with words as text."""
    return {k: v.decode() if isinstance(v, bytes) else v for k, v in dict(metadata).items()}


def _package() -> Any:
    try:
        return importlib.import_module("nir")
    except ImportError:
        raise UnsupportedError(
            "the package nir, which reads and writes NIR files, is not installed",
            remedy="pip install 'genprop[nir]'",
        ) from None
