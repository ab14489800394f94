"""What all tests share: how they are compiled, on which worker they run, which wait to be asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from genprop.testing.zoo import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

QUICK = "-O1"  # compiles in two thirds of the time; production_flags are for what depends on more
ON_REQUEST = {
    "lava": "live Lava takes minutes: pytest -m lava",
    "nightly": "takes minutes and repeats a law at more cases: pytest -m nightly, as .ci/run does",
}

os.environ.setdefault("GENPROP_CXXFLAGS", QUICK)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # workers share the cores


@pytest.fixture
def production_flags() -> Iterator[None]:
    """Compile as users do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GENPROP_CXXFLAGS")
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the generated sources below tests/golden anew instead of comparing with them",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test its worker, and begin with the slow ones, so that no worker waits at the end.

    Tests that take minutes run when they are asked for by name.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    asked = str(config.getoption("markexpr"))
    for item in items:
        for name, reason in ON_REQUEST.items():
            if name not in asked and item.get_closest_marker(name) is not None:
                item.add_marker(pytest.mark.skip(reason=reason))


def _group(item: pytest.Item) -> str:
    """Tests of one network of the zoo run on one worker, others with their file.

    So no worker derives, compiles or solves what another already has.
    """
    call = getattr(item, "callspec", None)
    for value in call.params.values() if call is not None else ():
        name = getattr(value, "name", value)
        if isinstance(name, str) and name in NAMES:
            return f"network {name}"
    return item.nodeid.partition("::")[0]
