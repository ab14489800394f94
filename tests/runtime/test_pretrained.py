"""Trained networks that come with genprop: small, data alone, as accurate as their cards say."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop._resources import data_dir
from genprop.errors import ConfigurationError, DataError, ToolchainError
from genprop.runtime import pretrained as room

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(path.parent.name for path in data_dir("models").glob("pretrained/*/card.toml"))
TINY = "yin-yang"
MADE = ("delay-line", "yin-yang")
"""Of data that are made, not recorded."""


def test_set(card: Any) -> gp.data.Dataset:
    """The last set that the card's source of data gives."""
    arguments = dict(card.data)
    source = getattr(gp.data, arguments.pop("source"))
    try:
        found = source(**arguments)
    except DataError as fault:
        if "GENPROP_DATA" not in os.environ or "no such" in fault.what or "not there" in fault.what:
            pytest.skip(f"{card.name}: its recordings are not in $GENPROP_DATA")
        raise
    return found if isinstance(found, gp.data.Dataset) else found[-1]


test_set.__test__ = False  # type: ignore[attr-defined]


def card_of(name: str) -> Any:
    return next(card for card in gp.list_pretrained() if card.name == name)


@pytest.mark.parametrize(
    "name", [n if n in MADE else pytest.param(n, marks=pytest.mark.slow) for n in NAMES]
)
def test_a_card_states_the_accuracy_that_is_found(name: str) -> None:
    card = card_of(name)
    data = test_set(card)
    assert len(data) == card.samples and tuple(data.label_names or card.classes) == card.classes
    found = gp.evaluate(gp.pretrained(name), data)
    # within one sample: the order of additions of another processor may turn one that is close
    assert found.accuracy == pytest.approx(card.accuracy, abs=1.01 / card.samples)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_complete_and_its_files_are_small_and_data_alone(name: str) -> None:
    card = card_of(name)
    assert card.licence and card.command.startswith("genprop train experiments/") and card.spread
    shown = str(card)
    assert f"{card.accuracy:.2%}" in shown and card.command in shown and card.licence in shown
    files = {path.name: path for path in card.folder.iterdir()}
    assert set(files) == {"card.toml", "network.json", "parameters.npz"}
    assert sum(path.stat().st_size for path in files.values()) <= 200_000
    json.loads(files["network.json"].read_text(encoding="utf-8"))
    with zipfile.ZipFile(files["parameters.npz"]) as archive:
        assert all(info.filename.endswith(".npy") for info in archive.infolist())
    arrays = np.load(files["parameters.npz"], allow_pickle=False)
    assert all(arrays[key].dtype.kind == "f" for key in arrays.files)


@pytest.mark.parametrize("name", NAMES)
def test_every_target_takes_it(name: str) -> None:
    """Its clock is the grid, which native, reference and GeNN have; the chip by retargeting."""
    sim = gp.pretrained(name, backend="reference", batch=2)
    assert sim.program.clock.name == card_of(name).clock == "grid"
    for target in map(gp.backends.get_backend, ("native", "reference", "genn")):
        found = target.check(sim.spec, sim.program.clock)
        assert all(isinstance(fault, ToolchainError) for fault in found)  # no PyGeNN here
        assert target.name == "reference" or target.render(sim.program) is not None
    chip = sim.retarget("loihi", gp.Quantise(scale="max", clip_delays=True))
    assert chip.report().bits == 8


def test_backends_predict_the_same() -> None:
    data = gp.data.yin_yang(40, seed=5)
    native, reference = (
        gp.predict(gp.pretrained(TINY, backend=b), data) for b in ("native", "reference")
    )
    assert np.array_equal(native, reference)


def test_it_goes_on_learning() -> None:
    sim = gp.pretrained(TINY)
    before = {name: np.array(array) for name, array in sim.parameters.items()}
    value, gradients = sim.gradients(next(gp.data.yin_yang(50, seed=6).batches(50)))
    assert value < 1 and set(gradients) == {name for name in before if name in sim.settings}
    sim.step()
    assert any(np.any(sim.parameters[name] != array) for name, array in before.items())
    assert all(np.array_equal(gp.pretrained(TINY).parameters[n], a) for n, a in before.items())


def test_a_name_that_there_is_not_lists_those_that_there_are() -> None:
    with pytest.raises(ConfigurationError) as fault:
        gp.pretrained("yinyang")
    assert "did you mean 'yin-yang'" in fault.value.remedy
    assert all(name in fault.value.remedy for name in NAMES)
    assert gp.pretrained("Yin_Yang", backend="reference").spec.name == "yin_yang"
    assert [card.name for card in gp.list_pretrained()] == NAMES and len(NAMES) >= 2


def test_a_damaged_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(data_dir("models") / "pretrained" / TINY, tmp_path / "pretrained" / TINY)
    monkeypatch.setattr(room, "data_dir", lambda _: tmp_path)
    place = tmp_path / "pretrained" / TINY
    np.savez(place / "parameters.npz", other=np.zeros(2))
    with pytest.raises(ConfigurationError, match="it holds other"):
        gp.pretrained(TINY)
    (place / "network.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"network\.json"):
        gp.pretrained(TINY)
    (place / "card.toml").write_text("title = 3")
    with pytest.raises(ConfigurationError, match=r"card\.toml"):
        gp.pretrained(TINY)
