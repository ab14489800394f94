"""What a rewiring rule removes, and when: the smallest, every so often, ever fewer, after noise."""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from tests.stages.rewired import FEED, HIDDEN, IN, matrix, rewired
from tests.stages.staged import batch

WEIGHT, MAGNITUDE = f"{FEED}.weight", f"{FEED}.magnitude"
STEPS, FRACTION, DECAY = 12, 0.3, 9


@pytest.mark.parametrize(
    ("rule", "every", "decay"),
    [
        (gp.SET(fraction=FRACTION, every=2), 2, None),
        (gp.SET(fraction=FRACTION, every=3), 3, None),
        (gp.RigL(fraction=FRACTION, every=2), 2, None),
        (gp.RigL(fraction=FRACTION, every=2, decay=DECAY), 2, DECAY),
    ],
    ids=["SET", "SET, every third", "RigL", "RigL, decay"],
)
def test_removed_are_the_smallest_after_every_so_many_updates(
    rule: gp.RewiringRule, every: int, decay: int | None
) -> None:
    sim = rewired(rule, weight="any", backend="reference")
    twin = rewired(gp.SET(every=10**9), weight="any", backend="reference")  # removes nothing
    for update in range(1, STEPS + 1):
        twin.restore({n: v for n, v in sim.state().items() if not n.startswith("stage/")})
        for each in (sim, twin):
            each.gradients(batch(update))
            each.step()
        part = FRACTION if decay is None else FRACTION * fallen(update / decay)
        size = np.abs(twin.parameters[WEIGHT])
        smallest = np.argsort(size, kind="stable")[: round(part * size.size)]
        due = np.isin(np.arange(size.size), smallest) & (update % every == 0)
        pairs = twin.topology[FEED].all_pairs()
        left = matrix(sim.topology[FEED], sim.parameters[WEIGHT])[pairs]
        assert np.all(left[due] == 0)  # gone, or back with a weight of zero
        assert np.array_equal(left[~due], twin.parameters[WEIGHT][~due])


def fallen(part: float) -> float:
    """Half a cosine from 1 to 0, and 0 from there on."""
    return (1 + np.cos(np.pi * part)) / 2 if part < 1 else 0.0


@pytest.mark.parametrize("sigma", [0.0, 0.01])
def test_noise_moves_every_magnitude_above_zero_by_sigma(sigma: float) -> None:
    """Without gradients; of magnitudes that it cannot bring to zero, so that none is chosen."""
    sim = rewired(gp.DeepR(noise=sigma), backend="reference", pattern=gp.sparse(0.9))
    none = {name: np.zeros_like(sim.parameters[name]) for name in sim.settings}
    moves: list[np.ndarray] = []
    for _ in range(30):
        before, synapses = np.array(sim.parameters[MAGNITUDE]), sim.topology[FEED]
        sim.step(none)
        after = matrix(sim.topology[FEED], sim.parameters[MAGNITUDE])[synapses.all_pairs()]
        moves.append((after - before)[before > 10 * sigma])
        assert np.all(sim.parameters[MAGNITUDE] >= 0)
    found = np.concatenate(moves)
    assert found.size > 500
    assert np.abs(found.mean()) <= 5 * sigma / np.sqrt(found.size)
    assert found.std() == pytest.approx(sigma, rel=5 / np.sqrt(2 * found.size))
    assert sigma == 0 or len(np.unique(found)) == found.size  # another number for each, each time


def test_chance_regrows_every_pair_alike_those_just_removed_among_them() -> None:
    """Weights of zero, that is all that was regrown, go again: so each time all others compete."""
    rule = gp.SET(fraction=0.5, every=1, seed=int(np.random.default_rng().integers(2**31)))
    sim = rewired(rule, weight="any", delay="none", backend="reference")
    none = {name: np.zeros_like(sim.parameters[name]) for name in sim.settings}
    counts, updates, returned = np.zeros(IN * HIDDEN), 400, 0
    sim.step(none)
    for _ in range(updates):
        before = regrown(sim)
        sim.step(none)
        counts[regrown(sim)] += 1
        returned += np.isin(regrown(sim), before).sum()
    stay = np.setdiff1d(sim.topology[FEED].numbers, regrown(sim))
    assert not counts[stay].any()
    free = np.delete(counts, stay)
    due, part = free.sum() / free.size, free.sum() / free.size / updates
    spread = ((free - due) ** 2).sum() / due / (1 - part) / (free.size - 1)
    assert abs(spread - 1) < 5 * np.sqrt(2 / free.size)
    error = np.sqrt(free.sum() * part) * (1 - part)  # of a hypergeometric number, each time
    assert abs(returned - free.sum() * part) < 5 * error


def regrown(sim: gp.Simulator) -> np.ndarray:
    """Numbers of the pairs whose synapses weigh nothing yet."""
    return sim.topology[FEED].numbers[sim.parameters[WEIGHT] == 0]
