"""Mistakes planted in the generated code of the exact clock are seen beside the event solver."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop._resources import data_dir
from genprop.testing.exact_clock import compare
from genprop.testing.random_networks import KINDS
from genprop.testing.zoo import example

MISTAKES = {
    "what arrives in the step in which it is sent is lost": (
        "short delays",
        "exact/forward.j2",
        "        net.{{ q.id }}.immediately(event.neuron, [&](size_t neuron) {",
        "        if (event.late < 0) net.{{ q.id }}.immediately(event.neuron, [&](size_t neuron) {",
    ),
    "the part of a step is ignored in reverse": (
        "recurrent",
        "platform/exact/dense_lanes.j2",
        "meet(synapses, centre, sizeof(Exposed), x, at);",
        "meet(synapses, centre > Real(0) ? Real(1) : Real(-0.9), sizeof(Exposed), x, at);",
    ),
    "a refractory period ends with a step": (
        "refractory",
        "platform/exact/neuron.hpp.j2",
        "free_at = at + refractory;",
        "free_at = std::ceil((at + refractory) / dt) * dt;",
    ),
    "a maximum lies at the end of a step": (
        "highest",
        "platform/exact/highest.j2",
        "if (s < piece) offer(",
        "if (s > piece) offer(",
    ),
    "an arrival that belongs to the next step keeps its place": (
        "recurrent",
        "platform/exact/dense_lanes.j2",
        "x = next ? x + Real(2) : x;",
        "x = next ? x : x;",
    ),
    "an arrival before a spike does not see its jump": (
        "recurrent",
        "platform/exact/undo_spike.j2",
        "beyond[c] = start[c] - without_[c];",
        "beyond[c] = 0 * (start[c] - without_[c]);",
    ),
    "an arrival before a spike of a neuron with a refractory period does not see its jump": (
        "refractory",
        "platform/exact/undo.j2",
        "            if (record.inducer[item.index] < 0) Cell::jump(",
        "            if (false) Cell::jump(",
    ),
    "a stretch in which a neuron spikes is passed over": (
        "recurrent",
        "platform/exact/path.hpp.j2",
        "+ margin, after + 1e-9 * scale) < 0)) break;",
        "+ margin, after + 1e-9 * scale) < 0.5)) break;",
    ),
    "spikes of a step are undone in the order in which they happened": (
        "short delays",
        "platform/exact/reverse.j2",
        "const { return at < other.at ||",
        "const { return at > other.at ||",
    ),
}


def worst(name: str) -> float:
    """The largest error of a gradient against the event solver, relative to its parameter's."""
    if name == "short delays":
        backend = gp.Native(precision="double", threads=1)
        recurrent = next(kind for kind in KINDS if kind.recurrent and not kind.refractory)
        return max(one.worst for one in compare(backend, recurrent, 1.0, range(4)))
    chosen = example(name)
    gradients: list[dict[str, np.ndarray]] = []
    for backend in ("reference", gp.Native(precision="double", threads=1)):
        sim = gp.compile(
            chosen.network,
            loss=chosen.loss,
            clock="exact",
            dt=1.0,
            duration=chosen.duration,
            batch=8,
            backend=backend,
        )
        sim.parameters.update(chosen.parameters())
        gradients.append(sim.gradients(chosen.batch())[1])
    due, found = gradients
    return max(np.abs(found[n] - g).max() / max(np.abs(g).max(), 1e-12) for n, g in due.items())


BY_NIGHT = ("a refractory", "a maximum", "an arrival that")


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(m, marks=pytest.mark.nightly if m.startswith(BY_NIGHT) else ())
        for m in MISTAKES
    ],
)
def test_a_planted_mistake_is_seen(
    mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, path, right, wrong = MISTAKES[mistake]
    text = (data_dir("templates") / "native" / path).read_text(encoding="utf-8")
    assert text.count(right) == 1
    assert worst(name) < 1e-10
    place = tmp_path / "native" / path
    place.parent.mkdir(parents=True)
    place.write_text(text.replace(right, wrong), encoding="utf-8")
    monkeypatch.setenv("GENPROP_TEMPLATES", str(tmp_path))
    assert worst(name) > 1e-4
