"""Weights and delays that GeNN's device derives: exact gradients of leaves, and updates of them.

The native backend derives on the host, in numpy, and is held by the exact solver in
``tests/stages``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.genn.connectivity import connectivity_pairs
from genprop.backends.genn.engine import GeNNEngine
from genprop.backends.genn.pygenn import INSTALL, devices
from tests.backends.genn.stub_pygenn import stub_pygenn
from tests.stages.expressed import CASES, network
from tests.stages.spatial import spatial
from tests.stages.staged import batch

if TYPE_CHECKING:
    from genprop.emit.bundle import SourceBundle

DOUBLE = gp.GeNN(precision="double")
EXACT = 1e-9
needs_pygenn = pytest.mark.skipif(
    "cpu" not in devices(), reason=f"PyGeNN is not installed: {INSTALL}"
)


@pytest.mark.parametrize("case", CASES)
def test_models_and_groups_fit_together(case: str, tmp_path: Path) -> None:
    """Without PyGeNN: names, types and references, and an update for every column of a leaf."""
    sim = network(case, "reference")
    DOUBLE.render(sim.program).write(tmp_path)
    with stub_pygenn(tmp_path) as module:
        model = module("model").describe("cpu", 1, connectivity_pairs(sim.topology))
        derived = module("derived").DERIVED
        leaves = module("layout").LEAVES
    assert set(derived) == {d.target for d in sim.program.derivations}
    updates = {name for name in model.custom_updates if name.startswith("update_")}
    for leaf in sim.spec.leaves:
        if leaf.learned:
            columns = leaf.shape[1] if len(leaf.shape) == 2 and leaf.role == "position" else None
            if leaf.name in leaves and columns is not None:
                assert len(leaves[leaf.name]) == columns
            assert {f"update_{key}" for _, key, _, _ in leaves.get(leaf.name, [])} <= updates


def relative(found: np.ndarray, due: np.ndarray) -> float:
    """The worst error over the largest entry."""
    return float(np.abs(found - due).max() / max(np.abs(due).max(), 1e-12))


def worst(own: gp.Simulator, other: gp.Simulator) -> float:
    """Of the gradients of one batch."""
    (loss, due), (value, found) = own.gradients(batch()), other.gradients(batch())
    assert set(due) == set(found)
    errors = [relative(found[name], due[name]) for name in due]
    return max([abs(value - loss) / abs(loss), *errors])


@needs_pygenn
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_gradients_and_twenty_updates_are_those_of_native(case: str) -> None:
    own, other = network(case), network(case, DOUBLE)
    other.restore(own.state())
    assert worst(own, other) < EXACT
    learned = own.gradients(batch())[1]
    for source in (s for d in own.program.derivations for s in d.sources if s.learned):
        assert np.abs(learned[source.name]).max() > 0, source.name
    for k in range(20):
        for sim in (own, other):
            sim.gradients(batch(k))
            sim.step()
    for name, due in own.state().items():
        if np.size(due):
            assert np.abs(other.state()[name] - due).max() < EXACT, name


MISTAKES = {
    "the coordinate of the other end": ("? (x0 - y0) /", "? x0 /"),
    "a sign": ("? (x0 - y0) /", "? (y0 - x0) /"),
    "no slope of the speed": ("(apart * c)", "apart"),
    "what is clipped has a slope": ("(apart / c < 20.0d)", "true"),
    "delays rounded down": ("+ 0.5d", "+ 0.0d"),
    "one role alone": ("(num_neurons * k) + id", "(others * id) + k"),
    "a synapse forgotten": ("k < others", "k < others - 1"),
}


@needs_pygenn
@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_seen(mistake: str) -> None:
    """In the text that runs. Of clipping only a network with clipped delays can tell."""
    right, wrong = MISTAKES[mistake]
    clipped = mistake == "what is clipped has a slope"
    quick = gp.distance(max=20 * ms, speed=gp.learn(0.4 if clipped else 1.3))
    far = gp.distance(max=20 * ms)
    own, other = (spatial(feed=quick, recur=far, backend=b) for b in (None, DOUBLE))
    other.restore(own.state())
    assert other.bundle is not None
    engine = GeNNEngine(
        other.program, other.spec, planted(other.bundle, right, wrong), "cpu", "double", None
    )
    assert worst(own, other) < EXACT
    other.engine = engine
    assert worst(own, other) > 1e-3


def planted(bundle: SourceBundle, right: str, wrong: str) -> SourceBundle:
    """The program with another line in the module that derives."""
    files = tuple(
        (path, text.replace(right, wrong) if path.endswith("/derived.py") else text)
        for path, text in bundle.files
    )
    assert files != bundle.files, right
    return replace(bundle, files=files)


@needs_pygenn
@pytest.mark.slow
def test_no_array_of_synapses_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Per batch a few numbers per neuron go to the device and back, whatever the synapses."""
    far = gp.distance(max=20 * ms)
    sim = spatial(feed=far, recur=far, backend=DOUBLE)
    sim.gradients(batch())
    moved = traffic(sim, monkeypatch)
    sim.gradients(batch())
    synapses = {"in_to_hidden_delay": 30, "hidden_to_hidden_delay": 25}
    pushed = {name: n for (way, name), n in moved.items() if way == "push"}
    pulled = {name: n for (way, name), n in moved.items() if way == "pull"}
    assert not {name for name in (*pushed, *pulled) if name.endswith(("/delay", "/dL_ddelay"))}
    assert not {f"sum_{name}/total" for name in synapses} & set(pulled)
    down = sum(n for name, n in pushed.items() if "_position" in name)
    up = sum(n for name, n in pulled.items() if name.startswith("sum_of_"))
    assert down == 8 * 2 * (6 + 5 + 5)  # positions of two columns, for each projection
    assert up == 8 * 2 * (6 + 5 + 5 + 5)  # the gradient of each end of each projection


