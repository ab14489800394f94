"""What experiments/basis_pursuit states is what its files hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.experiments.conftest import Script

FOLDER = Path(__file__).parents[2] / "experiments" / "basis_pursuit" / "synthetic"


def test_the_table_of_the_page_is_that_of_the_file(script_of: Callable[[Path], Script]) -> None:
    table = script_of(FOLDER)("tables.py")["theorem"]
    found = json.loads((FOLDER / "theorem.json").read_text(encoding="utf-8"))
    assert table(found) in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_guarantee_holds_in_every_row_of_its_gamma() -> None:
    found = json.loads((FOLDER / "theorem.json").read_text(encoding="utf-8"))
    assert found["active"] < (1 + 1 / found["coherence"]) / 3
    rows = [row for row in found["rows"] if row["gamma/eps"] == 4]
    assert len(rows) == 3
    for row in rows:
        assert row["samples with a false group"] == row["groups missed"] == 0
        assert row["largest error/eps"] < found["bound/eps"] and row["residual"] < 1e-8
    assert all(r["samples with a false group"] for r in found["rows"] if r["gamma/eps"] < 2)
