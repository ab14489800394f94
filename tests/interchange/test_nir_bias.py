"""Constants of Affine nodes reach the neurons as NIR's equations say, and come back in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop.data.spikes import SpikeBatch
from genprop.errors import UnsupportedError
from genprop.interchange.nir_export import to_graph
from genprop.interchange.nir_file import Graph, Node
from genprop.interchange.nir_import import from_graph

nir = pytest.importorskip("nir", reason="nir is in the extras 'nir' and 'test'")

STEPS, DT = 60, 1.0
BIAS = np.array([0.6, -0.1, 0.3])
NUMBERS = {
    "IF": {"r": 40.0, "v_threshold": 1.0, "v_reset": 0.1},
    "LIF": {"tau": 0.02, "r": 4.0, "v_leak": 0.05, "v_threshold": 1.0, "v_reset": 0.1},
    "LI": {"tau": 0.02, "r": 4.0, "v_leak": 0.05},
    "CubaLIF": {"tau_syn": 0.005, "tau_mem": 0.02, "r": 2.0, "v_leak": 0.0, "v_threshold": 1.0,
                "v_reset": 0.0, "w_in": 3.0},
    "CubaLI": {"tau_syn": 0.005, "tau_mem": 0.02, "r": 2.0, "v_leak": 0.1, "w_in": 3.0},
}  # fmt: skip


def weights() -> np.ndarray:
    return np.random.default_rng(2).normal(0.4, 0.5, (3, 2))


def written(kind: str, path: Path) -> Path:
    """As the package nir writes it: input → Affine → neurons."""
    numbers = {k: np.full(3, v) for k, v in NUMBERS[kind].items()}
    nodes = {
        "in": nir.Input(np.array([2])),
        "affine": nir.Affine(weights(), BIAS),
        "cell": getattr(nir, kind)(**numbers),
        "out": nir.Output(np.array([3])),
    }
    edges = [("in", "affine"), ("affine", "cell"), ("cell", "out")]
    nir.write(str(path), nir.NIRGraph(nodes=nodes, edges=edges))
    return path


def silent() -> SpikeBatch:
    return SpikeBatch.from_events([([], [])], channels=2, duration=STEPS * DT)


def some() -> SpikeBatch:
    rng = np.random.default_rng(3)
    trains = [(np.sort(rng.uniform(0, 40, 12)), rng.integers(0, 2, 12)) for _ in range(3)]
    return SpikeBatch.from_events(trains, channels=2, duration=STEPS * DT)


def compiled(net: gp.Network) -> gp.Simulator:
    return gp.compile(net, clock="grid", dt=DT, duration=STEPS * DT, batch=3, backend="reference")


def voltages(sim: gp.Simulator, batch: SpikeBatch) -> np.ndarray:
    return np.asarray(sim.run(batch, record=["cell.v"]).recorded["cell.v"])


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_bias_drives_the_neuron_as_the_equations_say(kind: str, tmp_path: Path) -> None:
    """Small Euler steps of NIR's own equations, without spikes from outside."""
    found = voltages(compiled(gp.load_nir(written(kind, tmp_path / "x.nir"), dt=DT)), silent())
    n, small = NUMBERS[kind], 1e-6
    v, current = np.zeros(3), np.zeros(3)
    expected: list[np.ndarray] = []
    for _ in range(STEPS):
        for _ in range(round(DT * 1e-3 / small)):
            if "tau_syn" in n:
                dv = (n["v_leak"] - v + n["r"] * current) / n["tau_mem"]
                current = current + small * (n["w_in"] * BIAS - current) / n["tau_syn"]
            elif kind == "IF":
                dv = n["r"] * BIAS
            else:
                dv = (n["v_leak"] - v + n["r"] * BIAS) / n["tau"]
            v = v + small * dv
        expected.append(v)
        v = np.where(v > n.get("v_threshold", np.inf), n.get("v_reset", 0.0), v)
    after = np.array(expected).T
    crossed = after > n.get("v_threshold", np.inf)
    after = np.where(crossed, n.get("v_reset", 0.0), after)
    assert crossed.any() == ("v_threshold" in n)
    np.testing.assert_allclose(found.reshape(-1, STEPS, 3)[0].T, after, atol=2e-3)


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_bias_comes_back_from_a_file(kind: str, tmp_path: Path) -> None:
    sim = compiled(gp.load_nir(written(kind, tmp_path / "x.nir"), dt=DT))
    again = compiled(gp.load_nir(gp.save_nir(sim, tmp_path / "y.nir")))
    np.testing.assert_allclose(voltages(sim, some()), voltages(again, some()), atol=1e-12)
    assert np.any(voltages(sim, some()) != voltages(sim, silent()))


def test_a_bias_is_learned_where_it_is_asked_for(tmp_path: Path) -> None:
    for kind, name in (("LIF", "cell.bias"), ("CubaLIF", "cell.exp.bias")):
        net = gp.load_nir(written(kind, tmp_path / "x.nir"), dt=DT, learned=("bias",))
        assert [p.name for p in net.freeze().parameters() if p.learned] == [name]


def graph(extra: dict[str, Node], edges: list[tuple[str, str]]) -> Graph:
    cell = Node("LIF", {k: np.full(3, v) for k, v in NUMBERS["LIF"].items()}, 3)
    nodes = {"one": Node("Input", {}, 2), "two": Node("Input", {}, 2), "cell": cell}
    return Graph(nodes | extra, edges, {"dt": 1e-3})


AFFINE = Node("Affine", {"weight": weights(), "bias": BIAS}, 3)


def test_a_bias_counts_once_whoever_sends_and_once_per_way() -> None:
    both = [("one", "a"), ("two", "a"), ("a", "cell"), ("cell", "cell")]
    leak = 0.05  # of the node; the bias adds R b to the input beside it
    found = compiled(from_graph(graph({"a": AFFINE}, both))).parameters["cell.bias"]
    np.testing.assert_allclose(found, 4.0 * BIAS)
    half = {"a": AFFINE, "h": Node("Scale", {"scale": np.full(3, 0.5)}, 3)}
    ways = [("one", "a"), ("a", "cell"), ("a", "h"), ("h", "cell")]
    sim = compiled(from_graph(graph(half, ways)))
    np.testing.assert_allclose(sim.parameters["cell.bias"], 4.0 * 1.5 * BIAS)
    np.testing.assert_allclose(sim.parameters["cell.v_leak"], leak)


def test_a_bias_behind_which_a_delay_stands_is_refused() -> None:
    late = {"a": AFFINE, "d": Node("Delay", {"delay": np.full(3, 2e-3)}, 3)}
    with pytest.raises(UnsupportedError, match="passes a delay") as found:
        from_graph(graph(late, [("one", "a"), ("a", "d"), ("d", "cell")]))
    assert "before the Affine" in found.value.remedy


def test_a_constant_without_weights_to_carry_it_is_refused() -> None:
    net = gp.Network("late")
    source = net.population("input", 2, gp.spikes())
    cell = net.population("cell", 3, gp.neuron("IF", bias=0.3))
    late = gp.values(np.tile([1.0, 2.0, 3.0], (2, 1)))
    net.connect(source, cell, gp.synapse("delta"), weight=0.5, delay=late)
    with pytest.raises(UnsupportedError, match="no delay follows") as found:
        to_graph(compiled(net))
    assert "delays per sending neuron" in found.value.remedy
