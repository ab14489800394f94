from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from genprop.emit.bundle import SourceBundle
from genprop.errors import ConfigurationError, InternalError

BUNDLE = SourceBundle(
    "net", (("a/b.hpp", "// τ\n"), ("net.cpp", "int x;\n")), "net.cpp", (("digest", "12"),)
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    BUNDLE.write(tmp_path / "new")
    assert SourceBundle.read(tmp_path / "new") == BUNDLE


def test_an_edit_in_the_folder_is_read(tmp_path: Path) -> None:
    BUNDLE.write(tmp_path)
    (tmp_path / "net.cpp").write_text("int y;\n")
    edited = SourceBundle.read(tmp_path)
    assert edited.text("net.cpp") == "int y;\n"
    assert edited.digest() != BUNDLE.digest()


def test_the_digest_ignores_metadata_only() -> None:
    assert dataclasses.replace(BUNDLE, metadata=()).digest() == BUNDLE.digest()
    assert dataclasses.replace(BUNDLE, name="other").digest() != BUNDLE.digest()
    assert dataclasses.replace(BUNDLE, main="a/b.hpp").digest() != BUNDLE.digest()


@pytest.mark.parametrize("path", ["/etc/x.cpp", "../x.cpp", "a/../../x.cpp", "", "bundle.json"])
def test_a_file_never_leaves_the_folder(path: str) -> None:
    with pytest.raises(InternalError):
        SourceBundle("net", ((path, ""),), path)


def test_a_folder_without_a_bundle_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="genprop build NET -o DIR"):
        SourceBundle.read(tmp_path)
    BUNDLE.write(tmp_path)
    (tmp_path / "net.cpp").unlink()
    with pytest.raises(ConfigurationError, match=r"net\.cpp"):
        SourceBundle.read(tmp_path)


def test_a_bundle_of_another_format_says_so(tmp_path: Path) -> None:
    BUNDLE.write(tmp_path)
    manifest = json.loads((tmp_path / "bundle.json").read_text())
    (tmp_path / "bundle.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(ConfigurationError, match="format 99"):
        SourceBundle.read(tmp_path)
