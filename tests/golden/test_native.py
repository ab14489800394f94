"""The generated C++ of two networks, file by file, so that every change of it is seen in review.

``pytest tests/golden --update-golden`` writes it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genprop.adjoint.derive import derive
from genprop.backends.native import Native
from genprop.equations.analyse import understand
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.network import lower
from genprop.testing.zoo import example

if TYPE_CHECKING:
    from genprop.emit.bundle import SourceBundle

HERE = Path(__file__).parent / "native"
# The plainest network, and one with sparse delays, refractoriness and two sources.
EXAMPLES = ("feed_forward", "branched")


def rendered(name: str) -> SourceBundle:
    chosen = example(name)
    spec = chosen.spec()
    program = lower(spec, derive(understand(spec), spec), clock=TimeGrid.of(1.0, chosen.duration))
    return Native().render(program)


@pytest.mark.parametrize("name", EXAMPLES)
def test_generated_sources_are_the_reviewed_ones(name: str, pytestconfig: pytest.Config) -> None:
    bundle, folder = rendered(name), HERE / name
    if pytestconfig.getoption("--update-golden"):
        for old in folder.rglob("*.*"):
            old.unlink()
        for path, text in bundle.files:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
    known = {p.relative_to(folder).as_posix() for p in folder.rglob("*.*")}
    assert known == {path for path, _ in bundle.files}
    for path, text in bundle.files:
        assert text == (folder / path).read_text(encoding="utf-8"), (
            f"{path} changed: if that is meant, pytest tests/golden --update-golden"
        )


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_description_gives_the_same_text(name: str) -> None:
    assert rendered(name) == rendered(name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_generated_text_names_no_path_host_or_date(name: str) -> None:
    text = "\n".join(content for _, content in rendered(name).files)
    for word in (
        str(Path.home()),
        str(Path(__file__).parents[2]),
        "20 Nov",
        "http://",
        "localhost",
    ):
        assert word not in text
