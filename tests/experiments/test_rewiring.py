"""Sparse networks that rewire: what experiments/rewiring trains and measures, on tiny files."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop.errors import DataError
from genprop.experiment.experiment import compile_experiment
from tests.experiments.test_published_settings import spoken

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[2] / "experiments" / "rewiring"
TINY = ("options.hidden=16", "options.halvings=2", "options.drive=6.0", "fit.epochs=1")
QUICK = ("compile.batch=4", "callbacks.exponential_warmup.batches=1", "options.weight_rate=0.5")
RATE = 16000
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of SHD's layout, and of the audio's: pure tones, one pitch for a digit."""
    folder = tmp_path_factory.mktemp("data")
    for stem in ("fsdd_train", "fsdd_test", "shd_train", "shd_test"):
        spoken(folder / f"{stem}.h5", 40, 10 if stem.startswith("fsdd") else 20)
    (folder / "audio").mkdir()
    for part in ("train", "test"):
        names = [
            f"lang-{lang}_speaker-{k:02}_trial-0_digit-{digit}.flac"
            for k, (lang, digit) in enumerate((x, d) for x in ("english", "german") for d in "0359")
        ]
        (folder / f"{part}_filenames.txt").write_text("\n".join(names))
        for name in names:
            (folder / "audio" / name).touch()  # read by the stub below
    return folder


@pytest.fixture(autouse=True)
def script(
    monkeypatch: pytest.MonkeyPatch, script_of: Callable[[Path], Callable[..., dict[str, Any]]]
) -> Callable[..., Any]:
    monkeypatch.setitem(sys.modules, "soundfile", SimpleNamespace(SoundFile=Tone))
    return script_of(FOLDER)


class Tone:
    """500 Hz for digit 0, 500 Hz more for each: half of a second, then silence."""

    channels, samplerate = 1, RATE

    def __init__(self, path: str) -> None:
        match = re.search(r"digit-(\d)", path)
        assert match is not None
        t = np.arange(RATE) / RATE
        self._rest = (np.sin(2 * np.pi * 500 * (1 + int(match[1])) * t) * (t < 0.5))[:, None]

    def __enter__(self) -> Tone:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, frames: int, **kinds: object) -> np.ndarray:
        assert kinds == {"dtype": "float64", "always_2d": True}
        given, self._rest = self._rest[:frames], self._rest[frames:]
        return given


def config(toml: str, data: Path, *more: str) -> gp.experiment.Config:
    own = () if toml == "rawhd.toml" else ("options.cache=false",)
    settings = [*TINY, *own, f"options.data={data}", *more]
    return gp.experiment.read_config(FOLDER / toml, settings)


@pytest.mark.parametrize(("toml", "classes"), [("shd.toml", 20), ("rawhd.toml", 20)])
def test_a_published_experiment_learns_from_a_file_of_its_layout(
    toml: str, classes: int, data: Path
) -> None:
    chosen = config(toml, data, "compile.batch=6")
    experiment = gp.experiment.load_experiment(chosen)
    assert isinstance(experiment.train, gp.data.Dataset)
    assert experiment.train.classes == classes
    sim, _ = compile_experiment(experiment, chosen)
    before = {name: np.array(sim.parameters[name]) for name in sim.settings}
    value, _ = sim.gradients(next(experiment.train.batches(6, seed=(0, 1))))
    sim.step()
    assert np.isfinite(value)
    assert all(np.any(sim.parameters[name] != first) for name, first in before.items())


def test_frames_are_the_spikes_of_bands_standardised(
    data: Path, script: Callable[..., Any]
) -> None:
    made = script("recordings.py")
    parts = made["spikes"]("fsdd", str(data), 40, 1, 300.0, False)
    whole = gp.data.fsdd(data, valid=0.1, seed=1, duration=300.0, cache=False)
    found = made["frames"]("fsdd", str(data), 40, 1, 300.0)
    for part, own, (x, labels) in zip(parts, whole, found.values(), strict=True):
        assert list(labels) == list(own.labels) == list(part.labels)
        assert x.shape == (len(own), 40, 30)
        start, stop = own.spikes.start[:2]
        band = own.spikes.channels[start:stop] * 40 // 700
        counts = np.zeros((40, 30))
        np.add.at(counts, (band, (own.spikes.times[start:stop] / 10).astype(int)), 1)
        logs = np.log1p(counts)
        assert x[0] == pytest.approx((logs - logs.mean()) / logs.std(), abs=1e-5)


