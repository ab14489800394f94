"""Files and settings that cannot be used end a training with a clear error, before it begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from genprop.cli.main import main
from tests.experiments.test_published_settings import CLASSES, EXPERIMENTS, spoken

TOML = EXPERIMENTS / "shd" / "train.toml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tiny files of SHD's layout, and a working directory and cache of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    for stem in ("shd_train", "shd_test"):
        spoken(tmp_path / "data" / f"{stem}.h5", 40, CLASSES["shd"])
    return tmp_path / "data"


def half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def relabelled(file: Path) -> None:
    with h5py.File(file, "a") as out:
        del out["labels"]
        out["labels"] = np.zeros(39, np.uint16)


def misfit(file: Path) -> None:
    """Sample 7 loses its units, as one that was not written whole would."""
    with h5py.File(file, "a") as out:
        units = out["spikes/units"]
        assert isinstance(units, h5py.Dataset)
        units[7] = np.empty(0, np.uint16)


def without(part: str) -> Callable[[Path], None]:
    def remove(file: Path) -> None:
        with h5py.File(file, "a") as out:
            del out[part]

    return remove


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (half, ("cannot be read as HDF5", "half downloaded", "fetch it again")),
        (relabelled, ("labels has 39", "spikes/times has 40", "fetch it again")),
        (misfit, ("900 times, but 0 units", "sample 7", "fetch it again")),
        (without("labels"), ("the file has no labels", "SHD's layout")),
        (Path.unlink, ("shd_train.h5", "is not there", "pip install 'genprop[data]'")),
    ],
    ids=["half", "labels", "empty sample", "no labels", "absent"],
)
def test_a_file_that_cannot_be_learned_from_is_told(
    folder: Path,
    damage: Callable[[Path], None],
    told: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tonic", None)
    damage(folder / "shd_train.h5")
    assert main(["train", str(TOML), "--set", f"options.data={folder}", "--run", "run"]) == 2
    error = capsys.readouterr().err
    for part in (*told, str(folder)):
        assert part in error
    assert "Traceback" not in error
    assert not Path("run/history.jsonl").exists()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("options.hiden=6", ("no option 'hiden'", "did you mean hidden")),
        ("options.delays=learnd", ("delays = 'learnd' is none of", "did you mean learned")),
        ("compile.duraton=5", ("duraton", "did you mean duration")),
        ("callbacks.revive_silent.amont=1", ("no setting 'amont'", "did you mean amount")),
        ("epoch=3", ("epoch", "did you mean epochs")),
    ],
)
def test_an_unknown_setting_is_answered_with_the_closest(
    folder: Path, setting: str, told: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", str(TOML), "--set", f"options.data={folder}", "--run", "run"]
    assert main([*command, "--set", setting]) == 2
    error = capsys.readouterr().err.replace("'", "").replace('"', "")
    for part in told:
        assert part.replace("'", "") in error
    assert not Path("run/history.jsonl").exists()


def test_samples_without_spikes_are_learned_from_like_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with h5py.File(folder / "shd_train.h5", "a") as out:
        for part, kind in (("times", np.float16), ("units", np.uint16)):
            stored = out[f"spikes/{part}"]
            assert isinstance(stored, h5py.Dataset)
            for k in (0, 7, 39):
                stored[k] = np.empty(0, kind)
    small = ("hidden=4", "epochs=1", "batch=9", "compile.backend=reference", "compile.dt=10.0",
             "valid=0.5")  # fmt: skip
    command = ["train", str(TOML), "--set", f"options.data={folder}", "--run", "run", "--quiet"]
    for setting in small:
        command += ["--set", setting]
    assert main(command) == 0, capsys.readouterr().err
    assert "train.loss" in capsys.readouterr().out
    assert "nan" not in Path("run/history.jsonl").read_text().lower()
    assert "null" not in Path("run/history.jsonl").read_text()
