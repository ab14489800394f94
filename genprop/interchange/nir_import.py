"""A network described by a NIR file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.initial import learn, values
from genprop.describe.network import Network
from genprop.describe.neuron import Neuron, neuron
from genprop.describe.neuron import spikes as spikes_in
from genprop.describe.pattern import dense, one_to_one
from genprop.describe.synapse import Synapse, synapse
from genprop.errors import (
    ConfigurationError,
    GenpropError,
    UnsupportedError,
    did_you_mean,
    refuse_if,
)
from genprop.interchange.nir_export import pulse
from genprop.interchange.nir_file import PASS, Graph, Node, read_graph
from genprop.interchange.nir_paths import NEURONS, WIRES, Route, find_biases, find_routes
from genprop.units import Quantity, in_ms, ms

if TYPE_CHECKING:
    from genprop.describe.initial import Learn, Number, Value

__all__ = ["from_graph", "load_nir"]

_LEARNED = ("weight", "delay", "bias")
_MS = 1e3  # per s


def load_nir(
    path: str | Path,
    *,
    dt: Number | None = None,
    spikes: str | None = None,
    learned: Collection[str] = ("weight",),
    name: str = "",
) -> Network:
    """The network of a NIR file, to be compiled with a loss of one's own.

    Populations are called as the nodes are, points and the like becoming underscores. Currents are
    in the unit of the voltage: R and w_in go into the weights. What Affine nodes add becomes a
    ``bias`` of the population they lead to (of its synapse, where that has a current). See
    :mod:`~genprop.interchange.nir_export` for what NIR's numbers mean.

    Args:
        path: of the file.
        dt: the step [ms] that the file was made for; by default what genprop wrote into it.
        spikes: ``"step"`` or ``"dirac"``; by default likewise, else ``"step"``.
        learned: which of ``"weight"``, ``"delay"`` and ``"bias"`` are declared as learned; one or
            several. A bias is learned where the file holds one.
        name: of the network; by default that of the file.

    Raises:
        UnsupportedError: for everything that has no counterpart here, at once, or without ``nir``.
        ConfigurationError: without a dt, or for words that are none of those above.
        DataError: for a file that is missing, cut off or no NIR.
    """
    learned = (learned,) if isinstance(learned, str) else learned
    for role in learned:
        if role not in _LEARNED:
            raise ConfigurationError(
                f"{role!r} cannot be learned here", remedy=did_you_mean(role, _LEARNED)
            )
    graph = read_graph(path)
    title = re.sub(r"\W", "_", name or Path(path).stem) or "network"
    return from_graph(graph, dt=dt, spikes=spikes, learned=learned, name=title)


def from_graph(
    graph: Graph,
    *,
    dt: Number | None = None,
    spikes: str | None = None,
    learned: Collection[str] = ("weight",),
    name: str = "network",
) -> Network:
    """The network of a graph; see :func:`load_nir`."""
    kind = str(graph.metadata.get("spikes", "step")) if spikes is None else spikes
    area = pulse(kind, _step(graph, dt, kind))
    refuse_if(_strangers(graph))
    routes, findings = find_routes(graph)
    refuse_if(findings)
    biases, findings = find_biases(graph)
    reached = {route.post for route in routes}
    refuse_if([*findings, *_unreached(graph, biases, reached)])
    inputs = {n: _input(graph.nodes[n], b, "bias" in learned) for n, b in biases.items()}
    net = Network(name)
    titles = _titles(graph)
    for node_name, title in titles.items():
        node = graph.nodes[node_name]
        model = spikes_in() if node.kind == "Input" else _model(node, inputs.get(node_name))
        net.population(title, node.size, model)
    for route in routes:
        ends = (titles[route.pre], titles[route.post])
        kind = _synapse(graph.nodes[route.post], inputs.get(route.post))
        _connect(net, ends, graph.nodes[route.post], route, (area, kind), learned)
    return net


def _step(graph: Graph, dt: Number | None, spikes: str) -> float:
    """The step [ms] that the file was made for."""
    if dt is not None:
        return in_ms(dt)
    written = graph.metadata.get("dt")
    if written is not None:
        return _MS * float(np.asarray(written))
    if spikes != "step":
        return 1.0
    raise ConfigurationError(
        "the file does not say which step it was made for",
        where="load_nir(dt=…)",
        remedy="dt=1*ms, or whatever its writer used; spikes='dirac' needs none",
    )


def _strangers(graph: Graph) -> Iterator[GenpropError]:
    """Nodes without a counterpart."""
    known = (*NEURONS, *WIRES, "Input", "Output")
    for name, node in graph.nodes.items():
        if node.kind not in known:
            yield UnsupportedError(
                f"{node.kind} has no counterpart",
                where=f"node {name}",
                remedy=f"there are {', '.join(k for k in known if k != PASS)}",
            )


def _titles(graph: Graph) -> dict[str, str]:
    """Names of populations, by their node."""
    found: dict[str, str] = {}
    for name, node in graph.nodes.items():
        if node.kind == "Input" or node.kind in NEURONS:
            plain = re.sub(r"\W", "_", name, flags=re.ASCII)
            plain = plain if plain[:1].isalpha() else f"n_{plain}"
            title, number = plain, 1
            while title in found.values():
                number += 1
                title = f"{plain}_{number}"
            found[name] = title
    return found


def _unreached(
    graph: Graph, biases: Mapping[str, np.ndarray], reached: set[str]
) -> Iterator[GenpropError]:
    """Constants for currents that no synapse has."""
    for name in biases:
        if name not in reached and "tau_syn" in graph.nodes[name].arrays:
            yield UnsupportedError(
                "a constant (bias) is all that reaches it, and its current is a synapse's",
                where=f"node {name}",
                remedy="write it as LIF or LI with v_leak",
            )


def _input(node: Node, bias: np.ndarray, learned: bool) -> Value | Learn:
    """A constant in the unit of the voltage: R b, or R w_in b for the current of a synapse."""
    arrays = node.arrays
    gain = arrays["r"] * arrays.get("w_in", np.ones(1))
    if node.kind == "IF":
        gain = gain / _MS  # dv/dt = R b per second, and tau_mem = 1 ms
    found = _value(np.broadcast_to(gain.ravel() * bias, node.size))
    return learn(found) if learned else found


def _synapse(node: Node, bias: Value | Learn | None) -> Synapse:
    """What arrivals do at a node; ``bias`` is what its current settles at without any."""
    if "tau_syn" not in node.arrays:
        return synapse("delta")
    tau = _in_ms(np.broadcast_to(node.arrays["tau_syn"].ravel(), node.size))
    if bias is None:
        return synapse("exp", tau=tau)
    return Synapse(
        "exp",
        flow="dI/dt = (bias - I)/tau",
        arrival="I = I + w",
        output="I",
        parameters={"tau": tau, "bias": bias},
    )


def _model(node: Node, bias: Value | Learn | None) -> Neuron:
    """A neuron whose currents are in the unit of its voltage."""
    found = _unbiased(node)
    if bias is None or "tau_syn" in node.arrays:
        return found
    return found.given(bias=bias)


def _unbiased(node: Node) -> Neuron:
    arrays = {k: np.broadcast_to(v.ravel(), node.size) for k, v in node.arrays.items()}
    if node.kind == "IF":
        high, low = _value(arrays["v_threshold"]), _value(arrays["v_reset"])
        return neuron("IF", tau_mem=1 * ms, v_th=high, v_reset=low)
    tau = _in_ms(arrays["tau_mem"] if "tau_mem" in arrays else arrays["tau"])
    leak = _value(arrays["v_leak"])
    if "v_threshold" not in arrays:
        if leak == 0.0:
            return neuron("LI", tau_mem=tau)
        flow = "dv/dt = (v_leak + I - v)/tau_mem"
        return Neuron("leaky", flow=flow, parameters={"tau_mem": tau, "v_leak": leak})
    high, low = _value(arrays["v_threshold"]), _value(arrays["v_reset"])
    if leak == 0.0:
        return neuron("LIF", tau_mem=tau, v_th=high, v_reset=low)
    return Neuron(
        "leaky",
        flow="dv/dt = (v_leak + I - v)/tau_mem",
        spike="v > v_th",
        reset="v = v_reset",
        parameters={"tau_mem": tau, "v_leak": leak, "v_th": high, "v_reset": low},
    )


def _per_weight(node: Node, area: float) -> np.ndarray:
    """What a weight of 1 adds to current or voltage, (n,); the resistance is in it."""
    arrays = node.arrays
    if "tau_syn" in arrays:
        jump = arrays["w_in"] * area / arrays["tau_syn"] * arrays["r"]
    else:
        jump = arrays["r"] * area / arrays.get("tau", np.ones(1))  # an IF has none
    return np.broadcast_to(jump.ravel(), node.size)


def _connect(
    net: Network,
    ends: tuple[str, str],
    node: Node,
    route: Route,
    arrivals: tuple[float, Synapse],
    learned: Collection[str],
) -> None:
    """One projection; ``arrivals`` are the area of a pulse and what it arrives at."""
    area, kind = arrivals
    weight, delay = route.weight * _per_weight(node, area), route.delay
    if not route.dense:
        weight, delay = np.diag(weight), np.diag(delay)
    there = weight != 0
    late: Value | Learn = 0.0
    if np.any(delay[there]):
        late = values(delay)
        if "delay" in learned:
            late = learn(late, min=0.0, max=float(delay.max()))
    net.connect(
        *ends,
        kind,
        weight=learn(values(weight)) if "weight" in learned else values(weight),
        delay=late,
        pattern=dense() if route.dense else one_to_one(),
    )


def _in_ms(seconds: np.ndarray) -> Value:
    """Times in ms, one where all are the same."""
    times = [Quantity(_MS * float(x), ms.dimension) for x in seconds]
    return times[0] if len({t.value for t in times}) == 1 else values(times)


def _value(numbers: np.ndarray) -> Value:
    """Numbers, one where all are the same."""
    return float(numbers[0]) if np.all(numbers == numbers[0]) else values(numbers)
