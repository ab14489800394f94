"""Ranks that train together end in the bits of one process; here they are threads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop._ranks import Ranks
from genprop.backends import distributed as engine
from genprop.backends.parts import Divisible, Node, branches, divide, nodes_of, tree_of
from genprop.data import Dataset, SpikeBatch
from genprop.errors import ConfigurationError, DataError, DescriptionError, UnsupportedError
from genprop.runtime import distributed
from genprop.runtime.distributed import digest_of, refuse_drift
from genprop.train import Clip, Sharpness
from genprop.train.distributed import divided
from tests.backends.test_parts import OUT, batch, network
from tests.distributed.threads import on_ranks

DATA = Dataset(batch(90), OUT)
TWENTY_BATCHES = 5  # epochs, of 4 batches each


def trained(sim: gp.Simulator, epochs: int = 1, **options: object) -> str:
    gp.fit(sim, DATA, DATA, epochs=epochs, progress=False, **options)  # type: ignore[arg-type]
    return digest_of(sim.state())


def refuse_other_bits(
    precision: str, budget: bool, shapes: Sequence[tuple[int, int]], epochs: int
) -> None:
    alone = trained(network(gp.Native(precision, threads=1), budget=budget), epochs)
    for ranks, threads in shapes:
        backend = gp.Native(precision, threads=threads)

        def run(own: Ranks, backend: gp.Native = backend) -> str:
            return trained(gp.distributed(network(backend, budget=budget), own), epochs)

        assert set(on_ranks(ranks, run)) == {alone}, (ranks, threads)


@pytest.mark.parametrize(("precision", "budget"), [("float", True), ("double", False)])
def test_any_number_of_ranks_and_threads_ends_in_the_same_bits(
    precision: str, budget: bool
) -> None:
    refuse_other_bits(precision, budget, ((3, 1), (2, 2)), 1)


@pytest.mark.nightly
@pytest.mark.parametrize("budget", [False, True], ids=["cross-entropy", "budget"])
@pytest.mark.parametrize("precision", ["float", "double"])
def test_every_number_of_ranks_and_threads_ends_in_the_same_bits(
    precision: str, budget: bool
) -> None:
    shapes = ((1, 2), (2, 1), (3, 1), (4, 1), (2, 2), (16, 1))
    refuse_other_bits(precision, budget, shapes, TWENTY_BATCHES)


def exact(precision: str) -> gp.Simulator:
    sim = network(gp.Native(precision, threads=1), budget=True)
    return sim.on(clock="exact")


@pytest.mark.parametrize("precision", ["float", pytest.param("double", marks=pytest.mark.nightly)])
def test_so_it_is_on_the_exact_clock(precision: str) -> None:
    alone = trained(exact(precision))
    assert set(on_ranks(3, lambda r: trained(gp.distributed(exact(precision), r)))) == {alone}


@pytest.mark.nightly
def test_so_it_is_with_the_interpreter_whose_groups_stand_apart() -> None:
    one, three = (
        on_ranks(n, lambda r: trained(gp.distributed(network("reference", budget=True), r), 1))
        for n in (1, 3)
    )
    assert set(one) == set(three)


def in_a_row(nodes: dict[Node, dict[str, np.ndarray]], groups: int) -> dict[str, np.ndarray]:
    """A planted mistake: the branches of ranks one after another, not by the tree of groups."""
    first, *rest = (nodes[node] for node in sorted(nodes))
    for other in rest:
        for name, array in first.items():
            array += other[name]
    return first


def test_a_sum_that_depends_on_the_ranks_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "tree_of", in_a_row)
    backend = gp.Native("float", threads=1)
    one, three = (
        on_ranks(n, lambda r: trained(gp.distributed(network(backend, budget=False), r)))
        for n in (1, 3)
    )
    assert len(set(one)) == len(set(three)) == 1
    assert set(one) != set(three)


def test_branches_hold_every_group_once_and_add_up_to_the_tree() -> None:
    rng = np.random.default_rng(0)
    for groups in (1, 5, 16):
        sums = [{"g": rng.normal(size=3).astype(np.float32)} for _ in range(groups)]
        leaves = {(k, 1): {"g": own["g"].copy()} for k, own in enumerate(sums)}
        whole = tree_of(leaves, groups)["g"]
        for ranks in range(1, groups + 1):
            nodes: dict[Node, dict[str, np.ndarray]] = {}
            for part in divide(100, groups, ranks):
                own = [{"g": s["g"].copy()} for s in sums[part.first : part.last]]
                found = branches(part, own, groups)
                assert list(found) == nodes_of(part, groups)
                nodes |= found
            covered = [g for first, n in nodes for g in range(first, min(first + n, groups))]
            assert sorted(covered) == list(range(groups))
            assert np.array_equal(tree_of(nodes, groups)["g"], whole)


def sparse(ranks: Ranks | None, *, aware: bool) -> gp.Simulator:
    """A recurrent projection that rewires, or the network as the chip holds it."""
    net = gp.Network("rewired")
    source = net.population("in", DATA.channels, gp.spikes())
    hidden = net.population("hidden", 12, gp.neuron("LIF", tau_mem=10 * ms))
    out = net.population("out", OUT, gp.neuron("LI", tau_mem=10 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    strong = gp.learn(gp.normal(1.5, 0.7))
    net.connect(source, hidden, exp, weight=strong)
    if not aware:
        net.connect(
            hidden, hidden, exp, weight=gp.learn(gp.normal(0.1, 0.3)),
            pattern=gp.sparse(0.2), rewire=gp.RigL(every=2, fraction=0.3),
        )  # fmt: skip
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.2, 1.0)))
    sim = gp.compile(
        net, loss=gp.CrossEntropy(gp.maximum(out, "v")), optimiser=gp.Adam(1e-2),
        clock="grid", dt=1 * ms, duration=40 * ms, batch=23, seed=4,
        backend=gp.Native("double", threads=1),
    )  # fmt: skip
    if ranks is not None:
        sim = gp.distributed(sim, ranks)
    return gp.QuantiseAware(sim, gp.Quantise(weight_bits=6, calibrate=DATA)) if aware else sim


@pytest.mark.parametrize("aware", [False, True], ids=["rewired", "quantised"])
def test_callbacks_rewiring_and_the_chip_do_the_same_on_all_ranks(aware: bool) -> None:
    def run(ranks: Ranks | None) -> str:
        sim = sparse(ranks, aware=aware)
        before = {name: s.column.copy() for name, s in sim.topology.items()}
        found = trained(sim, callbacks=[Sharpness(0.05), Clip(norm=0.1)])
        moved = any(not np.array_equal(before[n], s.column) for n, s in sim.topology.items())
        assert moved != aware
        return found

    alone = run(None)
    assert set(on_ranks(3, run)) == {alone}


def test_one_rank_writes_and_another_number_of_ranks_goes_on(tmp_path: Path) -> None:
    backend = gp.Native("float", threads=1)
    whole = trained(network(backend, budget=True), 4, run=tmp_path / "whole")
    run = tmp_path / "run"

    def part(ranks: Ranks, epochs: int) -> str:
        sim = gp.distributed(network(backend, budget=True), ranks)
        return trained(sim, epochs, run=run, resume=epochs > 1)

    on_ranks(3, lambda r: part(r, 1))
    on_ranks(2, lambda r: part(r, 3))
    assert set(on_ranks(4, lambda r: part(r, 4))) == {whole}
    assert len((run / "history.jsonl").read_text().splitlines()) == 4
    assert sorted(p.name for p in (run / "checkpoints").iterdir()) == ["best.h5", "last.h5"]


def test_more_ranks_than_samples_or_groups_are_refused() -> None:
    sim = network(gp.Native(threads=1), budget=False)
    sim.batch = 3
    with pytest.raises(ConfigurationError, match="4 ranks cannot divide batches of 3 samples"):
        on_ranks(4, lambda r: gp.distributed(sim, r))
    sim.batch = 23
    with pytest.raises(ConfigurationError, match="16 at most"):
        on_ranks(17, lambda r: gp.distributed(sim, r))


def test_a_backend_that_cannot_divide_is_refused() -> None:
    sim = network(gp.Native(threads=1), budget=False)

    class Whole:
        dtype = sim.engine.dtype

    sim.engine = Whole()  # type: ignore[assignment]
    assert not isinstance(sim.engine, Divisible)
    with pytest.raises(UnsupportedError, match="cannot divide a batch"):
        gp.distributed(sim, Ranks())


def test_ranks_with_another_state_network_or_data_are_named() -> None:
    backend = gp.Native(threads=1)

    def other_state(ranks: Ranks) -> None:
        sim = network(backend, budget=False)
        if ranks.rank == 2:
            sim.parameters["in->hidden.weight"] *= 1.5
        gp.distributed(sim, ranks)

    with pytest.raises(ConfigurationError, match="the state of rank 2 is not that of rank 0"):
        on_ranks(3, other_state)
    with pytest.raises(ConfigurationError, match=r"the network of rank 1, 2 .* generated code"):
        on_ranks(3, lambda r: gp.distributed(network(backend, budget=r.rank > 0), r))

    def other_data(ranks: Ranks) -> None:
        sim = gp.distributed(network(backend, budget=False), ranks)
        gp.fit(sim, DATA.select(np.arange(90 - ranks.rank)), epochs=1, progress=False)

    with pytest.raises(ConfigurationError, match="data of rank 1 is not that of rank 0"):
        on_ranks(2, other_data)


def test_ranks_with_other_code_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole package counts, also what does not change the generated text."""
    backend, here = gp.Native(threads=1), threading.local()
    monkeypatch.setattr(distributed, "code_digest", lambda: here.code)

    def other_code(ranks: Ranks) -> None:
        here.code = "later" if ranks.rank == 1 else "earlier"
        gp.distributed(network(backend, budget=False), ranks)

    with pytest.raises(ConfigurationError, match="the code of genprop of rank 1 is not that of"):
        on_ranks(3, other_code)


