"""What experiments/basis_pursuit/mnist trains, attacks and states, on a tiny file of its layout."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp

if TYPE_CHECKING:
    from tests.experiments.conftest import Script

FOLDER = Path(__file__).parents[2] / "experiments" / "basis_pursuit" / "mnist"
pytestmark = pytest.mark.slow


@pytest.fixture
def script(script_of: Callable[[Path], Script]) -> Script:
    return script_of(FOLDER)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of mnist.npz's names, types and image size: a blot for every class, in noise."""
    rng = np.random.default_rng(1)
    blots = rng.integers(0, 256, (10, 28, 28)) * (rng.random((10, 28, 28)) < 0.2)
    held: dict[str, Any] = {}
    for part, count in (("train", 240), ("test", 20)):
        labels = np.arange(count) % 10
        noise = rng.integers(0, 60, (count, 28, 28))
        held[f"x_{part}"] = np.clip(blots[labels] + noise, 0, 255).astype(np.uint8)
        held[f"y_{part}"] = labels.astype(np.uint8)
    file = tmp_path_factory.mktemp("data") / "mnist.npz"
    np.savez(file, **held)
    return file


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_network_learns_is_attacked_and_certified(
    data: Path, script: Script, tmp_path: Path
) -> None:
    places = ["--data", str(data), "--runs", str(tmp_path), "--results", str(tmp_path / "found")]
    small = ["images=150", "backend=reference", "batch=50", "shown=20", "spread=1.0", "moved=1"]
    script("train.py", "PGBP", "1", *places, "--set", *small)
    made = json.loads((tmp_path / "found" / "PGBP-1.json").read_text())
    assert made["epochs"][-1]["valid.accuracy"] > 0.5
    reference = ["--backend", "reference"]
    few = ["--samples", "6", "--clean", "20", "--anytime", "20"]
    script("attacks.py", "PGBP", "1", *places, *few, *reference)
    found = json.loads((tmp_path / "found" / "PGBP-1-attacks.json").read_text())
    assert set(found) == {"clean", "l2", "radius", "anytime", "linf", "l2 of pixels"}
    assert found["l2"]["0.15"] <= found["l2"]["0.0"] == found["linf"]["0.0"] > 0.5
    assert not any(found["radius"]["certified and broken"].values())
    assert found["radius"]["median"] > 0
    script("estimators.py", "1", *places, "--codes", "100", *reference)
    found = json.loads((tmp_path / "found" / "1-estimators.json").read_text())
    assert {"linear", "dense", "linear attention"} < set(found)
    assert all(found[name]["white-box"]["0.0"] > 0.5 for name in ("linear", "linear attention"))


def test_moved_images_are_rolled_by_both_coordinates_and_keep_their_labels(script: Script) -> None:
    moved = script("images.py")["Moved"](2)
    rng = np.random.default_rng()
    images = rng.normal(size=(40, 28, 28))
    batch = gp.data.GradedBatch.of(images.reshape(40, -1), labels=rng.integers(0, 10, 40))
    found = moved.apply(batch, rng, None)
    steps = [(down, across) for down in range(-2, 3) for across in range(-2, 3)]
    by = [
        next(s for s in steps if np.array_equal(np.roll(image, s, (0, 1)), own))
        for image, own in zip(images, found.values_of("x").reshape(-1, 28, 28), strict=True)
    ]
    assert len(set(by)) > 2
    assert found.labels is not None and batch.labels is not None
    assert np.array_equal(found.labels, batch.labels)


def loss(scores: np.ndarray, labels: np.ndarray) -> float:
    """Cross-entropy, over all samples."""
    own = scores[np.arange(len(labels)), labels]
    return float(np.sum(np.log(np.exp(scores).sum(axis=1)) - own))


@pytest.mark.parametrize("kind", ["linear", "dense", "linear attention"])
def test_an_estimators_gradient_is_a_difference_quotient(script: Script, kind: str) -> None:
    made, rng = script("estimators.py"), np.random.default_rng()
    x, labels, h = rng.normal(size=(6, 784)) / 28, rng.integers(0, 3, 6), 1e-8
    if kind == "linear attention":
        net = in_double(script("attention.py")["LinearAttention"].begun(4, rng))
    else:
        sizes = [784, 4] if kind == "linear" else [784, 5, 4]
        pairs = pairwise(sizes)
        net = made["FeedForward"]([(rng.normal(size=s) / 28, rng.normal(size=s[1])) for s in pairs])
    whole = made["Classified"](net, rng.normal(size=(4, 3)))
    way = rng.normal(size=x.shape)
    up, down = (loss(whole.scores(x + step * way), labels) for step in (h, -h))
    found = np.sum(whole.input_gradient(x, labels) * way)
    assert (up - down) / (2 * h) == pytest.approx(found, rel=1e-4)


