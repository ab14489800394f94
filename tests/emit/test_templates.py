"""The user's own templates stand before genprop's."""

from __future__ import annotations

from pathlib import Path

import pytest

from genprop._resources import data_dir
from genprop.emit.environment import environment
from genprop.emit.templates import eject, own_templates, template_folders, template_names
from genprop.errors import ConfigurationError

NAME = "native/kernels/update.hpp.j2"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GENPROP_TEMPLATES", raising=False)


def test_without_own_folders_there_are_genprops_alone() -> None:
    assert template_folders() == (data_dir("templates"),)
    assert own_templates() == ""
    assert NAME in template_names()


def test_an_ejected_template_counts_where_the_variable_names_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = eject(NAME, tmp_path / "mine")
    assert copy.read_bytes() == (data_dir("templates") / NAME).read_bytes()
    monkeypatch.setenv("GENPROP_TEMPLATES", str(tmp_path / "mine"))
    copy.write_text("changed")
    first = own_templates()
    assert environment().get_template(NAME).render() == "changed"
    copy.write_text("again")
    assert own_templates() != first


def test_an_ejected_template_counts_where_the_project_names_its_folder(tmp_path: Path) -> None:
    eject(NAME, tmp_path / "mine").write_text("changed")
    (tmp_path / "pyproject.toml").write_text('[tool.genprop]\ntemplates = "mine"\n')
    assert environment().get_template(NAME).render() == "changed"


def test_a_copy_is_never_overwritten(tmp_path: Path) -> None:
    eject(NAME, tmp_path)
    with pytest.raises(ConfigurationError, match="there is a copy already"):
        eject(NAME, tmp_path)


def test_an_unknown_template_is_told_with_the_closest(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"did you mean 'native/kernels/update\.hpp\.j2'"):
        eject("native/kernels/updates.hpp.j2", tmp_path)


def test_a_missing_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENPROP_TEMPLATES", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match=r"\$GENPROP_TEMPLATES names"):
        template_folders()
