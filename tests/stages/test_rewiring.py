"""Synapses that change while learning: what goes, what comes, what stays, and what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import genprop as gp
from genprop.describe.topology import Synapses
from genprop.stages.rewiring.dormant import sampled_pairs
from tests.stages.rewired import FEED, HIDDEN, IN, LOOP, matrix, pairs_of, rewired
from tests.stages.staged import batch

RULES: dict[str, Callable[[], gp.RewiringRule]] = {
    "DeepR": gp.DeepR,
    "noisy": lambda: gp.DeepR(noise=0.05),
    "RigL": gp.RigL,
    "RigL, all": lambda: gp.RigL(sampled=None, every=2),
    "RigL, fraction": lambda: gp.RigL(fraction=0.3, every=2, decay=20),
    "SET": lambda: gp.SET(fraction=0.3, every=2),
    "near": lambda: gp.DeepR(reach=2.0),
    "RigL, near": lambda: gp.RigL(reach=2.0),
}
SIGNED = [k for k in RULES if k not in ("SET", "RigL, fraction")]
FEW = {("RigL", FEED, "dale", "learned"), ("DeepR", LOOP, "signed", "distance"),
       ("SET", LOOP, "any", "fixed"), ("RigL, fraction", FEED, "any", "none"),
       ("noisy", FEED, "signed", "fixed"), ("RigL, near", LOOP, "dale", "distance"),
       ("near", FEED, "dale", "learned"), ("RigL, all", FEED, "signed", "none")}  # fmt: skip
EVERY = [
    (rule, where, weight, delay)
    for rule, where, weight, delay in itertools.product(
        RULES, (FEED, LOOP), ("dale", "signed", "any"), ("none", "fixed", "learned", "distance")
    )
    if weight != "any" or rule not in SIGNED
]
STEPS, WEIGHT = 12, f"{FEED}.weight"


@pytest.mark.parametrize(
    ("rule", "where", "weight", "delay"),
    [pytest.param(*c, marks=() if c in FEW else pytest.mark.nightly) for c in EVERY],
)
def test_the_count_stays_signs_stay_and_what_stays_keeps_its_values(
    rule: str, where: str, weight: str, delay: str
) -> None:
    sim = rewired(RULES[rule](), where=where, weight=weight, delay=delay, backend="reference")
    count, moved = sim.topology[where].column.size, 0
    signs = np.zeros((sim.topology[where].pre, sim.topology[where].post))
    for k in range(STEPS):
        before, old = sim.topology[where], np.array(sim.arrays()[f"{where}.weight"])
        sim.gradients(batch(k))
        sim.step()
        after = sim.topology[where]
        assert after.column.size == count
        moved += len(pairs_of(after) - pairs_of(before))
        now = matrix(after, np.sign(sim.arrays()[f"{where}.weight"]))
        if weight != "any":
            assert np.all(signs * now >= 0)
        signs = np.where(now != 0, now, signs)
        stay = pairs_of(after) & pairs_of(before)
        left, right = matrix(before, old), matrix(after, sim.arrays()[f"{where}.weight"])
        assert all(abs(left[p] - right[p]) < 0.5 for p in stay)
    assert moved > 0


def restart(sim: gp.Simulator, name: str) -> tuple[np.ndarray, ...]:
    """Per pair: whether there is a synapse, its value and its first moment."""
    synapses = sim.topology[FEED]
    there = matrix(synapses, np.ones(synapses.shape)) > 0
    values = matrix(synapses, sim.parameters[name])
    return there, values, matrix(synapses, sim.optimiser[f"{name}/m"])


@pytest.mark.parametrize("rule", ["DeepR", "RigL"])
def test_removed_are_those_at_zero_and_regrown_ones_begin_anew(rule: str) -> None:
    sim, name = rewired(RULES[rule](), backend="reference"), f"{FEED}.magnitude"
    twin = rewired(gp.SET(every=10**9), backend="reference")  # counts updates, and moves nothing
    for k in range(STEPS):
        twin.restore({n: v for n, v in sim.state().items() if not n.startswith("stage/")})
        for each in (sim, twin):
            each.gradients(batch(k))
            each.step()
        there, _, _ = restart(twin, name)
        gone = there & (matrix(twin.topology[FEED], twin.parameters[name], 1.0) <= 0)
        now, values, moment = restart(sim, name)
        assert np.all(values[now] > 0)
        new = now & (~there | gone)
        assert new.sum() == gone.sum()
        assert np.all(values[new] == 1e-12) and np.all(moment[new] == 0)
        old = now & ~new
        assert np.array_equal(values[old], restart(twin, name)[1][old])
        assert np.array_equal(moment[old], restart(twin, name)[2][old])


def adam(gradients: list[np.ndarray], x: np.ndarray, rate: float = 0.05) -> np.ndarray:
    """Where Adam gets from ``x``, as its paper has it."""
    m, s = np.zeros_like(x), np.zeros_like(x)
    for n, g in enumerate(gradients, 1):
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        x = x - rate * (m / (1 - 0.9**n)) / (np.sqrt(s / (1 - 0.999**n)) + 1e-8)
    return x


@pytest.mark.parametrize("backend", ["reference", None], ids=["reference", "native"])
def test_a_regrown_synapse_learns_as_one_whose_training_begins(backend: str | None) -> None:
    sim = rewired(gp.SET(every=5, fraction=0.3), weight="any", backend=backend)
    rng = np.random.default_rng()
    start, fresh, given = np.zeros(0), np.zeros(0, bool), list[np.ndarray]()
    for k in range(1, 9):
        before = sim.topology[FEED]
        slope = rng.normal(size=before.shape)
        none = {name: np.zeros_like(sim.parameters[name]) for name in sim.settings}
        sim.step({**none, WEIGHT: slope})
        if k == 5:
            fresh = sim.parameters[WEIGHT] == 0  # new ones, and removed ones that came back
            assert np.all(fresh[sim.topology[FEED].places_in(before) < 0])
            start = np.array(sim.parameters[WEIGHT])
        elif k > 5:
            given.append(slope)
    assert fresh.sum() > 3
    expected = adam([g[fresh] for g in given], start[fresh])
    assert np.allclose(sim.parameters[WEIGHT][fresh], expected, rtol=0, atol=1e-12)
    assert np.array_equal(sim.optimiser[f"{WEIGHT}/n"][~fresh], np.full((~fresh).sum(), 8.0))


def test_a_checkpoint_without_counts_is_read_as_one_in_which_nothing_was_regrown() -> None:
    sim, other = (rewired(gp.SET(every=100), weight="any", backend="reference") for _ in range(2))
    for k in range(3):
        sim.gradients(batch(k))
        sim.step()
    state = sim.state()
    assert np.all(state[f"optimiser/{WEIGHT}/n"] == 3)
    other.restore({n: v for n, v in state.items() if not n.endswith("/n")})
    assert all(np.array_equal(v, state[n]) for n, v in other.state().items())
    assert not any(n.endswith("/n") for n in rewired(None).state())


def test_synapses_that_count_alike_learn_by_the_bits_of_an_ordinary_network() -> None:
    """Native, float and double: before anything is regrown, all counts are those of the network."""
    for precision in ("float", "double"):
        native = gp.Native(precision=precision, threads=2)
        ruled, plain = (
            rewired(rule, weight="any", backend=native) for rule in (gp.SET(every=99), None)
        )
        for k in range(5):
            for sim in (ruled, plain):
                sim.gradients(batch(k))
                sim.step()
        assert f"{WEIGHT}/n" in ruled.optimiser and f"{WEIGHT}/n" not in plain.optimiser
        for name, due in plain.parameters.items():
            assert np.array_equal(ruled.parameters[name], due), name


@pytest.mark.parametrize("backend", ["reference", None], ids=["reference", "native"])
def test_synapses_that_are_moved_by_hand_begin_their_updates_anew(backend: str | None) -> None:
    sim = rewired(None, weight="any", backend=backend)
    rng = np.random.default_rng()
    none = {name: np.zeros_like(sim.parameters[name]) for name in sim.settings}
    for _ in range(4):
        sim.step({**none, WEIGHT: rng.normal(size=none[WEIGHT].shape)})
    old = sim.topology[FEED]
    sim.rewire(FEED, old)
    assert f"{WEIGHT}/n" not in sim.optimiser  # nothing was moved
    numbers = np.setdiff1d(np.arange(IN * HIDDEN), old.numbers)[:3]
    kept = np.sort(np.concatenate([old.numbers[3:], numbers]))
    sim.rewire(FEED, Synapses.of_numbers(old.pre, old.post, kept))
    fresh = np.isin(kept, numbers)
    given = [rng.normal(size=kept.size) for _ in range(3)]
    for slope in given:
        sim.step({**none, WEIGHT: slope})
    expected = adam([g[fresh] for g in given], np.zeros(3))
    assert np.allclose(sim.parameters[WEIGHT][fresh], expected, rtol=0, atol=1e-12)
    assert set(sim.optimiser[f"{WEIGHT}/n"][~fresh]) == {7.0}
    other = rewired(None, weight="any", backend=backend)
    other.restore(sim.state())
    for one in (sim, other):
        one.step({**none, WEIGHT: given[0]})
    assert all(np.array_equal(v, other.state()[n]) for n, v in sim.state().items())
    sim.restore(rewired(None, weight="any", backend=backend).state())
    assert np.all(sim.optimiser[f"{WEIGHT}/n"] == 0)


def dormant_slopes(sim: gp.Simulator, number: int, delay: np.ndarray) -> np.ndarray:
    """∂L/∂w of all pairs, from a dense network whose absent synapses weigh nothing."""
    synapses = sim.topology[FEED]
    whole = rewired(None, weight="any", delay="fixed", pattern=gp.dense(), backend="reference")
    for name in whole.parameters:
        if name in sim.parameters and not name.startswith(FEED):
            whole.parameters[name] = sim.parameters[name]
    used = sim.arrays()
    whole.parameters[f"{FEED}.weight"] = matrix(synapses, used[f"{FEED}.weight"])
    whole.parameters[f"{FEED}.delay"] = delay
    return whole.gradients(batch(number))[1][f"{FEED}.weight"]


@pytest.mark.parametrize("kind", ["signed", "absolute"])
def test_rigl_regrows_what_brute_force_over_all_dormant_chooses(kind: str) -> None:
    """Fixed delays of zero, so that a pair's gradient is one number."""
    weight = "dale" if kind == "signed" else "any"
    rule = gp.RigL(sampled=None) if kind == "signed" else gp.RigL(fraction=0.2, sampled=None)
    sim = rewired(rule, weight=weight, delay="none", backend="reference", rate=0.2)
    seen = 0
    for k in range(2 * STEPS):
        before = sim.topology[FEED]
        slopes = dormant_slopes(sim, k, np.zeros((IN, HIDDEN)))
        if kind == "signed":
            slopes = sim.parameters["in.sign"][:, None] * slopes
        sim.gradients(batch(k))
        sim.step()
        after = sim.topology[FEED]
        new = pairs_of(after) - pairs_of(before)
        free = set(np.ndindex(IN, HIDDEN)) - pairs_of(before)
        growth = -slopes if kind == "signed" else np.abs(slopes)
        if new:
            least = min(growth[p] for p in new)
            rest = [growth[p] for p in free - new]
            assert not rest or least >= max(rest) - 1e-12
        seen += len(new)
    assert seen > 5


