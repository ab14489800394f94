"""A network as a NIR graph: what NIR can say of it, and what it cannot.

NIR's nodes are, per neuron and with input S::

    LIF, LI          τ dv/dt = (v_leak − v) + R S
    IF               dv/dt = R S
    CubaLIF, CubaLI  τ_syn dI/dt = −I + w_in S,   τ_mem dv/dt = (v_leak − v) + R I

A spike through a weight W moves I by W w_in/τ_syn times the area of its pulse (v of a LIF by
W R/τ, of an IF by W R). A constant input is v_leak, or the bias of an Affine. NIR leaves the area
open. ``spikes="step"``: the pulse is 1 for one step, its area dt, as simulators on a clock exchange
files (w_in = τ_syn/dt). ``spikes="dirac"``: its area is 1 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import given_path, is_one_of, refuse_unlike
from genprop._version import __version__
from genprop.errors import ConfigurationError, UnsupportedError, did_you_mean, refuse_if
from genprop.interchange.nir_cell import SECONDS, nir_neuron
from genprop.interchange.nir_file import Graph, Node, write_graph
from genprop.runtime.lowering import in_steps

if TYPE_CHECKING:
    from genprop.describe.spec import ProjectionSpec
    from genprop.lower.clocks.base import StepClock
    from genprop.runtime.simulator import Simulator

__all__ = ["SPIKES", "pulse", "save_nir", "to_graph"]

SPIKES = ("step", "dirac")


def save_nir(
    sim: Simulator, path: str | Path, *, branches: bool = False, spikes: str = "step"
) -> Path:
    """Write a network, with its present parameters, as a NIR file; gives its path.

    Args:
        sim: the network; losses and optimisers have no place in NIR.
        path: of the file, ``.nir``.
        branches: whether a projection whose delays differ from synapse to synapse may become one
            branch per delay, in steps of dt; NIR's delays are per neuron.
        spikes: how large the pulse of a spike is, see the module: ``"step"`` or ``"dirac"``.

    Raises:
        UnsupportedError: for everything that NIR cannot say, at once, or without ``nir``.
        ConfigurationError: for another word than these as ``spikes``.
        DataError: where the file cannot be written.
    """
    refuse_unlike(sim, "spec program", "save_nir(sim, …)", "what gp.compile(…) gave")
    place = given_path(path, "save_nir(sim, path)")
    write_graph(place, to_graph(sim, branches=branches, spikes=spikes))
    return place


def to_graph(sim: Simulator, *, branches: bool = False, spikes: str = "step") -> Graph:
    """The graph of :func:`save_nir` as data."""
    area = pulse(spikes, sim.dt)
    metadata = {"writer": f"genprop {__version__}", "dt": sim.dt * SECONDS, "spikes": spikes}
    graph = Graph({}, [], metadata)
    findings: list[UnsupportedError] = []
    biases: dict[str, np.ndarray] = {}
    program = in_steps(sim.spec, sim.program, sim.arrays())
    for population in program.populations:
        if population.source:
            graph.nodes[population.name] = Node("Input", {}, population.size)
            continue
        cell = nir_neuron(population, sim, area)
        findings += cell.findings
        if cell.node is not None:
            graph.nodes[population.name] = cell.node
        if np.any(cell.bias != 0):
            biases[population.name] = cell.bias
    sending = {p.pre for p in sim.spec.projections if p.pre != p.post}
    for projection in sim.spec.projections:
        if projection.sender:
            findings.append(
                UnsupportedError(
                    "NIR has no node with states on the sender's side of a synapse",
                    where=f"projection {projection.name}",
                    remedy="export a network whose synapses have no sender_flow",
                )
            )
        findings += _connect(graph, projection, sim, program.grid, branches)
    for name, bias in biases.items():
        findings += _add(graph, name, bias)
    refuse_if(findings)
    for population in program.populations:
        if not population.source and population.name not in sending:
            graph.nodes[f"{population.name}.out"] = Node("Output", {}, population.size)
            graph.edges.append((population.name, f"{population.name}.out"))
    return graph


def pulse(spikes: str, dt: float) -> float:
    """The area [s] of a spike's pulse by that name, for steps of ``dt`` [ms].

    Raises:
        ConfigurationError: for a name that there is not.
    """
    if not is_one_of(spikes, SPIKES):
        raise ConfigurationError(
            f"spikes={spikes!r:.60} is none of NIR's", remedy=did_you_mean(str(spikes), SPIKES)
        )
    return dt * SECONDS if spikes == "step" else 1.0


def _connect(
    graph: Graph, projection: ProjectionSpec, sim: Simulator, clock: StepClock, branches: bool
) -> Iterator[UnsupportedError]:
    """Nodes and edges of a projection; W is (post, pre)."""
    weight = _matrix(projection, sim, projection.weight.name)
    delay = np.zeros_like(weight)
    if projection.delay is not None:
        delay = _matrix(projection, sim, projection.delay.name)
    there = weight != 0
    if not np.any(delay[there]):
        _chain(graph, projection, "", [("Linear", "weight", weight.T)])
        return
    by_pre, by_post = (_common(delay, there, axis) for axis in (1, 0))
    if by_post is not None:
        late = ("Delay", "delay", by_post * SECONDS)
        _chain(graph, projection, "", [("Linear", "weight", weight.T), late])
    elif by_pre is not None:
        late = ("Delay", "delay", by_pre * SECONDS)
        _chain(graph, projection, "", [late, ("Linear", "weight", weight.T)])
    else:
        steps = clock.delay_steps(delay)
        different = np.unique(steps[there])
        if not branches:
            yield UnsupportedError(
                f"its delays differ from synapse to synapse, in {len(different)} different steps; "
                "NIR's are per neuron",
                where=f"projection {projection.name}",
                remedy=f"branches=True makes {len(different)} branches of it (or --branches)",
            )
            return
        for step in different:
            part = np.where(steps == step, weight, 0.0)
            late = np.full(weight.shape[1], clock.delays(step) * SECONDS)
            chain = [("Linear", "weight", part.T), ("Delay", "delay", late)]
            _chain(graph, projection, f".{int(step)}", chain)


def _add(graph: Graph, population: str, bias: np.ndarray) -> Iterator[UnsupportedError]:
    """Let one matrix that leads straight to a population add its bias, as an Affine."""
    for first, second in graph.edges:
        node = graph.nodes[first]
        if second == population and node.kind == "Linear":
            arrays = {**node.arrays, "bias": np.array(bias)}
            graph.nodes[first] = Node("Affine", arrays, node.size)
            return
    yield UnsupportedError(
        "it has a constant input, which NIR has as the bias of an Affine, and no weights lead to "
        "it that no delay follows",
        where=f"population {population}",
        remedy="let one projection to it have delays per sending neuron, or none",
    )


def _common(delay: np.ndarray, there: np.ndarray, axis: int) -> np.ndarray | None:
    """The one delay of all synapses along ``axis``, 0 where there are none; else None."""
    low = np.where(there, delay, np.inf).min(axis=axis)
    high = np.where(there, delay, -np.inf).max(axis=axis)
    empty = ~there.any(axis=axis)
    return np.where(empty, 0.0, low) if np.all((low == high) | empty) else None


def _chain(
    graph: Graph,
    projection: ProjectionSpec,
    branch: str,
    nodes: list[tuple[str, str, np.ndarray]],
) -> None:
    """``pre`` → nodes → ``post``."""
    before = projection.pre
    for kind, what, array in nodes:
        name = f"{projection.name}{branch}.{what}"
        graph.nodes[name] = Node(kind, {what: np.ascontiguousarray(array)}, len(array))
        graph.edges.append((before, name))
        before = name
    graph.edges.append((before, projection.post))


def _matrix(projection: ProjectionSpec, sim: Simulator, name: str) -> np.ndarray:
    """A parameter of synapses as (pre, post), 0 where there is none."""
    values = np.asarray(sim.arrays()[name], np.float64)
    synapses = sim.topology[projection.name]
    dense = np.zeros((synapses.pre, synapses.post))
    dense[synapses.all_pairs()] = values.ravel()
    return dense
