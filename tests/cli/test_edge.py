"""What a terminal, a file or an option brings is told before anything is made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from genprop.errors import ConfigurationError
from genprop.experiment.config import read_config

TOML = 'network = "network.py"\nname = "toy"\n[compile]\ndt = 1\nduration = 60\n[fit]\nepochs = 1\n'


def written(folder: Path, text: str = TOML) -> Path:
    path = folder / "train.toml"
    path.write_text(text, encoding="utf-8")
    (folder / "network.py").write_text("def build():\n    return None\n")
    return path


SETTINGS = ("epochs=-1", "compile.batch=0", "seed=-1", f"seed={2**63}", "compile.dt=inf", "dt=nan")


@pytest.mark.parametrize("setting", SETTINGS)
def test_numbers_that_cannot_be_are_told_with_the_file(setting: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be") as caught:
        read_config(written(tmp_path), [setting])
    assert "train.toml" in str(caught.value.where)


NAMES = ("../../escaped", "/tmp/x", "..", ".", "", "a/b", "a\\b", ".hidden", "x\ny", "x" * 101)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_run_stays_within_runs(name: str, tmp_path: Path) -> None:
    text = TOML.replace('"toy"', f"'''{name}'''")
    with pytest.raises(ConfigurationError, match="name cannot be"):
        read_config(written(tmp_path, text))


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, "\ufeff" + TOML)).name == "toy"


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_without_utf8_shows_what_it_can(encoding: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "genprop", "doctor"],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )
    assert b"Traceback" not in ended.stderr
    assert b"compiler" in ended.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full device is Linux's")
def test_an_output_that_is_full_is_told_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "genprop", "models"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: the output cannot be written")
    assert len(ended.stderr.strip().splitlines()) == 2