@pytest.mark.parametrize("backend", ["reference", gp.Native("double", threads=2)])
@pytest.mark.parametrize("delay", ["learned", "fixed", "distance"])
def test_candidates_have_the_gradients_of_synapses_that_weigh_nothing(
    delay: str, backend: str | gp.Native
) -> None:
    """Each at the delay that it would have, and under the sign of its sender."""
    rule = gp.RigL(sampled=None)
    sim = rewired(rule, delay=delay, backend=backend, rate=0.2)
    for k in range(STEPS):
        sim.gradients(batch(k))
        own = sim.stages.all[-1]
        assert isinstance(own, gp.RigL)
        pairs, slope = own.progress.pairs, own.progress.slope
        assert pairs is not None and slope is not None
        late = matrix(sim.topology[FEED], sim.arrays()[f"{FEED}.delay"])
        if own.progress.delays is None:
            x, y = (np.asarray(sim.parameters[f"{p}.position"]) for p in ("in", "hidden"))
            far = np.linalg.norm(x[:, None] - y[None], axis=2)
            late.flat[pairs] = np.minimum(far, 12.0).flat[pairs]
        else:
            late.flat[pairs] = own.progress.delays
        wanted = sim.parameters["in.sign"][:, None] * dormant_slopes(sim, k, late)
        scale = float(np.abs(wanted).max())
        np.testing.assert_allclose(slope, wanted.flat[pairs], atol=1e-9 * scale, rtol=0)
        sim.step()
        new = dict(zip(pairs.tolist(), late.flat[pairs].tolist(), strict=True))
        grown = set(sim.topology[FEED].numbers.tolist()) & set(new)
        now = matrix(sim.topology[FEED], sim.arrays()[f"{FEED}.delay"])
        if delay != "distance":
            assert all(now.flat[n] == new[n] for n in grown)


