"""What all tests share: how they are compiled, on which worker they run, which wait to be asked."""

from __future__ import annotations

import os
import re
import shutil
import sys
import zlib
from datetime import date
from typing import TYPE_CHECKING

import hypothesis
import pytest

from genprop._resources import cache_dir
from genprop.testing.zoo import NAMES
from tests.headers import with_headers
from tests.train.small_run import small_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xdist.remote import Producer
    from xdist.scheduler import Scheduling

QUICK = "-Og -Werror"
"""Compiles in half of the time; production_flags are for what depends on more. Warnings are
errors here, not for users, whose compilers may be newer and warn of more.
"""
ON_REQUEST = {
    "lava": "live Lava takes minutes: pytest -m lava",
    "nightly": "takes minutes and repeats a law at more cases: pytest -m nightly",
}

if "GENPROP_CXXFLAGS" not in os.environ:  # workers have it of the process that began them
    os.environ["GENPROP_CXXFLAGS"] = with_headers(QUICK)
if sys.dont_write_bytecode:  # beside sources; without any, each process of a test parses them all
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(cache_dir() / "bytecode")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # workers share the cores
# No example is late: how long it takes depends on what else the machine does.
hypothesis.settings.register_profile(
    "shared", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shared")


@pytest.fixture
def production_flags() -> Iterator[None]:
    """Compile as users do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GENPROP_CXXFLAGS")
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the one run that is trained for all tests, its network.py and train.toml."""
    folder = tmp_path_factory.mktemp("trained")
    small_run(folder)
    return folder


@pytest.fixture(scope="module")
def run(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a trained network; each file has a copy of its own to write into."""
    folder = tmp_path_factory.mktemp("run") / "trained"
    shutil.copytree(trained, folder)
    return folder / "run"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the generated sources below tests/golden anew instead of comparing with them",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the slow ones, so that no worker waits at the end; skip what nobody asked for."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    asked = str(config.getoption("markexpr"))
    for item in items:
        for name, reason in ON_REQUEST.items():
            if name not in asked and item.get_closest_marker(name) is not None:
                item.add_marker(pytest.mark.skip(reason=reason))
    if "nightly" in asked:
        left = [item for item in items if not part_of_night(item.nodeid)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def part_of_night(nodeid: str) -> bool:
    """Whether tonight's part of the nightly tests has this one.

    ``$GENPROP_NIGHTS`` says over how many nights they are spread; each comes once in so many.
    """
    nights = int(os.environ.get("GENPROP_NIGHTS", "1"))
    return zlib.crc32(nodeid.encode()) % nights == date.today().toordinal() % nights


def pytest_report_header() -> str | None:
    """Tell that a night has a part alone."""
    nights = int(os.environ.get("GENPROP_NIGHTS", "1"))
    return None if nights == 1 else f"nightly tests: tonight one in {nights}, all in {nights} days"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Give each worker whole networks of the zoo, and whole files of other tests.

    So no worker derives, compiles or solves what another already has.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByNetwork(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return ByNetwork(config, log) if config.getoption("dist") == "loadscope" else None


def group_of(nodeid: str) -> str:
    """The network of the zoo that a test is about, as its parameters name it; else its file."""
    file, _, test = nodeid.partition("::")
    for word in re.split(r"[\[\]@-]", test.partition("[")[2]):
        if word in NAMES:
            return f"network {word}"
    return file