def test_linear_attention_is_its_equations_and_its_slopes_difference_quotients(
    script: Script,
) -> None:
    """Written out patch by patch and head by head, with the sum over s inside."""
    rng, heads = np.random.default_rng(), 4
    net = in_double(script("attention.py")["LinearAttention"].begun(3, rng))
    w = net.weights
    x = rng.normal(size=784) / 28
    image = 28 * x.reshape(28, 28)
    tiles = [image[i : i + 4, j : j + 4].ravel() for i in range(0, 28, 4) for j in range(0, 28, 4)]
    e = np.array([w["e"].T @ p + at for p, at in zip(tiles, w["position"], strict=True)])

    def phi(v: np.ndarray) -> np.ndarray:
        return np.array([n + 1 if n > 0 else np.exp(n) for n in v])

    a = np.zeros_like(e)
    for head in np.split(np.arange(e.shape[1]), heads):
        q, k, v = (e @ w[name][:, head] for name in "qkv")
        for t in range(len(e)):
            each = np.array([phi(q[t]) @ phi(k[s]) for s in range(len(e))])
            a[t, head] = each @ v / each.sum()
    y = e + a @ w["o"]
    z = y + np.maximum(y @ w["1"] + w["b"], 0) @ w["2"]
    assert net.code(x[None])[0] == pytest.approx(z.ravel() @ w["r"] + w["c"])
    slope, h = rng.normal(size=(1, 3)), 1e-8
    found = net.slopes(net.forward(x[None]), slope)[1]
    assert set(found) == set(w)
    for name in w:
        way = rng.normal(size=w[name].shape)
        ends = [type(net)(w | {name: w[name] + step * way}).code(x[None]) for step in (h, -h)]
        quotient = np.sum(slope * (ends[0] - ends[1])) / (2 * h)
        assert np.sum(found[name] * way) == pytest.approx(quotient, rel=1e-3, abs=1e-5), name


def in_double(net: Any) -> Any:
    """With positions and biases that are not 0."""
    rng = np.random.default_rng()
    return type(net)({n: v + 0.1 * rng.normal(size=v.shape) for n, v in net.weights.items()})


def test_the_bounds_of_a_radius_are_not_exceeded_by_codes(script: Script) -> None:
    """Scores of FISTA's codes move by less than the bound says, and it is not idle."""
    from genprop.testing.basis_pursuit import Penalty, pursue

    made, parts = script("certified.py"), script("dictionary.py")
    rng = np.random.default_rng()
    dictionary = parts["orthonormal"](rng.normal(size=(784, 256)))
    groups = parts["GROUPS"]
    read, penalty = rng.normal(size=(groups.count, 10)), Penalty(0.1, groups)
    x = rng.normal(size=(4, 784)) / 28 + dictionary[:, :4].T
    change = rng.normal(size=x.shape)
    change *= 0.3 / np.linalg.norm(change, axis=1, keepdims=True)
    scores = [penalty.norms(pursue(v, dictionary, penalty, tolerance=1e-7).code) @ read
              for v in (x, x + change)]  # fmt: skip
    labels = scores[0].argmax(axis=1)
    radius = made["strongly_convex"](dictionary, read, scores[0], labels, True)
    margins = [s[np.arange(4), labels][:, None] - s for s in scores]
    smallest = np.linalg.svd(dictionary, compute_uv=False)[-1]
    pairs = np.linalg.norm(read.T[:, None] - read.T[None], axis=2)[labels]
    assert np.all(margins[0] - margins[1] <= 0.3 * pairs / smallest + 1e-6)
    others = np.arange(10)[None] != labels[:, None]
    reach = np.where(others, margins[0] / np.where(others, pairs, 1), np.inf)
    assert radius == pytest.approx(smallest * reach.min(axis=1)) and (radius > 0).all()


def test_the_tables_of_the_page_are_those_of_the_files(script: Script) -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    made = script("tables.py")
    for name, table in made["TABLES"].items():
        assert table(FOLDER / "results") in page, name


def test_no_certified_image_was_broken() -> None:
    files = sorted((FOLDER / "results").glob("*-attacks.json"))
    assert len(files) >= 3
    for file in files:
        radius = json.loads(file.read_text())["radius"]
        assert not any(radius["certified and broken"].values())
