"""What one process that was started as a rank finds out before anything else."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from genprop import _ranks
from genprop.errors import UnsupportedError


@pytest.fixture(autouse=True)
def four_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ranks, "_world", [])
    monkeypatch.setenv("PMI_SIZE", "4")
    monkeypatch.setenv("PMI_RANK", "0")


def test_ranks_without_mpi_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setitem(sys.modules, "mpi4py.MPI", None)
    with pytest.raises(UnsupportedError, match=r"4 ranks were started, and there is no MPI"):
        _ranks.world()


def test_the_mpirun_of_another_mpi_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class World:
        def Get_rank(self) -> int:
            return 0

        def Get_size(self) -> int:
            return 1

    mpi = ModuleType("mpi4py.MPI")
    mpi.COMM_WORLD = World()  # type: ignore[attr-defined]
    mpi.Get_library_version = lambda: "Some MPI 1.0"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mpi4py.MPI", mpi)
    with pytest.raises(UnsupportedError, match="4 ranks were started, and MPI knows of 1"):
        _ranks.world()


def test_a_process_that_nobody_started_as_a_rank_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PMI_SIZE")
    assert _ranks.world() is _ranks.ALONE
    assert _ranks.ALONE.gather("x") == ["x"]
    assert _ranks.ALONE.in_turn(lambda: 3) == 3
