"""Recipes: settings that a train.toml takes by name, under its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from genprop.errors import ConfigurationError
from genprop.experiment import Config, read_config
from genprop.experiment.callbacks import make_callbacks
from genprop.experiment.recipes import recipes
from genprop.experiment.toml import read_toml

ROOT = Path(__file__).parents[2]


def config(folder: Path, text: str, *overrides: str) -> Config:
    path = folder / "train.toml"
    path.write_text('network = "network.py"\n' + text)
    return read_config(path, overrides)


def test_a_recipe_gives_what_the_file_does_not_say(tmp_path: Path) -> None:
    text = 'recipe = "small-data"\n[compile]\ndt = 2.0\n[fit]\nepochs = 7\n'
    text += "[callbacks.cosine]\nfinal = 0.5\n"
    found = config(tmp_path, text, "compile.batch=8")
    assert found.compile == {"dt": 2.0, "batch": 8}
    assert found.fit == {"epochs": 7, "best": "valid.accuracy"}
    assert found.callbacks["cosine"] == {"final": 0.5}
    assert found.callbacks["revive_silent"] == {"amount": 0.01}


def test_a_recipe_may_be_chosen_on_the_command_line(tmp_path: Path) -> None:
    plain = config(tmp_path, "[fit]\nepochs = 7\n")
    chosen = config(tmp_path, "[fit]\nepochs = 7\n", "recipe=small-data")
    assert plain.callbacks == {} and "cosine" in chosen.callbacks


def test_a_run_folder_keeps_settings_and_no_name(tmp_path: Path) -> None:
    found = config(tmp_path, 'recipe = "small-data"\n[fit]\nepochs = 7\n')
    copy = tmp_path / "copy.toml"
    copy.write_text(found.toml("network.py"))
    assert "recipe" not in copy.read_text()
    assert found.differences(read_config(copy)) == []


def test_a_recipe_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'small-data'"):
        config(tmp_path, 'recipe = "small_data"\n[fit]\nepochs = 7\n')
    with pytest.raises(ConfigurationError, match="recipe is a string"):
        config(tmp_path, "recipe = 3\n[fit]\nepochs = 7\n")


@pytest.mark.parametrize("name", sorted(recipes()))
def test_every_recipe_is_settings_that_there_are(name: str, tmp_path: Path) -> None:
    found = config(tmp_path, f'recipe = "{name}"\n[fit]\nepochs = 7\n')
    assert len(make_callbacks(found)) == len(found.callbacks)
    assert read_toml(recipes()[name])[0]["doc"]


def test_small_data_is_what_the_spoken_digits_were_learned_with() -> None:
    recipe, _ = read_toml(recipes()["small-data"])
    measured, _ = read_toml(ROOT / "experiments" / "spoken_digits" / "small.toml")
    for section, settings in recipe.items():
        if isinstance(settings, dict):
            theirs = measured[section]
            assert isinstance(theirs, dict)
            assert {key: theirs[key] for key in settings} == settings
