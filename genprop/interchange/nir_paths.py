"""What lies between the populations of a NIR graph: weights and delays along every way.

An Affine node adds a constant to what passes. It does so whoever sends, so it is followed by itself
from there to the neurons: once per way, whatever the number of senders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import UnsupportedError
from genprop.interchange.nir_file import PASS

if TYPE_CHECKING:
    from genprop.interchange.nir_file import Graph, Node

__all__ = ["NEURONS", "WIRES", "Route", "find_biases", "find_routes"]

NEURONS = ("CubaLI", "CubaLIF", "IF", "LI", "LIF")
WIRES = ("Affine", "Delay", "Linear", "Scale", PASS)
_MS = 1e3  # per s


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One way from ``pre`` to ``post``.

    Attributes:
        pre: the node that sends.
        post: the node that receives.
        weight: (pre, post) W transposed.
        delay: (pre, post) [ms]; it counts where W is not 0.
        dense: whether a matrix lies on it; else neuron k reaches neuron k.
    """

    pre: str
    post: str
    weight: np.ndarray
    delay: np.ndarray
    dense: bool = False


def find_routes(graph: Graph) -> tuple[list[Route], list[UnsupportedError]]:
    """Every way between populations, and what keeps others from being one.

    Ways between the same two without a common synapse are one route with different delays.
    """
    search = _Search(graph)
    merged: list[Route] = []
    for route in search.routes():
        for k, other in enumerate(merged):
            same = (other.pre, other.post, other.dense) == (route.pre, route.post, route.dense)
            if same and not np.any((other.weight != 0) & (route.weight != 0)):
                delay = np.where(route.weight != 0, route.delay, other.delay)
                merged[k] = replace(other, weight=other.weight + route.weight, delay=delay)
                break
        else:
            merged.append(route)
    return merged, search.findings


def find_biases(graph: Graph) -> tuple[dict[str, np.ndarray], list[UnsupportedError]]:
    """The constant (n,) that reaches each population, by its node; none where it is 0 throughout.

    What keeps a constant from being one, such as a delay behind it, is reported.
    """
    search = _Search(graph)
    found: dict[str, np.ndarray] = {}
    for route in search.constants():
        found[route.post] = found.get(route.post, 0.0) + route.weight[0]
        if np.any(route.delay[0][route.weight[0] != 0] != 0):
            search.refuse_late(route.pre)
    return {name: bias for name, bias in found.items() if np.any(bias != 0)}, search.findings


class _Search:
    """A walk from each population along the edges, collecting what does not fit."""

    def __init__(self, graph: Graph) -> None:
        self._nodes = graph.nodes
        self._next: dict[str, list[str]] = {}
        for first, second in graph.edges:
            self._next.setdefault(first, []).append(second)
        self.findings: list[UnsupportedError] = []

    def routes(self) -> Iterator[Route]:
        for name, node in self._nodes.items():
            if node.kind == "Input" or node.kind in NEURONS:
                eye = np.eye(node.size)
                start = Route(name, "", eye, np.zeros_like(eye))
                for after in self._next.get(name, ()):
                    yield from self._follow(start, after, (name,))

    def constants(self) -> Iterator[Route]:
        """From each Affine node that adds something, its bias as the weight of one sender."""
        for name, node in self._nodes.items():
            bias = node.arrays.get("bias", np.zeros(1)).ravel()[None]
            if node.kind == "Affine" and np.any(bias != 0):
                start = Route(name, "", bias, np.zeros_like(bias))
                for after in self._next.get(name, ()):
                    yield from self._follow(start, after, (name,))

    def refuse_late(self, name: str) -> None:
        """Tell that a constant comes through a delay."""
        self.findings.append(
            UnsupportedError(
                "its constant (bias) passes a delay, and would set in only after it",
                where=f"node {name}",
                remedy="write the delay before the Affine",
            )
        )

    def _follow(self, route: Route, name: str, seen: tuple[str, ...]) -> Iterator[Route]:
        node = self._nodes[name]
        if node.kind in NEURONS:
            if route.weight.shape[1] == node.size:
                yield replace(route, post=name)
            else:
                self._find(name, f"{route.weight.shape[1]} values reach {node.size} neurons")
        elif name in seen:
            self._find(name, "it lies on a circle without a neuron")
        elif node.kind != "Output":
            through = self._through(name, node, route)
            if through is not None:
                for after in self._next.get(name, ()):
                    yield from self._follow(through, after, (*seen, name))

    def _through(self, name: str, node: Node, route: Route) -> Route | None:
        """The route after one more node, None where it cannot go on."""
        if node.kind == PASS:
            return route
        if node.kind in ("Delay", "Scale"):
            return self._each(name, node, route)
        matrix = node.arrays["weight"]
        if matrix.ndim != 2 or matrix.shape[1] != route.weight.shape[1]:
            shape = " × ".join(map(str, matrix.shape))
            self._find(name, f"its {shape} weights do not fit {route.weight.shape[1]} channels")
            return None
        if node.arrays.get("bias", np.zeros(1)).size not in (1, matrix.shape[0]):
            self._find(name, f"its bias does not fit its {matrix.shape[0]} rows")
            return None
        return self._multiplied(name, matrix.T, route)

    def _each(self, name: str, node: Node, route: Route) -> Route | None:
        """A delay or a factor per channel."""
        values = node.arrays[node.kind.lower()].ravel()
        if values.size not in (1, route.weight.shape[1]):
            channels = route.weight.shape[1]
            self._find(name, f"its {values.size} values do not fit {channels} channels")
            return None
        if node.kind == "Delay":
            return replace(route, delay=route.delay + _MS * values)
        return replace(route, weight=route.weight * values)

    def _multiplied(self, name: str, matrix: np.ndarray, route: Route) -> Route | None:
        """One more matrix: what it sums of one sender must be equally late."""
        there = route.weight != 0
        late = np.where(there, route.delay, -np.inf).max(axis=1)
        if np.any(there & (route.delay != late[:, None])):
            self._find(name, "it sums signals of one sender that are differently late")
            return None
        late = np.where(np.isfinite(late), late, 0.0)
        delay = np.repeat(late[:, None], matrix.shape[1], axis=1)
        return replace(route, weight=route.weight @ matrix, delay=delay, dense=True)

    def _find(self, name: str, what: str) -> None:
        remedy = "write it as Linear and Delay between two populations"
        self.findings.append(UnsupportedError(what, where=f"node {name}", remedy=remedy))
