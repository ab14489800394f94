"""What is derived once serves every target and precision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import genprop as gp
from genprop.adjoint import derive as deriving
from genprop.runtime import remembered
from genprop.testing import contract
from genprop.testing.contract import Case

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec

CASE = Case("feed_forward", 1.0)


@pytest.fixture
def derived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the networks that were derived, with an empty cache to begin with."""
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path))
    found: list[str] = []
    right = deriving.derive

    def counted(network: object, spec: NetworkSpec) -> object:
        found.append(spec.name)
        return right(network, spec)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(deriving, "derive", counted)
    return found


def test_float_double_and_the_interpreter_share_one_derivation(derived: list[str]) -> None:
    sims = [
        contract.simulator(backend, CASE)
        for backend in ("reference", gp.Native(precision="float"), gp.Native(precision="double"))
    ]
    assert len(derived) == 1
    assert len({repr(sim.program) for sim in sims}) == 1
    assert len({sim.bundle.digest() for sim in sims[1:] if sim.bundle is not None}) == 2


def test_another_clock_or_other_code_is_derived_anew(
    derived: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    contract.simulator("reference", CASE)
    contract.simulator("reference", Case(CASE.name, 0.5))
    assert len(derived) == 2
    monkeypatch.setattr(remembered, "fingerprint", lambda: "another version")
    contract.simulator("reference", CASE)
    assert len(derived) == 3
