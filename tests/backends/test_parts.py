"""A batch that ranks share gives the bits of one that runs in one place."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.base import Inputs, Part
from genprop.backends.native.engine import NativeEngine
from genprop.backends.native.tapes import tape_bytes
from genprop.backends.parts import (
    Divisible,
    Node,
    batch_means,
    bounds,
    divide,
    joined,
    take,
    tree_of,
)
from genprop.data.spikes import SpikeBatch

if TYPE_CHECKING:
    from genprop.backends.base import Outcome

IN, HIDDEN, OUT, SAMPLES = 10, 9, 3, 23

Gradients = dict[str, np.ndarray]


def network(
    backend: str | gp.Native, *, budget: bool, clock: str = "grid", steps: int = 40
) -> gp.Simulator:
    """Everything learned, sparse and dense, with a loss that sees the whole batch or without."""
    net, exp = gp.Network("shared"), gp.synapse("exp", tau=gp.learn(5 * ms))
    source = net.population("in", IN, gp.spikes())
    tau = gp.learn(12 * ms, min=2 * ms)
    hidden = net.population("hidden", HIDDEN, gp.neuron("LIF", tau_mem=tau))
    out = net.population("out", OUT, gp.neuron("LI", tau_mem=gp.learn(gp.values([9.0, 11, 13]))))
    late = gp.learn(gp.uniform(0 * ms, 6 * ms), max=10 * ms)
    strong = gp.learn(gp.normal(1.5, 0.7))
    net.connect(source, hidden, exp, weight=strong, delay=late, pattern=gp.sparse(0.7, seed=2))
    net.connect(hidden, hidden, exp, weight=gp.learn(gp.normal(0.1, 0.2)), delay=late)
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.2, 1.0)))
    loss = gp.CrossEntropy(gp.integral(out, "v"))
    if budget:
        loss = loss + 1e-2 * gp.SpikeBudget(hidden, per_trial=3)
    return gp.compile(
        net, loss=loss, optimiser=gp.Adam(1e-2),
        clock=clock, dt=1 * ms, duration=steps * ms, batch=SAMPLES,
        backend=backend, seed=3,
    )  # fmt: skip


def batch(samples: int = SAMPLES) -> SpikeBatch:
    rng = np.random.default_rng(samples)
    trains = [(np.sort(rng.uniform(0, 30, 40)), rng.integers(0, IN, 40)) for _ in range(samples)]
    labels = np.arange(samples) % OUT
    return SpikeBatch.from_events(trains, channels=IN, duration=40, labels=labels)


def together(found: list[tuple[Outcome, dict[Node, Gradients]]]) -> dict[Node, Gradients]:
    """The branches of all ranks."""
    return {node: sums for _, own in found for node, sums in own.items()}


def divided(sim: gp.Simulator, inputs: Inputs, ranks: int) -> tuple[Outcome, Gradients]:
    """What ``ranks`` give together; each sees nothing but its own samples and what is exchanged."""
    engine = sim.engine
    assert isinstance(engine, Divisible)
    parts = divide(inputs.batch, engine.groups, ranks)
    mine = [take(inputs, part, engine.groups) for part in parts]
    observed = [engine.observations(sim.parameters, sim.topology, own) for own in mine]
    means = batch_means(observed)
    told = [replace(own, part=part.seeing(means)) for own, part in zip(mine, parts, strict=True)]
    found = [engine.partials(sim.parameters, sim.topology, own) for own in told]
    sums = tree_of(together(found), engine.groups)
    return joined([outcome for outcome, _ in found]), engine.total(
        sim.parameters, sim.topology, sums
    )


def refuse_other_bits(one: tuple[Outcome, Gradients], other: tuple[Outcome, Gradients]) -> None:
    assert one[0].loss == other[0].loss
    assert one[0].terms == other[0].terms
    assert np.array_equal(one[0].scores, other[0].scores)  # type: ignore[arg-type]
    for name, counts in one[0].spikes.items():
        assert np.array_equal(counts, other[0].spikes[name])
    assert one[1].keys() == other[1].keys()
    for name, slope in one[1].items():
        assert slope.dtype == other[1][name].dtype
        assert np.array_equal(slope, other[1][name]), name


@pytest.mark.parametrize(
    ("precision", "budget"),
    [
        ("float", False),
        ("double", True),
        pytest.param("float", True, marks=pytest.mark.nightly),
        pytest.param("double", False, marks=pytest.mark.nightly),
    ],
)
def test_ranks_give_the_bits_of_one_call(precision: str, budget: bool) -> None:
    sim = network(gp.Native(precision, threads=2), budget=budget)
    inputs = sim.inputs(batch(), True)
    whole = sim.engine.gradients(sim.parameters, sim.topology, inputs)
    assert all(np.any(slope != 0) for slope in whole[1].values())
    for ranks in (1, 2, 3, 4):
        refuse_other_bits(whole, divided(sim, inputs, ranks))


@pytest.mark.parametrize("budget", [False, True], ids=["cross-entropy", "budget"])
def test_ranks_of_the_reference_give_the_bits_of_one_rank(budget: bool) -> None:
    sim = network("reference", budget=budget)
    inputs = sim.inputs(batch(), True)
    alone = divided(sim, inputs, 1)
    for ranks in (2, 3, 4):
        refuse_other_bits(alone, divided(sim, inputs, ranks))
    outcome, slopes = sim.engine.gradients(sim.parameters, sim.topology, inputs)
    assert outcome.loss == pytest.approx(alone[0].loss, rel=1e-14)
    for name, slope in slopes.items():
        np.testing.assert_allclose(alone[1][name], slope, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("backend", [gp.Native("double", threads=1), "reference"], ids=str)
def test_a_rank_may_have_no_sample(backend: str | gp.Native) -> None:
    sim = network(backend, budget=True)
    inputs = sim.inputs(batch(3), True)
    refuse_other_bits(divided(sim, inputs, 1), divided(sim, inputs, 16))


def test_every_sample_is_in_one_group() -> None:
    for samples in (1, 5, 16, 23, 256):
        for ranks in (1, 2, 3, 5, 16):
            parts = divide(samples, 16, ranks)
            assert [p.first for p in parts[1:]] == [p.last for p in parts[:-1]]
            sizes = [high - low for part in parts for low, high in bounds(part, 16)]
            assert sum(sizes) == samples and len(sizes) == 16


@pytest.mark.parametrize("clock", ["grid", "exact"])
@pytest.mark.parametrize("precision", ["float", "double"])
def test_a_batch_in_chunks_gives_the_bits_of_the_whole(precision: str, clock: str) -> None:
    found = []
    for memory in (0, 1):  # the computer's, and room for no sample's tapes
        sim = network(gp.Native(precision, threads=2, memory=memory), budget=True, clock=clock)
        for _ in range(2):
            sim.gradients(batch())
            sim.step()
        inputs = sim.inputs(batch(), True)
        found.append(sim.engine.gradients(sim.parameters, sim.topology, inputs))
        engine = sim.engine
        assert isinstance(engine, NativeEngine)
        assert engine.runs_in_chunks(inputs) == (memory == 1)
        assert not engine.runs_in_chunks(Inputs({}, 0, np.zeros(0, np.int64)))
    refuse_other_bits(*found)


PEAK = """
import sys
import genprop as gp
from tests.backends.test_parts import batch, network
from tests.memory import peak

