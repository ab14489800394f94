"""Wheel, source distribution, editable install and bare checkout all find templates and models."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from genprop import _resources
from genprop.errors import InternalError

pytest.importorskip("hatchling", reason="hatchling is in the extra 'test'")
pytest.importorskip("editables", reason="editables is in the extra 'test'")

ROOT = Path(__file__).resolve().parents[1]
TREE = ("genprop", "templates", "models", "tests", "experiments", ".ci")
FILES = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", ".gitignore")
ASK = """
import json, sys
import genprop
from genprop._resources import data_dir
folders = [data_dir(name) for name in ("templates", "models")]
files = [sorted(p.relative_to(f).as_posix() for p in f.rglob("*") if p.is_file()) for f in folders]
print(json.dumps([genprop.__file__, *map(str, folders), *files]))
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, so that building leaves nothing in it."""
    copy = tmp_path_factory.mktemp("checkout")
    skip = shutil.ignore_patterns("__pycache__", "runs", "*.h5", ".*cache")
    for name in TREE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=skip)
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    return copy


def build(checkout: Path, out: Path, hook: str) -> Path:
    """What the build backend's ``hook`` makes of a checkout, without network or isolation."""
    out.mkdir(parents=True, exist_ok=True)
    code = f"import hatchling.build as b; print(b.{hook}({str(out)!r}))"
    line = [sys.executable, "-c", code]
    answer = subprocess.run(line, cwd=checkout, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return out / answer.stdout.strip().splitlines()[-1]


def ask(path: Path, away: Path) -> tuple[Path, Path, Path, list[str], list[str]]:
    """What genprop in the folder ``path`` of packages says of itself, asked from elsewhere.

    ``-S`` keeps out a genprop that is installed beside the one asked.
    """
    code = f"import site; site.addsitedir({str(path)!r}); import sys; "
    code += f"sys.path.insert(0, {str(path)!r})\n{ASK}"
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    answer = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=away,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    package, templates, models, *files = json.loads(answer.stdout)
    return Path(package), Path(templates), Path(models), files[0], files[1]


def expected(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def unpacked(wheel: Path, place: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    return place


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(checkout, tmp_path_factory.mktemp("wheel"), "build_wheel")


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_is_pure_python(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    assert not [n for n in names(wheel) if n.endswith((".so", ".dylib", ".pyd", ".cpp", ".o"))]


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"genprop"}
    assert not [n for n in names(wheel) if "test_" in n or "/tests/" in n or "experiments" in n]
    assert {"genprop/py.typed", "genprop/build/cache.py"} <= set(names(wheel))


def test_the_wheel_holds_the_licence_and_the_command(wheel: Path) -> None:
    info = next(n.split("/")[0] for n in names(wheel) if ".dist-info/" in n)
    with zipfile.ZipFile(wheel) as archive:
        assert "genprop.cli.main:main" in archive.read(f"{info}/entry_points.txt").decode()
        assert any(n.startswith(info) and n.endswith("LICENSE") for n in archive.namelist())


def test_an_installed_wheel_finds_its_data(checkout: Path, wheel: Path, tmp_path: Path) -> None:
    package, templates, models, *files = ask(unpacked(wheel, tmp_path / "site"), tmp_path)
    assert templates == package.parent / "_templates"
    assert models == package.parent / "_models"
    assert files == [expected(checkout / "templates"), expected(checkout / "models")]


def test_a_wheel_from_the_source_distribution_is_the_same(
    checkout: Path, wheel: Path, tmp_path: Path
) -> None:
    sdist = build(checkout, tmp_path / "sdist", "build_sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source")
    source = next((tmp_path / "source").iterdir())
    assert (source / "tests" / "test_packaging.py").is_file()
    assert (source / "templates").is_dir()
    again = build(source, tmp_path / "again", "build_wheel")
    assert sorted(names(again)) == sorted(names(wheel))


def test_an_editable_install_finds_the_data_of_the_checkout(checkout: Path, tmp_path: Path) -> None:
    made = build(checkout, tmp_path / "wheel", "build_editable")
    package, templates, models, *files = ask(unpacked(made, tmp_path / "site"), tmp_path)
    assert package == checkout / "genprop" / "__init__.py"
    assert (templates, models) == (checkout / "templates", checkout / "models")
    assert files == [expected(checkout / "templates"), expected(checkout / "models")]


def test_a_bare_checkout_finds_its_data(checkout: Path, tmp_path: Path) -> None:
    package, templates, models, *files = ask(checkout, tmp_path)
    assert package == checkout / "genprop" / "__init__.py"
    assert (templates, models) == (checkout / "templates", checkout / "models")
    assert files == [expected(checkout / "templates"), expected(checkout / "models")]


def test_a_folder_beside_the_package_must_prove_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In site-packages a stranger's ``templates`` may stand beside genprop."""
    (tmp_path / "templates").mkdir()
    monkeypatch.setattr(_resources, "_PACKAGE", tmp_path / "genprop")
    for text in (None, '[project]\nname = "stranger"\n'):
        if text is not None:
            (tmp_path / "pyproject.toml").write_text(text)
        with pytest.raises(InternalError, match="install it again"):
            _resources.data_dir("templates")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "genprop"\n')
    assert _resources.data_dir("templates") == tmp_path / "templates"


def test_another_data_folder_is_refused() -> None:
    with pytest.raises(InternalError, match="templates, models"):
        _resources.data_dir("docs")
