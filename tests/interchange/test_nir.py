"""NIR files give back the network that was written, and mean what NIR's equations say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.data.spikes import SpikeBatch
from genprop.errors import (
    ConfigurationError,
    DataError,
    GenpropError,
    OutputError,
    UnsupportedError,
)
from genprop.interchange.nir_export import to_graph
from genprop.interchange.nir_file import Graph, Node, read_graph, write_graph
from genprop.interchange.nir_import import from_graph

nir = pytest.importorskip("nir", reason="nir is in the extras 'nir' and 'test'")

STEPS = 80


def described(delays: str = "none", cell: gp.Neuron | None = None) -> gp.Network:
    net = gp.Network("through NIR")
    source = net.population("input", 7, gp.spikes())
    tau = gp.values(np.linspace(11.0, 29.0, 6))
    hidden = net.population("hidden", 6, cell or gp.neuron("LIF", tau_mem=tau, v_reset=-0.2))
    fast = net.population("fast", 4, gp.neuron("LIF", tau_mem=9 * ms, v_th=0.6))
    out = net.population("out", 3, gp.neuron("LI", tau_mem=23 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    late = {
        "none": (0 * ms, 0 * ms),
        "same": (7 * ms, 0 * ms),
        "post": (gp.values(np.tile(np.arange(6.0) + 0.3, (7, 1))), 3 * ms),
        "each": (gp.uniform(0 * ms, 6 * ms), gp.uniform(0 * ms, 4 * ms)),
    }[delays]
    net.connect(source, hidden, exp, weight=gp.normal(0.8, 0.6), delay=late[0])
    net.connect(hidden, hidden, exp, weight=gp.normal(0.0, 0.3), delay=late[1])
    net.connect(hidden, fast, gp.synapse("delta"), weight=gp.normal(0.3, 0.2))
    net.connect(hidden, out, gp.synapse("exp", tau=3 * ms), weight=gp.normal(0.0, 0.6))
    net.connect(
        fast,
        out,
        gp.synapse("exp", tau=3 * ms),
        weight=gp.normal(0.0, 0.6),
        pattern=gp.sparse(0.5, seed=2),
    )
    return net


def compiled(net: gp.Network, dt: float = 1.0) -> gp.Simulator:
    return gp.compile(
        net, clock="grid", dt=dt, duration=STEPS, batch=4, backend="reference", seed=5
    )


@pytest.fixture(scope="module")
def batch() -> SpikeBatch:
    rng = np.random.default_rng(8)
    trains = [(np.sort(rng.uniform(0, STEPS, 120)), rng.integers(0, 7, 120)) for _ in range(4)]
    return SpikeBatch.from_events(trains, channels=7, duration=STEPS)


def same(one: gp.Simulator, other: gp.Simulator, batch: SpikeBatch) -> None:
    names = ["hidden.v", "fast.v", "out.v"]
    spikes = ["hidden.spikes", "fast.spikes"]
    first = one.run(batch, record=[*names, *spikes]).recorded
    second = other.run(batch, record=[*names, *spikes]).recorded
    for name in names:
        ours, theirs = np.asarray(first[name]), np.asarray(second[name])
        assert np.abs(ours).max() > 0.1
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-12 * np.abs(ours).max())
    for name in spikes:
        assert sum(len(s) for s in first[name]) > 20
        for ours, theirs in zip(first[name], second[name], strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("delays", ["none", "same", "post", "each"])
@pytest.mark.parametrize("spikes", ["step", "dirac"])
def test_a_network_comes_back_with_the_same_outputs(
    tmp_path: Path, batch: SpikeBatch, delays: str, spikes: str
) -> None:
    sim = compiled(described(delays))
    path = gp.save_nir(sim, tmp_path / "net.nir", branches=delays == "each", spikes=spikes)
    back = compiled(gp.load_nir(path, learned=()))
    same(sim, back, batch)
    names = [p.name for p in back.spec.projections]
    assert sorted(names) == sorted(p.name for p in sim.spec.projections)


def test_the_file_is_one_that_nir_itself_reads_in_seconds(tmp_path: Path) -> None:
    sim = compiled(described("same"), dt=2.0)
    graph = nir.read(str(gp.save_nir(sim, tmp_path / "net.nir")))
    kinds = {name: type(node).__name__ for name, node in graph.nodes.items()}
    assert kinds["input"] == "Input"
    assert (kinds["hidden"], kinds["fast"], kinds["out"]) == ("CubaLIF", "LIF", "CubaLI")
    hidden = graph.nodes["hidden"]
    np.testing.assert_allclose(hidden.tau_mem, np.linspace(0.011, 0.029, 6))
    np.testing.assert_allclose(hidden.tau_syn, 0.005)
    np.testing.assert_allclose(hidden.r, 1.0)
    np.testing.assert_allclose(hidden.v_reset, -0.2)
    np.testing.assert_allclose(hidden.w_in, 0.005 / 0.002)  # τ_syn/dt
    np.testing.assert_allclose(graph.nodes["fast"].r, 0.009 / 0.002)
    np.testing.assert_allclose(graph.nodes["input->hidden.delay"].delay, 0.007)
    weight = graph.nodes["input->hidden.weight"].weight
    np.testing.assert_array_equal(weight, sim.parameters["input->hidden.weight"].T)
    assert graph.metadata["dt"] == pytest.approx(0.002)


@pytest.mark.parametrize("spikes", ["step", "dirac"])
def test_cuba_lif_follows_nirs_equations_integrated_independently(
    spikes: str, batch: SpikeBatch
) -> None:
    """Small Euler steps of the file's own numbers, spikes as pulses of the stated area."""
    net = gp.Network("one")
    source = net.population("input", 7, gp.spikes())
    hidden = net.population("hidden", 5, gp.neuron("LIF", tau_mem=20 * ms, v_reset=-0.3))
    exp = gp.synapse("exp", tau=5 * ms)
    net.connect(source, hidden, exp, weight=gp.normal(0.8, 0.5), delay=2 * ms)
    sim = compiled(net)
    graph = to_graph(sim, spikes=spikes)
    node, W = graph.nodes["hidden"].arrays, graph.nodes["input->hidden.weight"].arrays["weight"]
    late = graph.nodes["input->hidden.delay"].arrays["delay"]
    area = 1e-3 if spikes == "step" else 1.0
    fine, dt = 2000, 1e-3
    h = dt / fine
    current, v = np.zeros(5), np.zeros(5)
    counts = np.zeros((STEPS, 7))
    times, channels = batch.sample(0)
    np.add.at(counts, (np.floor(times).astype(int), channels), 1)
    counts = np.minimum(counts, 1)
    assert np.all(late == 2e-3)
    ours = np.asarray(sim.run(batch, record=["hidden.v"]).recorded["hidden.v"])[0]
    spiked = 0
    for n in range(STEPS):
        if n >= 3:  # one step and its delay
            current = current + W @ counts[n - 3] * node["w_in"] * area / node["tau_syn"]
        for _ in range(fine):
            v = v + h * ((node["v_leak"] - v) + node["r"] * current) / node["tau_mem"]
            current = current - h * current / node["tau_syn"]
        fired = v > node["v_threshold"]
        spiked += int(fired.sum())
        v = np.where(fired, node["v_reset"], v)
        np.testing.assert_allclose(ours[n], v, atol=2e-3)
    assert spiked > 10


