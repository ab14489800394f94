"""Folders of recordings: their order, labels and speakers, and what is wrong with a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.cli.main import main
from genprop.data import FrontEnd, from_audio, info
from genprop.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

FRONT = FrontEnd(channels=8, low=200, high=3000)


def tone(frequency: float, rate: int = 8000, seconds: float = 0.1) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, made in another order than that of their names."""
    soundfile = pytest.importorskip("soundfile", reason="soundfile is in the extra 'audio'")
    for name, frequency in (
        ("yes/2_bob.wav", 900),
        ("no/1_ann.flac", 400),
        ("yes/1_ann.wav", 950),
        ("no/deep/3_bob.wav", 420),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / name, tone(frequency), 8000)
    (tmp_path / "no" / "notes.txt").write_text("no sound")
    (tmp_path / "no" / ".hidden.wav").write_text("no sound")
    return tmp_path


def test_folders_are_classes_and_files_come_by_name(folder: Path) -> None:
    data = from_audio(folder, front_end=FRONT)
    assert data.label_names == ("no", "yes") and data.labels.tolist() == [0, 0, 1, 1]
    waves = [tone(f) for f in (400, 420, 950, 900)]
    arrays = from_audio(waves, rate=8000, labels=[0, 0, 1, 1], front_end=FRONT)
    for k in range(4):  # 16 bits of the file are not those of the array
        assert len(data.spikes.sample(k)[0]) == pytest.approx(
            len(arrays.spikes.sample(k)[0]), abs=2
        )


def test_labels_and_speakers_are_read_off_the_path(folder: Path) -> None:
    data = from_audio(
        folder,
        labels=lambda p: int(p.stem[0]),
        speakers=lambda p: p.stem.split("_")[1],
        front_end={"channels": 8, "low": 200, "high": 3000},
    )
    assert data.labels.tolist() == [1, 3, 1, 2] and data.classes == 4
    assert data.speakers is not None and data.speakers.tolist() == [0, 1, 0, 1]
    named = from_audio(folder, label_names=("yes", "no", "maybe"), front_end=FRONT)
    assert named.labels.tolist() == [1, 1, 0, 0] and named.classes == 3
    with pytest.raises(DataError, match="'no' is none of the classes"):
        from_audio(folder, label_names=("yes",), front_end=FRONT)


def test_files_in_no_folder_want_labels(folder: Path) -> None:
    with pytest.raises(DataError, match="labels="):
        from_audio(folder / "yes", front_end=FRONT)
    files = sorted((folder / "yes").iterdir())
    data = from_audio(files, labels=["b", "a"], front_end=FRONT)
    assert data.labels.tolist() == [1, 0]


def test_rates_that_differ_are_refused_or_brought_to_one(folder: Path) -> None:
    soundfile = pytest.importorskip("soundfile")

    soundfile.write(folder / "yes" / "3_fast.wav", tone(900, 16000), 16000)
    with pytest.raises(DataError, match="sampled at 16000 Hz") as fault:
        from_audio(folder, front_end=FRONT)
    assert "resample=8000" in fault.value.remedy and "3_fast" in str(fault.value)
    data = from_audio(folder, front_end=FRONT, resample=8000)
    numbers = np.diff(data.spikes.start)
    assert numbers[4] == pytest.approx(numbers[3], rel=0.1)


def test_a_file_that_is_no_sound_is_named(folder: Path) -> None:
    (folder / "yes" / "bad.wav").write_bytes(b"RIFF but no more")
    with pytest.raises(DataError, match=r"bad\.wav"):
        from_audio(folder, front_end=FRONT)
    (folder / "empty").mkdir()
    with pytest.raises(DataError, match=r"holds no \.wav"):
        from_audio(folder / "empty")


def test_without_soundfile_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match=r"genprop\[audio\]"):
        from_audio(tmp_path / "a.wav", labels=[0])


def test_data_info_says_what_is_odd_about_a_sound(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile = pytest.importorskip("soundfile")

    assert main(["data", "info", str(folder / "no" / "1_ann.flac")]) == 0
    shown = capsys.readouterr().out
    assert "0.1 s sampled at 8000 Hz" in shown and "odd       nothing" in shown
    for name, wave, words in (
        ("silent", np.zeros(800), "it is silent"),
        ("loud", np.clip(3 * tone(500), -1, 1), "at full scale"),
        ("faint", 0.01 * tone(500), "dB of full scale"),
        ("offset", 0.5 * tone(500) + 0.2, "its mean is 0.2"),
        ("late", np.append(np.zeros(2000), tone(500)), "begins with 0.25 s of silence"),
        ("stereo", np.stack([tone(500), tone(500)], axis=1), "it has 2 channels"),
    ):
        soundfile.write(folder / f"{name}.wav", wave, 8000)
        found = info(folder / f"{name}.wav").findings[0]
        assert len(found) == 1 and words in found[0], found


def test_a_header_that_promises_too_much_asks_for_no_memory(folder: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    fast, long = folder / "yes" / "fast.wav", folder / "yes" / "long.flac"
    soundfile.write(fast, tone(900), 8000)
    data = bytearray(fast.read_bytes())
    data[24:28] = (2 * 10**9).to_bytes(4, "little")
    fast.write_bytes(data)
    with pytest.raises(DataError, match=r"2e\+09 Hz cannot be"):
        from_audio([fast], labels=[0], front_end=FRONT)
    soundfile.write(long, tone(900), 8000)
    data = bytearray(long.read_bytes())
    data[21] |= 15  # of 36 bits that count the samples
    data[22:26] = b"\xff" * 4
    long.write_bytes(data)
    with pytest.raises(DataError, match="no whole sound") as fault:
        from_audio([long], labels=[0], front_end=FRONT)
    assert "Memory" not in str(fault.value)