@pytest.mark.parametrize("clock", ["grid", "exact"])
def test_candidates_change_neither_the_loss_nor_the_gradients(clock: str) -> None:
    for backend in ("reference", gp.Native("double", threads=2)):
        probed, bare = (rewired(r, backend=backend, clock=clock) for r in (gp.RigL(), None))
        (loss, left), (same, right) = probed.gradients(batch()), bare.gradients(batch())
        rule = probed.stages.all[-1]
        assert isinstance(rule, gp.RigL) and rule.progress.slope is not None
        assert loss == same and left.keys() == right.keys()
        assert all(np.array_equal(left[name], right[name]) for name in left)


def test_a_candidate_that_is_wrongly_chosen_is_seen() -> None:
    """The brute-force test, turned red by a rule that regrows the worst."""

    @dataclass(frozen=True, kw_only=True)
    class Worst(gp.RigL):
        def regrown(
            self, count: int, log_chance: np.ndarray, slope: np.ndarray, rng: np.random.Generator
        ) -> np.ndarray:
            return np.argsort(-slope)[:count]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gp, "RigL", Worst, raising=False)
        with pytest.raises(AssertionError):
            test_rigl_regrows_what_brute_force_over_all_dormant_chooses("signed")


@pytest.mark.parametrize("sparse", [0.3, 0.01])
def test_sampled_pairs_are_dormant_different_and_uniform(sparse: float) -> None:
    rng = np.random.default_rng()
    there = np.argwhere(rng.random((40, 30)) < sparse)
    synapses = Synapses.of_pairs(40, 30, there)
    free = 40 * 30 - len(there)
    counts = np.zeros(1200)
    for _ in range(200):
        found = sampled_pairs(synapses, 60, rng)
        assert found.size == np.unique(found).size == 60
        counts[found] += 1
    assert not counts[synapses.numbers].any()
    expected = 200 * 60 / free
    spread = ((counts[counts > 0] - expected) ** 2).sum() / expected / free
    assert 0.8 < spread < 1.2
    assert sampled_pairs(synapses, 5000, rng).size == free