def test_what_another_writer_said_means_the_same_network(batch: SpikeBatch) -> None:
    """R, w_in, leak, Affine, Scale, a graph within the graph: against the equations by hand."""
    rng = np.random.default_rng(1)
    W, tau, r, w_in, leak = rng.normal(0.5, 0.5, (3, 7)), 0.02, 4.0, 2.5, 0.1
    full = np.ones(3)
    inner = nir.NIRGraph(
        nodes={
            "input": nir.Input({"input": np.array([3])}),
            "lif": nir.CubaLIF(
                tau_syn=0.005 * full, tau_mem=tau * full, r=r * full, v_leak=leak * full,
                v_threshold=0.9 * full, v_reset=0.05 * full, w_in=w_in * full,
            ),
            "output": nir.Output({"output": np.array([3])}),
        },
        edges=[("input", "lif"), ("lif", "output")],
    )  # fmt: skip
    outer = nir.NIRGraph(
        nodes={
            "input": nir.Input({"input": np.array([7])}),
            "fc": nir.Affine(weight=W, bias=np.zeros(3)),
            "gain": nir.Scale(scale=np.array([1.0, 0.5, 2.0])),
            "rnn": inner,
            "output": nir.Output({"output": np.array([3])}),
        },
        edges=[("input", "fc"), ("fc", "gain"), ("gain", "rnn"), ("rnn", "output")],
    )
    net = from_graph(_unfolded(outer), dt=1.0, learned=())
    sim = compiled(net)
    by_hand = gp.Network("by hand")
    source = by_hand.population("input", 7, gp.spikes())
    cell = gp.Neuron(
        "cell",
        flow="dv/dt = (b - v + r*I)/tau",
        spike="v > 0.9",
        reset="v = 0.05",
        parameters={"tau": 20 * ms, "b": leak, "r": r},
    )
    cells = by_hand.population("rnn_lif", 3, cell)
    jump = W.T * np.array([1.0, 0.5, 2.0]) * w_in * 1e-3 / 0.005
    by_hand.connect(source, cells, gp.synapse("exp", tau=5 * ms), weight=gp.values(jump))
    other = compiled(by_hand)
    first, second = (
        np.asarray(s.run(batch, record=["rnn_lif.v"]).recorded["rnn_lif.v"]) for s in (sim, other)
    )
    np.testing.assert_allclose(first, second, atol=1e-12)
    assert np.any(first == 0.05)