def test_a_tone_is_loudest_in_its_mel_band(data: Path, script: Callable[..., Any]) -> None:
    made = script("rawhd.py")
    x, labels = made["rawhd_frames"](data, "train", 98)
    assert x.shape == (8, 40, 98)
    assert list(labels) == [0, 3, 5, 9, 10, 13, 15, 19]
    mel = 2595 * np.log10(1 + 500 * (1 + labels % 10) / 700)
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    due = mel / (top / 41) - 1  # the band whose triangle has its tip there
    assert np.abs(x[:, :, 10].argmax(axis=1) - due).max() < 1
    assert x.mean(axis=(1, 2)) == pytest.approx(0, abs=1e-5)
    assert x.std(axis=(1, 2)) == pytest.approx(1, abs=1e-5)
    with pytest.raises(DataError, match="no lang"):
        (data / "other").mkdir()
        (data / "other" / "train_filenames.txt").write_text("a.flac")
        made["rawhd_frames"](data / "other", "train", 60)


@pytest.fixture(scope="module")
def runs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        for structure in ("fixed", "rigl"):
            chosen = config("fsdd.toml", data, f"options.structure={structure}", *QUICK)
            gp.experiment.train_run(chosen, folder / structure, threads=1, progress=False)
    return folder


def test_runs_are_gathered_with_the_grouping_of_their_fields(
    runs: Path, script: Callable[..., Any], tmp_path: Path
) -> None:
    output = tmp_path / "results.json"
    script("grouping.py", str(runs), "--nulls", "3", "--output", str(output))
    fixed, rigl = json.loads(output.read_text())
    assert (fixed["structure"], rigl["structure"]) == ("fixed", "rigl")
    assert fixed["synapses"] == rigl["synapses"] == 160
    assert fixed["unmoved"] is None and 0 < rigl["unmoved"] < 1
    assert fixed["before"]["Moran's I"] == rigl["before"]["Moran's I"]
    assert rigl["after"]["Moran's I"] != rigl["before"]["Moran's I"]


def test_rewiring_is_timed_beside_fixed_structure_and_other_sizes_stay(
    script: Callable[..., Any], tmp_path: Path
) -> None:
    output = tmp_path / "times.json"
    for hidden in ("60", "20"):
        line = ["--density", "0.1", "--batch", "4", "--rounds", "2", "--output", str(output)]
        script("times.py", "--hidden", hidden, *line)
    sizes = json.loads(output.read_text())
    assert list(sizes) == ["20", "60"]
    assert (sizes["60"]["rounds"], sizes["60"]["density"]) == (2, 0.1)
    found = sizes["60"]["found"]
    assert list(found) == ["fixed", "rigl", "deep_r"]
    assert found["fixed"]["of fixed"] == {"min": 1.0, "median": 1.0, "max": 1.0}
    assert found["fixed"]["regrown per batch"] == 0 < found["rigl"]["regrown per batch"]


def test_the_published_model_learns_at_a_constant_number_of_synapses(
    data: Path, script: Callable[..., Any], tmp_path: Path
) -> None:
    pytest.importorskip("DCLS", reason="DCLS and torch are in the extra 'dcls'")
    output = tmp_path / "dcls.json"
    line = ["--data", str(data), "--halvings", "2", "--delays", "learned", "--dale", "1"]
    line += ["--hidden", "16", "--epochs", "2", "--batch", "8", "--structure", "rigl", "deep_r"]
    script("baseline.py", *line, "--output", str(output))
    for case in json.loads(output.read_text())["cases"]:
        assert case["synapses"] == [160, 40]
        assert case["regrown"] > 0


