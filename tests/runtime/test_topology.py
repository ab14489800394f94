"""Synapses are state: they are saved, compared, moved, and read anew for every batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.native.engine import NativeEngine
from genprop.data.spikes import SpikeBatch
from genprop.describe.spec import PatternSpec
from genprop.describe.topology import Synapses, Topology, beginning, digest_with_synapses
from genprop.errors import CheckpointError, DescriptionError
from genprop.runtime.serialise import deserialised, serialised
from genprop.stages.rewire import Rewired
from genprop.train.checkpoint import Snapshot, load_checkpoint, write_snapshot

IN, HIDDEN, OUT, FAN_IN = 12, 8, 3, 3
NAME = "in->hidden"
BACKENDS = [gp.Native("double", threads=2), "reference"]


def pairs(seed: int) -> np.ndarray:
    """Three receivers for every sender: as many synapses for every seed."""
    rng = np.random.default_rng(seed)
    ends = [np.sort(rng.choice(HIDDEN, FAN_IN, replace=False)) for _ in range(IN)]
    return np.stack([np.repeat(np.arange(IN), FAN_IN), np.concatenate(ends)], axis=1)


def network(
    pattern: object, backend: object = "reference", stages: tuple[gp.Stage, ...] = ()
) -> gp.Simulator:
    net, exp = gp.Network("wired"), gp.synapse("exp", tau=5 * ms)
    source = net.population("in", IN, gp.spikes())
    hidden = net.population("hidden", HIDDEN, gp.neuron("LIF", tau_mem=15 * ms))
    out = net.population("out", OUT, gp.neuron("LI", tau_mem=15 * ms))
    late = gp.learn(gp.uniform(0 * ms, 6 * ms), max=10 * ms)
    net.connect(
        source, hidden, exp, weight=gp.learn(gp.normal(1.5, 0.5)), delay=late,
        pattern=pattern,  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.2, 1.0)))
    return gp.compile(
        net, loss=gp.CrossEntropy(gp.integral(out, "v")), optimiser=gp.Adam(1e-2),
        clock="grid", dt=1 * ms,
        duration=40 * ms, batch=6, seed=3, stages=stages,
        backend=backend,  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


def batch(seed: int = 0) -> SpikeBatch:
    rng = np.random.default_rng(seed)
    trains = [(np.sort(rng.uniform(0, 30, 40)), rng.integers(0, IN, 40)) for _ in range(6)]
    return SpikeBatch.from_events(trains, channels=IN, duration=40, labels=np.arange(6) % OUT)


def listed(seed: int, backend: object = "reference") -> gp.Simulator:
    return network(gp.sparse(pairs=pairs(seed)), backend)


def same(one: gp.Simulator, other: gp.Simulator) -> bool:
    (loss, left), (other_loss, right) = one.gradients(batch()), other.gradients(batch())
    return loss == other_loss and all(np.array_equal(left[name], right[name]) for name in left)


def save(sim: gp.Simulator, path: Path, *, state: Mapping[str, np.ndarray]) -> Path:
    grid = (sim.dt, sim.duration, sim.batch)
    write_snapshot(path, Snapshot(sim.spec.digest(), 1, 0, 0, 0, grid, dict(state)))
    return path


@pytest.mark.parametrize("backend", BACKENDS, ids=["native", "reference"])
@pytest.mark.parametrize("only", ["", "parameters"])
def test_a_checkpoint_brings_its_synapses(tmp_path: Path, backend: object, only: str) -> None:
    one, other = listed(1, backend), listed(2, backend)
    assert not same(one, other)
    load_checkpoint(save(one, tmp_path / "one.h5", state=one.state()), other, only=only)
    assert other.topology[NAME].digest() == one.topology[NAME].digest()
    assert same(one, other)


def test_a_checkpoint_of_before_means_the_synapses_of_the_description(tmp_path: Path) -> None:
    one, other = listed(1), listed(1)
    state = {n: v for n, v in one.state().items() if not n.startswith("topology/")}
    path = save(one, tmp_path / "one.h5", state=state)
    other.rewire(NAME, Synapses.of_pairs(IN, HIDDEN, pairs(2)))
    load_checkpoint(path, other, only="parameters")
    assert same(one, other)
    assert digest_with_synapses(one.spec) != digest_with_synapses(listed(2).spec)
    assert one.spec.digest() == listed(2).spec.digest()


def test_damaged_or_other_synapses_are_refused() -> None:
    sim = listed(1)
    state, column = sim.state(), f"topology/{NAME}/column"
    moved = np.array(state[column])
    moved[:FAN_IN] = np.setdiff1d(np.arange(HIDDEN), moved[:FAN_IN])[:FAN_IN]
    with pytest.raises(CheckpointError, match="digests differ"):
        sim.restore({**state, column: moved})
    with pytest.raises(CheckpointError, match="lead beyond the population"):
        sim.restore({**state, column: np.array(state[column]) + HIDDEN})
    with pytest.raises(CheckpointError, match=r"column.*is missing"):
        sim.restore({n: v for n, v in state.items() if n != column})
    with pytest.raises(CheckpointError, match=r"has 36 synapses, not 12"):
        network(gp.sparse(pairs=pairs(1)[::3])).restore(state)
    assert same(sim, listed(1))


@pytest.mark.parametrize("backend", BACKENDS, ids=["native", "reference"])
def test_a_rewired_network_runs_as_one_that_was_described_so(backend: object) -> None:
    moved, wanted = listed(1, backend), listed(2, backend)
    moved.gradients(batch(1))
    moved.rewire(NAME, wanted.topology[NAME], dict(wanted.parameters))
    assert same(moved, wanted)


def test_synapses_that_stay_keep_their_values_and_moments() -> None:
    sim = listed(1)
    sim.gradients(batch(1))
    sim.step()
    old, new = sim.topology[NAME], Synapses.of_pairs(IN, HIDDEN, pairs(2))
    arrays = {**sim.parameters.arrays, **sim.optimiser}
    chosen = [name for name in arrays if name.startswith(f"{NAME}.")]
    before = {n: _matrix(old, arrays[n]) for n in chosen}
    sim.rewire(NAME, new)
    held = _matrix(old, np.ones(old.shape)) * _matrix(new, np.ones(new.shape))
    assert len(chosen) == 6 and 0 < held.sum() < old.shape[0]
    for name in chosen:
        assert np.array_equal(_matrix(new, arrays[name]), before[name] * held)


def _matrix(synapses: Synapses, values: np.ndarray) -> np.ndarray:
    found = np.zeros((synapses.pre, synapses.post))
    found[synapses.all_pairs()] = values
    return found


def test_two_seeds_of_a_pattern_share_a_library() -> None:
    sims = [network(gp.sparse(0.4, seed=seed), BACKENDS[0]) for seed in (1, 2)]
    engines = [sim.engine for sim in sims]
    paths = {engine.artifact.path for engine in engines if isinstance(engine, NativeEngine)}
    assert len(engines) == 2 and len(paths) == 1
    assert sims[0].spec.digest() == sims[1].spec.digest()
    assert sims[0].parameters[f"{NAME}.weight"].shape != sims[1].parameters[f"{NAME}.weight"].shape
    for sim, seed in zip(sims, (1, 2), strict=True):
        found = network(gp.sparse(0.4, seed=seed)).gradients(batch())[1]
        for name, slope in sim.gradients(batch())[1].items():
            np.testing.assert_allclose(slope, found[name], rtol=1e-9, atol=1e-12)


class Wandering(gp.Stage):
    """Moves all synapses of the input after every update."""

    def __init__(self) -> None:
        self.moves = 0

    def rewire(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        topology: Topology,
    ) -> Mapping[str, Rewired]:
        self.moves += 1
        new = Synapses.of_pairs(IN, HIDDEN, pairs(self.moves))
        fresh = new.places_in(topology[NAME]) < 0
        rng = np.random.default_rng(self.moves)
        weight = parameters[f"{NAME}.weight"][new.places_in(topology[NAME])]
        return {NAME: Rewired(new, {f"{NAME}.weight": np.where(fresh, rng.normal(), weight)})}

    def state(self) -> dict[str, np.ndarray]:
        return {"moves": np.array(self.moves)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.moves = int(state.get("moves", 0))


def learn(sims: Iterable[gp.Simulator], batches: Iterable[int]) -> None:
    for k in batches:
        for sim in sims:
            sim.gradients(batch(k))
            sim.step()


def test_a_stage_owns_synapses_and_a_state_goes_on_bit_by_bit(tmp_path: Path) -> None:
    native, reference, resumed = (
        network(gp.sparse(pairs=pairs(0)), b, (Wandering(),)) for b in (*BACKENDS, "reference")
    )
    learn((native, reference), range(2))
    resumed.restore(reference.state())
    learn((native, reference, resumed), range(2, 4))
    digests = {sim.topology[NAME].digest() for sim in (native, reference, resumed)}
    assert digests == {Synapses.of_pairs(IN, HIDDEN, pairs(4)).digest()}
    assert all(np.array_equal(a, reference.parameters[n]) for n, a in resumed.parameters.items())
    for name, value in native.parameters.items():
        np.testing.assert_allclose(value, reference.parameters[name], rtol=1e-9, atol=1e-12)
    again = gp.load(gp.save(native, tmp_path / "saved"), stages=[Wandering()])
    assert same(again, native)


def test_what_cannot_be_rewired_is_refused() -> None:
    sim = listed(1)
    with pytest.raises(DescriptionError, match="keep the number"):
        sim.rewire(NAME, Synapses.of_pairs(IN, HIDDEN, pairs(1)[1:]))
    with pytest.raises(DescriptionError, match="keep the number"):
        sim.rewire("hidden->out", Synapses(HIDDEN, OUT))
    with pytest.raises(DescriptionError, match="did you mean"):
        sim.rewire("in->hiden", sim.topology[NAME])


def test_a_description_of_before_begins_with_the_synapses_it_holds() -> None:
    synapses = Synapses.of_pairs(IN, HIDDEN, pairs(1))
    indices = {"row_start": synapses.row_start, "column": synapses.column}
    plain = {"is": "spec.PatternSpec", "kind": "sparse"}
    plain |= {name: serialised(array) for name, array in indices.items()}
    found = deserialised(plain, "network.json")
    assert isinstance(found, PatternSpec)
    assert beginning(found, IN, HIDDEN).digest() == synapses.digest()
