"""Another platform is a folder: all loops of generated code are in ``native/platform``."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop._resources import data_dir
from genprop.testing.zoo import example

LOOPS = (
    r"\bfor \(|\bwhile \(|#pragma (?!once)|\bpush_back\b|\breduction\b|std::(thread|barrier)"
    r"|atomic"
)
SERIAL = """\
// One thread does everything.
#pragma once

#include "platform/memory.hpp"

struct PoolMember {};

template <class Function> void in_parallel(size_t threads, const Function& function) {
    for (size_t t = 0; t < threads; ++t) function(t);
}
template <class Function> void for_each(size_t items, size_t, const Function& function) {
    for (size_t item = 0; item < items; ++item) function(size_t(0), item);
}
"""


def test_loops_stand_in_the_platform_alone() -> None:
    root = data_dir("templates") / "native"
    templates = [p for p in root.rglob("*.j2") if "platform" not in p.parts]
    found = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in templates
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith("//%") and re.search(LOOPS, line)
    ]
    assert len(templates) > 20
    assert found == []


def test_kernels_of_the_grid_read_no_header_that_compiles_longer_than_they_do() -> None:
    root = data_dir("templates") / "native"
    folders = (root, root / "batch", root / "kernels", root / "platform", root / "sample")
    found = {
        name
        for folder in folders
        for path in folder.glob("*.j2")
        if path.name != "sender.hpp.j2"  # for synapses with states on the sender's side alone
        for name in re.findall(r"#include <(.*)>", path.read_text(encoding="utf-8"))
    }
    light = {"cstddef", "cstdint", "cstdlib", "cstring", "new", "pthread.h", "signal.h", "limits"}
    assert found <= light


def other_platform(folder: Path) -> None:
    """Neurons one by one without vectors, last ones first, samples and threads in one row."""
    own, place = data_dir("templates") / "native/platform", folder / "native/platform"
    place.mkdir(parents=True)
    loops = (own / "loops.j2").read_text(encoding="utf-8")
    changes = {
        "size_t lane = 0; lane < lanes; ++lane": "size_t lane = lanes; lane-- > 0;",
        "size_t block = 0; block < blocks; ++block": "size_t block = blocks; block-- > 0;",
    }
    for old, new in changes.items():
        assert old in loops
        loops = loops.replace(old, new)
    loops = "\n".join(line for line in loops.split("\n") if not line.startswith("#pragma"))
    (place / "loops.j2").write_text(loops, encoding="utf-8")
    (place / "threads.hpp.j2").write_text(SERIAL, encoding="utf-8")


@pytest.mark.parametrize("name", ["recurrent", "refractory"])
def test_a_platform_of_another_folder_gives_the_same_gradients(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = example(name)

    def run() -> tuple[gp.Simulator, float, dict[str, np.ndarray]]:
        sim = gp.compile(
            chosen.network,
            loss=chosen.loss,
            clock="grid",
            dt=0.5,
            duration=chosen.duration,
            batch=8,
            backend=gp.Native(precision="double", threads=2),
            solver=chosen.solver,
        )
        sim.parameters.update(chosen.parameters())
        return sim, *sim.gradients(chosen.batch())

    usual, loss, gradients = run()
    other_platform(tmp_path)
    monkeypatch.setenv("GENPROP_TEMPLATES", str(tmp_path))
    other, same_loss, same_gradients = run()
    assert usual.bundle is not None
    assert other.bundle is not None
    ours, theirs = (
        "\n".join(text for path, text in bundle.files if path.startswith("populations/"))
        for bundle in (usual.bundle, other.bundle)
    )
    assert "#pragma omp simd" in ours
    assert "#pragma omp" not in theirs
    assert "pool()" not in other.bundle.text("platform/threads.hpp")
    assert same_loss == pytest.approx(loss, rel=1e-12)
    assert any(np.abs(g).max() > 0 for g in gradients.values())
    for key, gradient in gradients.items():
        scale = np.abs(gradient).max()
        np.testing.assert_allclose(same_gradients[key], gradient, rtol=0, atol=1e-9 * scale)
