"""No file and no function is longer than can be read in one sitting."""

from __future__ import annotations

from pathlib import Path

import pytest

import genprop
from tests.architecture.sizes import FILE, FUNCTION, TEMPLATE, too_long

ROOT = Path(genprop.__file__).parents[1]


def test_no_file_and_no_function_is_too_long() -> None:
    assert list(too_long(ROOT)) == []


@pytest.mark.parametrize(
    ("place", "text", "found"),
    [
        ("genprop/a.py", "x = 1\n" * FILE, ""),
        ("genprop/a.py", "x = 1\n" * (FILE + 1), f"genprop/a.py: {FILE + 1} lines"),
        ("templates/native/a.j2", "x\n" * (TEMPLATE + 1), f"a.j2: {TEMPLATE + 1} lines"),
        ("genprop/b/c.py", "def f():\n" + "    x = 1\n" * (FUNCTION - 1), ""),
        ("genprop/b/c.py", "def f():\n" + "    x = 1\n" * FUNCTION, "c.py: f has 61 lines"),
        (
            "genprop/b/c.py",
            "class A:\n    def g(self):\n" + "        x = 1\n" * FUNCTION,
            "c.py: g has 61 lines",
        ),
    ],
)
def test_what_is_too_long_is_found(tmp_path: Path, place: str, text: str, found: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    faults = too_long(tmp_path)
    assert len(faults) == bool(found)
    assert all(fault.endswith(found) for fault in faults)