def test_signs_of_the_published_model_never_change(script: Callable[..., Any]) -> None:
    torch = pytest.importorskip("torch", reason="torch is in the extra 'dcls'")
    made = script("wiring.py")["Wiring"]
    weight = torch.nn.Parameter(torch.zeros(6, 5, 1))
    wiring = made(weight, 0.5, "rigl", True, torch.Generator().manual_seed(1))
    sign = wiring.sign.clone()
    for step in range(20):
        weight.grad = torch.randn(weight.shape, generator=torch.Generator().manual_seed(step))
        weight.data -= 0.3 * weight.grad
        dormant = ~wiring.mask
        gone = wiring.mask & (sign * weight.data <= 0)
        growth = torch.where(dormant | gone, -sign * weight.grad, -torch.inf).flatten()
        wiring.after_step({})
        due = growth.argsort(descending=True)[: int(gone.sum())]
        assert wiring.mask.flatten()[due].all(), "the regrown are those that grow most"
        assert int(wiring.mask.sum()) == 15
        assert bool(((sign * weight.data)[wiring.mask] >= 0).all())
        assert not weight.data[~wiring.mask].any()
    assert torch.equal(sign[:1].expand_as(sign), sign), "a sign per presynaptic neuron"


def test_a_delay_of_the_published_model_is_twelve_minus_its_position(
    script: Callable[..., Any],
) -> None:
    pytest.importorskip("DCLS", reason="DCLS and torch are in the extra 'dcls'")
    torch = importlib.import_module("torch")
    made = script("published.py")
    model = made["Published"](1, 1, 2, True)
    layer = model.layers[0]
    with torch.no_grad():
        layer.conv.weight.fill_(1.0)
        layer.conv.P.fill_(4.3)
    x = torch.zeros(40, 1, 1)
    x[5] = 1.0
    kept = model.rounded()
    found = layer(x).detach().flatten().numpy()
    assert np.flatnonzero(np.abs(found) > 1e-3).tolist() == [5 + 12 - 4]
    model.learning(kept)
    assert float(layer.conv.P.detach().flatten()[0]) == pytest.approx(4.3)


@pytest.mark.parametrize("frames", [60, 61, 7])
def test_products_of_transforms_are_the_convolution(
    frames: int, script: Callable[..., Any]
) -> None:
    pytest.importorskip("DCLS", reason="DCLS and torch are in the extra 'dcls'")
    torch = importlib.import_module("torch")
    pad, conv1d = torch.nn.functional.pad, torch.nn.functional.conv1d
    drawn = torch.Generator().manual_seed(1)
    x, kernel = (
        torch.randn(shape, generator=drawn).requires_grad_()
        for shape in ((frames, 5, 4), (3, 4, 25))
    )
    due = conv1d(pad(x.permute(1, 2, 0), (24, 0)), kernel).permute(2, 0, 1)
    found = script("published.py")["causal"](x, kernel)
    slope = torch.randn(due.shape, generator=drawn)
    pairs = [(found, due)]
    pairs += zip(*(torch.autograd.grad(y, (x, kernel), slope) for y in (found, due)), strict=True)
    for a, b in pairs:  # sums of 100 and more products of order 1, in single precision
        assert float((a - b).detach().abs().max()) < 1e-4


def test_trainings_of_another_length_stay_beside_those_of_this_one(
    data: Path, script: Callable[..., Any], tmp_path: Path
) -> None:
    pytest.importorskip("DCLS", reason="DCLS and torch are in the extra 'dcls'")
    output = tmp_path / "dcls.json"
    line = ["--data", str(data), "--halvings", "2", "--delays", "fixed", "--dale", "0"]
    line += ["--hidden", "8", "--structure", "fixed", "--output", str(output), "--epochs"]
    for epochs in ("1", "2", "1"):
        script("baseline.py", *line, epochs)
    found = script("tables.py")["trainings"](output)
    assert list(found) == ["2 epochs, batches of 256", "1 epochs, batches of 256"]
    assert [len(cases) for cases in found.values()] == [1, 1]


def test_a_rule_that_does_not_exist_is_refused(
    script: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("DCLS", reason="DCLS and torch are in the extra 'dcls'")
    with pytest.raises(SystemExit):
        script("baseline.py", "--structure", "set")
    assert "invalid choice: 'set'" in capsys.readouterr().err


def test_the_tables_of_the_readme_are_those_of_the_results(
    script: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    script("tables.py")["main"]()
    rows = [row for row in capsys.readouterr().out.splitlines() if re.match(r"\| \d", row)]
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(rows) > 5
    assert [row for row in rows if row not in text] == []


def test_figures_are_drawn_from_the_results(script: Callable[..., Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    made = script("figures.py")
    cases = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    figures = [made["accuracy"](cases, {}), made["grouping"](cases)]
    paths = made["draw_figures"](figures, tmp_path, ("svg",))
    assert len(paths) == 2
    assert all((FOLDER / path.name).exists() for path in paths)