def test_ranks_that_drift_apart_are_stopped() -> None:
    class Drifts(gp.train.Callback):
        def __init__(self, rank: int) -> None:
            self.rank = rank

        def on_batch_end(self, training: gp.train.Training) -> None:
            training.sim.parameters["in->hidden.weight"] *= 1 + 1e-6 * self.rank

    def run(ranks: Ranks) -> None:
        sim = gp.distributed(network(gp.Native(threads=1), budget=False), ranks)
        trained(sim, 1, callbacks=[Drifts(ranks.rank)])

    with pytest.raises(ConfigurationError, match="the state of rank 1"):
        on_ranks(2, run)
    refuse_drift(network(gp.Native(threads=1), budget=False))


def test_a_fault_of_one_rank_is_that_of_all() -> None:
    seen: list[int] = []

    def run(ranks: Ranks) -> None:
        def work() -> None:
            if ranks.rank == 1:
                raise DescriptionError("a neuron spikes without end")

        with pytest.raises(DescriptionError, match="without end"):
            ranks.together(work)
        seen.append(ranks.rank)

    on_ranks(3, run)
    assert sorted(seen) == [0, 1, 2]


def test_a_state_that_diverges_is_named_by_the_rank_that_has_the_sample() -> None:
    """The last sample, which rank 0 has not, is the one that drives the state beyond numbers."""
    events = [([1.0], [0])] * 19 + [(np.linspace(0, 30, 300), np.zeros(300, int))]
    data = Dataset(SpikeBatch.from_events(events, channels=2, duration=40, labels=[0] * 20), OUT)

    def run(ranks: Ranks | None) -> None:
        net = gp.Network("explodes")
        source = net.population("in", 2, gp.spikes())
        cell = gp.Neuron("Square", flow="dv/dt = (v*v*v + I)/tau", parameters={"tau": 1 * ms})
        out = net.population("out", OUT, cell)
        net.connect(source, out, gp.synapse("exp", tau=5 * ms), weight=gp.learn(gp.constant(0.05)))
        sim = gp.compile(
            net, loss=gp.CrossEntropy(gp.maximum(out, "v")), optimiser=gp.Adam(1e-2),
            clock="grid", dt=1 * ms, duration=40 * ms, batch=20, seed=4,
            backend=gp.Native("double", threads=1),
        )  # fmt: skip
        sim = sim if ranks is None else gp.distributed(sim, ranks)
        gp.fit(sim, data, epochs=1, progress=False)

    faults: list[str] = []
    for call in (lambda: run(None), lambda: on_ranks(3, run)):
        with pytest.raises(gp.errors.DivergenceError) as found:
            call()
        faults.append(str(found.value))
    assert faults[0] == faults[1]
    assert "state 'v'" in faults[0]


def test_a_part_of_a_batch_is_no_batch_of_one_process() -> None:
    def run(ranks: Ranks) -> None:
        sim = gp.distributed(network(gp.Native(threads=1), budget=False), ranks)
        data = divided(sim, DATA)
        part = next(iter(data.batches(23)))
        network(gp.Native(threads=1), budget=False).gradients(part)

    with pytest.raises(DataError, match=r"holds \d+ of 23 samples"):
        on_ranks(2, run)
