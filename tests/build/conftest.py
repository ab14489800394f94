from __future__ import annotations

from pathlib import Path

import pytest

from genprop.emit.bundle import SourceBundle


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test of this room has a cache of its own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("GENPROP_CACHE", str(folder))
    return folder


@pytest.fixture
def bundle() -> SourceBundle:
    header = "#pragma once\ninline int twice(int x) { return 2 * x; }\n"
    main = '#include "inside/twice.hpp"\nextern "C" int four() { return twice(2); }\n'
    return SourceBundle("four", (("inside/twice.hpp", header), ("four.cpp", main)), "four.cpp")