def test_regrowth_by_distance_prefers_what_is_near() -> None:
    """All of a tenth of the pairs are regrown after every batch."""
    lengths: dict[float | None, float] = {}
    for reach in (None, 1.0):
        rule = gp.SET(every=1, fraction=1.0, reach=reach)
        sim = rewired(rule, weight="any", pattern=gp.sparse(0.1, seed=1), backend="reference")
        found: list[float] = []
        for k in range(2 * STEPS):
            sim.gradients(batch(k))
            sim.step()
            x, y = (np.asarray(sim.parameters[f"{p}.position"]) for p in ("in", "hidden"))
            pre, post = sim.topology[FEED].all_pairs()
            found += np.linalg.norm(x[pre] - y[post], axis=1).tolist()
        lengths[reach] = float(np.mean(found))
    assert lengths[1.0] < 0.8 * lengths[None]


def test_a_regrown_synapse_has_the_delay_it_had() -> None:
    sim = rewired(gp.SET(every=1, fraction=0.5), weight="any", delay="fixed", backend="reference")
    name, seen, again = f"{FEED}.delay", dict[tuple[int, int], float](), 0
    limit = sim.topology[FEED].column.size
    last: dict[tuple[int, int], int] = {}
    for k in range(40):
        synapses = sim.topology[FEED]
        own = zip(*(e.tolist() for e in synapses.all_pairs()), sim.parameters[name], strict=True)
        for pre, post, delay in own:
            pair = (pre, post)
            if pair in seen and last[pair] < k - 1 and seen[pair] == delay:
                again += 1
            seen[pair], last[pair] = float(delay), k
        sim.gradients(batch(k))
        sim.step()
        rule = sim.stages.all[-1]
        assert isinstance(rule, gp.SET) and rule.progress.removed.size <= limit
    assert again > 10