sim = network(gp.Native(threads=1, memory=int(sys.argv[1])), budget=True, steps=20000)
sim.run(batch(1))
before = peak()
sim.gradients(batch())
print(peak() - before)
"""


def test_chunks_hold_the_tapes_of_a_sample_at_a_time() -> None:
    # Compiled here, as deriving may take more memory than what is measured.
    program = network(gp.Native(threads=1), budget=True, steps=20000).program
    whole, chunks = (
        float(subprocess.check_output([sys.executable, "-c", PEAK, memory], text=True))
        for memory in ("0", "1")
    )
    each = tape_bytes(program, 4) / 1e6
    assert whole > SAMPLES * each > 10  # [MB]
    assert chunks < whole - (SAMPLES - 2) * each


def test_the_means_of_the_batch_matter() -> None:
    sim = network(gp.Native("double", threads=1), budget=True)
    engine, inputs = sim.engine, sim.inputs(batch(), True)
    assert isinstance(engine, Divisible)
    whole = sim.engine.gradients(sim.parameters, sim.topology, inputs)[1]
    mine = [take(inputs, part, engine.groups) for part in divide(inputs.batch, engine.groups, 2)]
    found = [engine.partials(sim.parameters, sim.topology, own) for own in mine]
    alone = engine.total(sim.parameters, sim.topology, tree_of(together(found), engine.groups))
    name = "in->hidden.weight"
    assert np.abs(alone[name] - whole[name]).max() > 1e-6 * np.abs(whole[name]).max()


def test_a_sum_in_another_order_has_other_bits() -> None:
    sim = network(gp.Native("float", threads=1), budget=False)
    engine, inputs = sim.engine, sim.inputs(batch(), True)
    assert isinstance(engine, Divisible)
    whole = sim.engine.gradients(sim.parameters, sim.topology, inputs)[1]
    parts = [Part(SAMPLES, group, group + 1) for group in range(engine.groups)]
    mine = [take(inputs, part, engine.groups) for part in parts]
    found = [engine.partials(sim.parameters, sim.topology, own) for own in mine]
    groups = list(together(found).values())
    total = {name: np.zeros_like(array) for name, array in groups[0].items()}
    for group in groups:
        for name, array in group.items():
            total[name] += array
    in_a_row = engine.total(sim.parameters, sim.topology, total)
    assert any(not np.array_equal(in_a_row[name], whole[name]) for name in whole)
