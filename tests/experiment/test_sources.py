"""[data] of a train.toml: which data sets build() is given, and what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.errors import ConfigurationError, DataError
from genprop.experiment import load_experiment, read_config

if TYPE_CHECKING:
    from pathlib import Path

    from genprop.experiment import Config, Experiment

NETWORK = """
import genprop as gp

def build(train, valid=None, test=None, hidden=3):
    net = gp.Network("any")
    net.population("input", train.channels, gp.spikes())
    net.population("out", train.classes, gp.neuron("LI"))
    net.connect("input", "out", gp.synapse("exp"), weight=gp.learn(gp.normal(0.0, 0.1)))
    loss = gp.CrossEntropy(gp.maximum("out", "v"))
    return gp.Experiment(
        net=net, loss=loss, optimiser=gp.Adam(0.1), train=train, valid=valid, test=test
    )
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "network.py").write_text(NETWORK)
    return tmp_path


def config(folder: Path, data: str, *overrides: str) -> Config:
    path = folder / "train.toml"
    path.write_text('network = "network.py"\nseed = 3\n[fit]\nepochs = 1\n' + data)
    return read_config(path, overrides)


def loaded(folder: Path, data: str, *overrides: str) -> Experiment:
    return load_experiment(config(folder, data, *overrides))


def test_one_set_is_divided_by_the_seed_into_what_is_named(folder: Path) -> None:
    data = '[data]\nsource = "yin_yang"\nsamples = 200\nvalid = 0.1\ntest = 0.25\n'
    found = loaded(folder, data)
    assert found.valid is not None and found.test is not None
    assert [len(part) for part in (found.train, found.valid, found.test)] == [130, 20, 50]
    again, other = loaded(folder, data), loaded(folder, data, "seed=4")
    times = [np.array(x.train.spikes.times) for x in (found, again, other)]  # type: ignore[attr-defined]
    assert np.array_equal(times[0], times[1]) and not np.array_equal(times[0], times[2])


def test_a_source_that_has_a_test_set_keeps_it(folder: Path) -> None:
    found = loaded(folder, '[data]\nsource = "digits"\nvalid = 0.2\n')
    assert found.valid is not None and found.test is not None
    assert len(found.train) + len(found.valid) + len(found.test) == 1797
    with pytest.raises(ConfigurationError, match="test set of its own"):
        loaded(folder, '[data]\nsource = "digits"\ntest = 0.2\n')


def test_a_folder_of_sounds_is_a_source(folder: Path) -> None:
    soundfile = pytest.importorskip("soundfile", reason="soundfile is in the extra 'audio'")
    t = np.arange(800) / 8000
    for word, pitch in (("no", 400), ("yes", 900)):
        (folder / "words" / word).mkdir(parents=True)
        for k in range(10):
            wave = 0.5 * np.sin(2 * np.pi * (pitch + k) * t)
            soundfile.write(folder / "words" / word / f"{k}.wav", wave, 8000)
    data = '[data]\nsource = "from_audio"\nsounds = "words"\nvalid = 0.2\n'
    front = '[data.front_end]\nchannels = 6\nlow = 200\nhigh = 3000\nspikes = "latency"\n'
    found = loaded(folder, data + front)
    assert found.valid is not None and found.test is None
    assert len(found.train) == 16 and len(found.valid) == 4
    assert found.train.channels == 6  # type: ignore[attr-defined]
    more = loaded(folder, data + front, "data.front_end.channels=9")
    assert more.train.channels == 9  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="did you mean 'latency'"):
        loaded(folder, data + front, "data.front_end.spikes=latenc")


def test_what_does_not_fit_is_said_with_its_line(folder: Path) -> None:
    for data, words in (
        ('[data]\nsource = "yingyang"\n', "did you mean 'yin_yang'"),
        ('[data]\nsource = "yin_yang"\nsamples = 9\nsampels = 3\n', "sampels"),
        ('[data]\nsource = "yin_yang"\nsamples = 20\nvalid = 1.5\n', "valid=1.5 is no fraction"),
        ("[data]\nsamples = 20\n", "source=None"),
    ):
        with pytest.raises(ConfigurationError, match=words) as fault:
            loaded(folder, data)
        assert "train.toml" in str(fault.value)
    (folder / "network.py").write_text("def build(hidden=3): ...")
    with pytest.raises(ConfigurationError, match="takes no data sets"):
        loaded(folder, '[data]\nsource = "yin_yang"\nsamples = 20\n')


def test_a_run_folder_keeps_the_section(folder: Path) -> None:
    found = config(folder, '[data]\nsource = "yin_yang"\nsamples = 20\n')
    copy = folder / "copy.toml"
    copy.write_text(found.toml("network.py"))
    assert read_config(copy).data == {"source": "yin_yang", "samples": 20}
    other = config(folder, '[data]\nsource = "yin_yang"\nsamples = 21\n')
    assert found.differences(other) == ["data.samples is 20, was 21"]
