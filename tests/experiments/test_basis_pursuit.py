"""What experiments/basis_pursuit states is what its files hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.experiments.conftest import Script

FOLDER = Path(__file__).parents[2] / "experiments" / "basis_pursuit" / "synthetic"


def test_the_tables_of_the_page_are_those_of_the_files(script_of: Callable[[Path], Script]) -> None:
    tables = script_of(FOLDER)("tables.py")
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in ("theorem", "attacks", "chip"):
        found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        assert tables[name](found) in page


def test_the_guarantee_holds_in_every_row_of_its_gamma() -> None:
    found = json.loads((FOLDER / "theorem.json").read_text(encoding="utf-8"))
    assert found["active"] < (1 + 1 / found["coherence"]) / 3
    rows = [row for row in found["rows"] if row["gamma/eps"] == 4]
    assert len(rows) == 3
    for row in rows:
        assert row["samples with a false group"] == row["groups missed"] == 0
        assert row["largest error/eps"] < found["bound/eps"] and row["residual"] < 1e-8
    assert all(r["samples with a false group"] for r in found["rows"] if r["gamma/eps"] < 2)


def test_groups_keep_more_labels_under_attack_than_single_atoms() -> None:
    found = json.loads((FOLDER / "attacks.json").read_text(encoding="utf-8"))
    assert {estimator: len(draws) for estimator, draws in found.items()} == {
        "BP": 10,
        "GBP": 10,
        "PGBP": 10,
    }
    for eps in ("0.2", "0.5"):
        mean = {e: sum(d["accuracy"][eps] for d in ds.values()) for e, ds in found.items()}
        assert min(mean["GBP"], mean["PGBP"]) > mean["BP"] + 1  # a tenth, over ten draws


def test_the_times_of_the_page_are_those_of_the_file() -> None:
    folder = FOLDER.with_name("time")
    page = (folder / "README.md").read_text(encoding="utf-8")
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))["solvers"]
    median = {name: row["cpu [us a code]"][1] for name, row in found.items()}
    for row in found.values():
        assert row["error: median, 99 %, largest"][1] < 1e-4
        assert f"{', '.join(f'{t:.0f}' for t in row['cpu [us a code]'])} µs" in page
    ours = median["lca_momentum"]
    assert f"{median['lca'] / ours:.1f} times" in page
    assert round(median["FISTA"] / ours) == 15  # which the page calls a fifteenth
    assert 6.5 < median["Lasso, Gram"] / ours < 7.0 and 42 < median["Lasso"] / ours < 48


def test_codes_take_less_than_a_fifth_of_the_time_of_any_other_solver() -> None:
    """Of one run, in processor time, at an error that is not larger than allowed."""
    found = json.loads((FOLDER.with_name("time") / "results.json").read_text(encoding="utf-8"))
    each = {name: row["cpu [us a code]"] for name, row in found["solvers"].items()}
    slowest = max(each["lca_momentum"])
    others = (min(each[name]) for name in ("FISTA", "Lasso", "Lasso, Gram"))
    assert all(5 * slowest <= fastest for fastest in others)


def test_eight_bits_cost_less_than_a_ten_thousandth_of_the_objective() -> None:
    found = json.loads((FOLDER / "chip.json").read_text(encoding="utf-8"))
    gap = {(row["model"], row["bits"]): row["largest gap"] for row in found["rows"]}
    for model in ("lca", "group_lca"):
        assert 0 < gap[model, 8] < 1e-4 < gap[model, 6]