def _unfolded(graph: object) -> Graph:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "g.nir")
        nir.write(str(path), graph)
        return read_graph(path)


def test_delays_that_differ_need_the_word_for_branches() -> None:
    sim = compiled(described("each"))
    with pytest.raises(GenpropError, match="2 problems") as found:
        to_graph(sim)
    assert "projection input->hidden" in str(found.value)
    assert "branches=True makes 7 branches" in str(found.value)
    graph = to_graph(sim, branches=True)
    late = [n for n in graph.nodes if n.startswith("input->hidden.") and n.endswith(".delay")]
    assert len(late) == 7
    steps = np.floor(sim.parameters["input->hidden.delay"] + 0.5)
    for name in late:
        step = float(name.split(".")[1])
        assert np.all(graph.nodes[name].arrays["delay"] == pytest.approx(step * 1e-3))
        weight = graph.nodes[name.replace("delay", "weight")].arrays["weight"].T
        assert np.all((weight != 0) == (steps == step))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (gp.neuron("LIF", tau_ref=3.0), "refractory"),
        (gp.neuron("ALIF"), "3 states"),
        (
            gp.Neuron("low", flow="dv/dt = (I - v)/tau", spike="v > 1", reset="v = v - 1",
                      parameters={"tau": 20 * ms}),
            "no fixed value",
        ),
        (
            gp.Neuron("tired", flow="dv/dt = (I - v)/tau", spike="v > 1", reset="v = 0",
                      parameters={"tau": 20 * ms}, initial={"v": 0.5}),
            "start from 0",
        ),
        (gp.neuron("IF"), "does not decay"),
    ],
)  # fmt: skip
def test_what_nir_has_no_place_for_is_told_with_a_remedy(cell: gp.Neuron, words: str) -> None:
    with pytest.raises(UnsupportedError, match=words) as found:
        to_graph(compiled(described(cell=cell)))
    assert "population hidden" in str(found.value)


def simple(extra: dict[str, Node], edges: list[tuple[str, str]]) -> Graph:
    full = np.ones(2)
    lif = {k: full for k in ("tau", "r", "v_threshold")} | {
        k: 0 * full for k in ("v_leak", "v_reset")
    }
    nodes = {"in": Node("Input", {}, 2), "a": Node("LIF", lif, 2), "b": Node("LIF", lif, 2)}
    return Graph(nodes | extra, edges, {"dt": 1e-3})


