"""train.toml: every fault is found at once, with its line and a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from genprop.errors import ConfigurationError, UnsupportedError
from genprop.experiment.config import read_config
from genprop.experiment.experiment import (
    compile_experiment,
    compile_settings,
    load_experiment,
)
from genprop.experiment.toml import line_of, parse_assignment, read_toml, toml_text
from genprop.train.clip import Clip
from genprop.train.schedule import Cosine

GOOD = """\
network = "network.py"
seed = 3

[options]
samples = 30

[fit]
epochs = 4

[callbacks.clip]
norm = 1.5
[callbacks.cosine]
"""

NETWORK = """\
from tests.experiment.toy_network import build
"""


def write(folder: Path, text: str = GOOD, network: str = NETWORK) -> Path:
    (folder / "network.py").write_text(network)
    (folder / "train.toml").write_text(text)
    return folder / "train.toml"


def refused(path: Path, *overrides: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        config = read_config(path, overrides)
        compile_experiment(load_experiment(config), config)
    return str(caught.value)


def test_a_config_comes_back_from_its_own_text(tmp_path: Path) -> None:
    config = read_config(write(tmp_path))
    (tmp_path / "again.toml").write_text(config.toml("network.py"))
    again = read_config(tmp_path / "again.toml")
    assert again == config
    assert not config.differences(again)
    assert (config.epochs, config.seed, config.options) == (4, 3, {"samples": 30})


def test_the_network_the_options_and_the_callbacks_are_made(tmp_path: Path) -> None:
    config = read_config(write(tmp_path))
    experiment = load_experiment(config)
    assert len(experiment.train) == 30
    _, callbacks = compile_experiment(experiment, config)
    assert [type(c) for c in callbacks] == [Clip, Cosine]


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("epochs=7", "fit", "epochs", 7),
        ("fit.epochs=7", "fit", "epochs", 7),
        ("samples=12", "options", "samples", 12),
        ("options.rate=0.5", "options", "rate", 0.5),
        ("backend=reference", "compile", "backend", "reference"),
        ('optimiser."a->b.weight".rate=1e-3', "optimiser", "a->b.weight", {"rate": 1e-3}),
    ],
)
def test_overrides_find_their_section(
    tmp_path: Path, override: str, section: str, key: str, value: object
) -> None:
    assert read_config(write(tmp_path), [override]).section(section)[key] == value


def test_an_override_finds_an_option_of_build_that_the_file_does_not_set(tmp_path: Path) -> None:
    path = write(tmp_path, network="def build(samples=1, *, depth=2): ...\n")
    assert read_config(path, ["depth=3"]).options == {"samples": 30, "depth": 3}
    assert "did you mean 'depth'" in refused(path, "dephts=3")


def test_all_faults_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    text = 'netwrok = "n.py"\n\n[fit]\nepochs = "many"\nbset = "x"\n[compile]\ndt = true\n'
    message = refused(write(tmp_path, text))
    assert "5 problems" in message
    for fact in ("line 1", "line 4", "line 5", "line 7", "'best'", "'network'", "no network"):
        assert fact in message


def test_a_clock_that_there_is_not_is_refused_with_those_there_are(tmp_path: Path) -> None:
    network = """
import genprop as gp
from genprop.experiment.experiment import Experiment
from tests.train.fake import counts_task


def build(samples):
    net = gp.Network("small")
    source, out = net.population("a", 2, gp.spikes()), net.population("b", 2, gp.neuron("LI"))
    net.connect(source, out, gp.synapse("exp"), weight=gp.learn(1.0))
    return Experiment(net=net, loss=gp.CrossEntropy(gp.integral(out)), train=counts_task(samples))
"""
    path = write(tmp_path, GOOD + "[compile]\ndt = 1\nduration = 40\n", network)
    config = read_config(path, ["compile.clock=grid"])
    assert compile_settings(load_experiment(config), config)["clock"] == "grid"
    config = read_config(path, ["compile.clock=gird"])
    with pytest.raises(UnsupportedError, match=r"no clock 'gird'[\s\S]*did you mean 'grid'"):
        compile_experiment(load_experiment(config), config)


def test_an_unknown_option_of_build_is_named_with_its_line(tmp_path: Path) -> None:
    message = refused(write(tmp_path, GOOD.replace("samples", "sampels")))
    assert "line 5" in message
    assert "did you mean 'samples'" in message


def test_unknown_callbacks_and_settings_are_named_with_their_lines(tmp_path: Path) -> None:
    message = refused(write(tmp_path, GOOD.replace("callbacks.clip", "callbacks.clop")))
    assert "did you mean 'clip'" in message
    assert "line 10" in message
    message = refused(write(tmp_path, GOOD.replace("norm", "nrom")))
    assert "did you mean 'norm'" in message
    assert "line 11" in message


def test_an_override_without_a_home_is_named(tmp_path: Path) -> None:
    assert "did you mean 'epochs'" in refused(write(tmp_path), "epoch=3")
    assert "sets nothing" in refused(write(tmp_path), "epochs")


def test_no_toml_shows_the_place(tmp_path: Path) -> None:
    message = refused(write(tmp_path, 'network = "n.py"\nseed = = 3\n'))
    assert "line 2" in message
    assert "^" in message


def test_a_network_without_build_or_with_a_wrong_answer_is_refused(tmp_path: Path) -> None:
    assert "no function build" in refused(write(tmp_path, network="x = 1\n"))
    assert "returned int" in refused(
        write(tmp_path, GOOD.replace("samples = 30", ""), "def build(): return 1\n")
    )
    (tmp_path / "network.py").unlink()
    assert "there is no" in refused(tmp_path / "train.toml")


def test_missing_options_are_named(tmp_path: Path) -> None:
    assert "needs the options depth" in refused(
        write(tmp_path, GOOD.replace("samples = 30", ""), "def build(depth): return 1\n")
    )


def test_a_compiled_simulator_leaves_nothing_to_compile(tmp_path: Path) -> None:
    assert "compiled already" in refused(write(tmp_path), "compile.dt=1.0")


def test_tables_are_written_as_toml_reads_them(tmp_path: Path) -> None:
    tables = {"a": 1, "b": {"c->d.e": {"x": 0.1}, "list": [1, 2.5, 'q"\\é'], "t": True}, "e": {}}
    (tmp_path / "tables.toml").write_text(toml_text(tables))
    assert read_toml(tmp_path / "tables.toml")[0] == tables


def test_the_line_of_a_key_is_that_of_the_key_and_not_of_text_that_looks_like_it() -> None:
    text = 'a = """\nb = 1\n[t]\n"""\nb = 2\n\n[t]\nx = [{y = 3},\n  {y = 4}]\n[t.u]\nv.w = 5\n'
    lines = {"a": 1, "b": 5, "t": 7, "t.x": 8, "t.q": 7, "t.u": 10, "t.u.v.w": 11, "c": 0}
    assert {path: line_of(text, path.split(".")) for path in lines} == lines


def test_assignments_take_toml_or_strings() -> None:
    assert parse_assignment("a.b=[1, 2]") == {"a": {"b": [1, 2]}}
    assert parse_assignment("a=some/path") == {"a": "some/path"}
    assert parse_assignment("a=x=y") == {"a": "x=y"}