@pytest.mark.parametrize("rule", ["DeepR", "RigL", "near", "SET"])
def test_where_every_pair_has_its_synapse_the_removed_ones_come_back(rule: str) -> None:
    weight = "any" if rule == "SET" else "dale"
    sim = rewired(RULES[rule](), weight=weight, pattern=gp.sparse(1.0), rate=0.2)
    for k in range(4):
        sim.gradients(batch(k))
        sim.step()
    assert sim.topology[FEED].column.size == IN * HIDDEN
    own = sim.stages.all[-1]
    assert isinstance(own, gp.RewiringRule) and own.progress.regrown > 0


@dataclass(frozen=True, kw_only=True)
class Never(gp.RewiringRule):
    """A rule from outside the package, that removes nothing."""

    def removed(self, size: np.ndarray, updates: int) -> np.ndarray:
        return np.zeros(size.shape, bool)


def test_a_rule_is_one_class_of_ones_own() -> None:
    one, other = rewired(Never()), rewired(None)
    for sim in (one, other):
        for k in range(3):
            sim.gradients(batch(k))
            sim.step()
    for name, value in one.parameters.items():  # its synapses count their own updates, in numpy
        assert np.allclose(value, other.parameters[name], rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: rewired(gp.DeepR(), pattern=gp.dense()), "dense: it has every synapse"),
        (lambda: rewired(gp.DeepR(), pattern=gp.sparse(0.0)), "no synapse, and rewiring keeps"),
        (lambda: rewired(gp.DeepR(), weight="any"), "magnitudes that reach zero"),
        (lambda: rewired(gp.RigL(), weight="any"), "magnitudes that reach zero"),
        (lambda: gp.RigL(fraction=1.5), "above 0 to 1"),
        (lambda: gp.RigL(decay=10), "lets a fraction fall"),
        (lambda: gp.SET(every=0), "every"),
        (lambda: gp.DeepR(noise=-1.0), "noise=…. cannot be -1.0"),
        (lambda: gp.DeepR(reach=0.0), "above 0"),
    ],
)
def test_errors_say_what_is_wrong(made: Callable[[], object], told: str) -> None:
    with pytest.raises(gp.GenpropError, match=told):
        made()


def test_rigl_without_a_batch_has_no_gradients_to_go_by() -> None:
    sim = rewired(gp.RigL(fraction=0.2), weight="any")
    zeros = {name: np.zeros_like(sim.parameters[name]) for name in sim.settings}
    with pytest.raises(gp.GenpropError, match="call gradients"):
        sim.step(zeros)


def test_a_reach_needs_positions_and_weights_must_learn() -> None:
    net = gp.Network("bare")
    a, b = (net.population(n, 4, gp.neuron("LIF")) for n in "ab")
    some = gp.sparse(0.5)
    net.connect(a, b, gp.synapse("exp"), weight=gp.learn(1.0), pattern=some,
                rewire=gp.SET(reach=1.0))  # fmt: skip
    net.connect(b, a, gp.synapse("exp"), weight=1.0, pattern=some, rewire=gp.SET())
    with pytest.raises(gp.GenpropError) as error:
        net.freeze()
    assert "a has no positions" in str(error.value) and "not learned" in str(error.value)