def test_what_has_no_counterpart_is_told_all_at_once() -> None:
    strange = {"conv": Node("Conv2d", {}, 2), "pool": Node("AvgPool2d", {}, 2)}
    with pytest.raises(GenpropError, match="2 problems") as found:
        from_graph(simple(strange, [("in", "conv"), ("conv", "pool"), ("pool", "a")]))
    assert "node conv" in str(found.value)
    biased = Node("Affine", {"weight": np.eye(2), "bias": np.ones(3)}, 2)
    with pytest.raises(UnsupportedError, match="bias does not fit its 2 rows"):
        from_graph(simple({"w": biased}, [("in", "w"), ("w", "a")]))
    wide = Node("Linear", {"weight": np.ones((2, 3))}, 2)
    with pytest.raises(UnsupportedError, match="do not fit 2 channels"):
        from_graph(simple({"w": wide}, [("in", "w"), ("w", "a")]))
    tall = Node("Linear", {"weight": np.ones((3, 2))}, 3)
    with pytest.raises(UnsupportedError, match="3 values reach 2 neurons"):
        from_graph(simple({"w": tall}, [("in", "w"), ("w", "a")]))
    ring = {k: Node("Delay", {"delay": np.ones(2)}, 2) for k in ("d", "e")}
    with pytest.raises(UnsupportedError, match="circle"):
        from_graph(simple(ring, [("in", "d"), ("d", "e"), ("e", "d")]))


def test_ways_through_several_nodes_multiply_and_add() -> None:
    A, B = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 1.0], [1.0, 1.0]])
    nodes = {
        "late": Node("Delay", {"delay": np.array([2e-3])}, 2),
        "A": Node("Linear", {"weight": A}, 2),
        "B": Node("Linear", {"weight": B}, 2),
        "later": Node("Delay", {"delay": np.array([0.0, 3e-3])}, 2),
    }
    edges = [("in", "late"), ("late", "A"), ("A", "B"), ("B", "later"), ("later", "a"), ("a", "b")]
    net = from_graph(simple(nodes, edges), learned=("weight", "delay"))
    sim = compiled(net)
    np.testing.assert_allclose(sim.parameters["in->a.weight"], (B @ A).T * 1e-3)
    np.testing.assert_allclose(sim.parameters["in->a.delay"], [[2.0, 5.0], [2.0, 5.0]])
    learned = {p.name for p in sim.spec.parameters() if p.learned}
    assert learned == {"in->a.weight", "in->a.delay", "a->b.weight"}
    assert sim.parameters["a->b.weight"].shape == (2,)  # one to one


def test_files_and_words_that_cannot_be_are_told(tmp_path: Path) -> None:
    sim = compiled(described())
    path = gp.save_nir(sim, tmp_path / "net.nir")
    path.write_bytes(path.read_bytes()[:3000])
    for damaged, words in ((path, "no whole NIR file"), (tmp_path / "none.nir", "no such file")):
        with pytest.raises(DataError, match=words):
            gp.load_nir(damaged)
    with pytest.raises(ConfigurationError, match="did you mean 'dirac'"):
        gp.save_nir(sim, path, spikes="dirak")
    with pytest.raises(ConfigurationError, match="did you mean 'weight'"):
        gp.load_nir(path, learned=("weights",))
    silent = simple({}, [("in", "a"), ("a", "b")])
    with pytest.raises(ConfigurationError, match="which step"):
        from_graph(Graph(silent.nodes, silent.edges))
    assert from_graph(Graph(silent.nodes, silent.edges), spikes="dirac").freeze().populations
    with pytest.raises(OutputError, match="cannot be written"):
        write_graph(tmp_path / "no" / "folder.nir", to_graph(sim))


def test_without_nir_there_is_a_clear_word(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "nir", None)
    with pytest.raises(UnsupportedError, match="not installed") as found:
        gp.save_nir(compiled(described()), tmp_path / "net.nir")
    assert "genprop[nir]" in found.value.remedy


def test_nodes_of_any_alphabet_are_read_and_one_word_is_enough(tmp_path: Path) -> None:
    graph = read_graph(gp.save_nir(compiled(described()), tmp_path / "net.nir"))
    called = {"hidden": "größe", "fast": "快"}
    nodes = {called.get(name, name): node for name, node in graph.nodes.items()}
    edges = [(called.get(a, a), called.get(b, b)) for a, b in graph.edges]
    write_graph(tmp_path / "other.nir", Graph(nodes, edges, graph.metadata))
    net = gp.load_nir(tmp_path / "other.nir", learned="weight")
    names = {p.name for p in net.freeze().populations}
    assert "gr__e" in names
    assert len(names) == 4
