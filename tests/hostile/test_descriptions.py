"""Whatever is described runs and learns, or ends in an error of ours, soon and small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import genprop as gp
from genprop.errors import DescriptionError, DimensionError
from genprop.units import parse_unit
from tests.hostile.campaign import campaign, faults
from tests.hostile.descriptions import DESCRIPTIONS
from tests.hostile.test_readers import FRESH

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", DESCRIPTIONS)
def test_some_descriptions_run_or_end_in_our_errors(kind: str, tmp_path: Path) -> None:
    assert list(faults(kind, tmp_path / "files", 8, 0)) == []


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("kind", DESCRIPTIONS)
def test_many_descriptions_run_or_end_in_our_errors(kind: str, part: int) -> None:
    assert campaign(kind, 2_500, FRESH + part) == []


@pytest.mark.parametrize("unit", ["", "?", "ms^-1", "ms**0.5", "ms 2", "%", "1/", None, "ms**99"])
def test_what_is_no_unit_is_none(unit: object) -> None:
    with pytest.raises(DimensionError):
        parse_unit(unit)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", ["flow", "spike", "reset", "inputs", "held", "units", "initial"])
def test_an_argument_of_another_kind_is_named(name: str) -> None:
    given = {"flow": "dv/dt = -v", name: 5}
    with pytest.raises(DescriptionError, match=name):
        gp.Neuron("other", **given)  # pyright: ignore[reportArgumentType]