def traffic(sim: gp.Simulator, monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """Bytes by way and "<group>/<array>", from now on."""
    engine: Any = sim.engine
    model = engine._loaded.model
    found: Counter[tuple[str, str]] = Counter()
    groups = {**model.synapse_populations, **model.custom_updates, **model.neuron_populations}
    for owner, group in groups.items():
        for name, array in {**group.vars, **group.extra_global_params}.items():
            for way, method in (("push", "push_to_device"), ("pull", "pull_from_device")):
                monkeypatch.setattr(
                    array, method, counted(array, method, found, (way, f"{owner}/{name}"))
                )
    return found


def counted(array: Any, method: str, found: Counter[tuple[str, str]], key: tuple[str, str]) -> Any:
    """The method, which counts what it moves."""
    original = getattr(array, method)

    def moving() -> None:
        found[key] += array.view.nbytes
        original()

    return moving


@needs_pygenn
@pytest.mark.slow
def test_what_the_chip_holds_comes_from_the_host() -> None:
    """A stage after the derivation moves what it gave: then the host's arrays run."""
    own, other = (gp.QuantiseAware(network("distance", b), gp.Quantise()) for b in (None, DOUBLE))
    other.restore(own.state())
    assert worst(own, other) < EXACT


@needs_pygenn
@pytest.mark.slow
def test_a_saved_program_derives_without_genprop(tmp_path: Path) -> None:
    sim = network("dale", DOUBLE)
    folder = gp.save(sim, tmp_path / "own")
    again = gp.load(folder)
    assert worst(sim, again) < 1e-14
    with pytest.raises(gp.GenpropError, match=r"cannot derive hidden->hidden.weight"):
        gp.save(network("signed", DOUBLE), tmp_path / "other")


def test_memory_says_where_derived_parameters_are_computed() -> None:
    sim = network("dale", "reference")
    text = DOUBLE.memory_table(sim.spec, sim.program, 4)
    assert "hidden->hidden.delay is computed on the device from hidden.position" in text
    assert "derivation of hidden->hidden.weight" in text
    text = DOUBLE.memory_table(sim.spec, replace(sim.program, derivations=()), 4)
    assert "hidden->hidden.weight is computed on the host and sent with every batch" in text
