"""The pages of the site: their code runs, their commands parse, the tests they name exist."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from typing import TYPE_CHECKING

import pytest

from genprop.cli import main
from tests.docs import pages

if TYPE_CHECKING:
    from pathlib import Path

sys.path.insert(0, str(pages.DOCS / "_ext"))

PAGES = [p for p in pages.written_by_hand() if pages.program(p).strip()]
SOURCES = [*PAGES, *pages.examples()]


def name(page: Path) -> str:
    return page.relative_to(pages.DOCS).as_posix()


@pytest.mark.nightly
@pytest.mark.parametrize("page", SOURCES, ids=name)
def test_every_block_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is in the extra 'plot'")
    pyplot.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    try:
        pages.run(page)
        figures = pyplot.get_fignums()
        for number in figures:
            pyplot.figure(number).canvas.draw()
    finally:
        pyplot.close("all")
    assert figures or page.suffix == ".md", "an example of the gallery draws a figure"


@pytest.mark.parametrize("page", SOURCES, ids=name)
def test_every_public_name_on_a_page_is_one(page: Path) -> None:
    code = pages.program(page) if page.suffix == ".md" else page.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(code, str(page))):
        if isinstance(node, ast.Attribute):
            parts = ast.unparse(node).split(".")
            if parts[0] == "gp" and all(part.isidentifier() for part in parts):
                found: object = importlib.import_module("genprop")
                for part in parts[1:]:
                    assert hasattr(found, part), f"line {node.lineno}: {'.'.join(parts)}"
                    found = getattr(found, part)


@pytest.mark.parametrize("page", pages.written_by_hand(), ids=name)
def test_every_command_on_a_page_is_understood(page: Path) -> None:
    for words in pages.commands(page):
        main._parser(words).parse_args(words)


def test_the_pages_have_commands_and_examples() -> None:
    """Else the two above would hold of nothing."""
    assert sum(len(pages.commands(page)) for page in pages.written_by_hand()) > 8
    assert len(PAGES) > 15
    assert len(pages.examples()) >= 20


def test_every_question_has_a_place() -> None:
    index = (pages.DOCS / "how_to" / "index.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((\w+\.md)#([\w-]+)\)", index)
    assert len(links) >= 20
    for file, place in links:
        text = (pages.DOCS / "how_to" / file).read_text(encoding="utf-8")
        headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
        made = [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings]
        assert place in made


def test_every_test_that_a_page_names_exists() -> None:
    named = [
        (path, function)
        for page in pages.written_by_hand()
        for path, function in re.findall(
            r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page.read_text(encoding="utf-8")
        )
    ]
    assert len(named) > 10
    for path, function in named:
        text = (pages.ROOT / path).read_text(encoding="utf-8")
        assert f"def {function}" in text if function else text


def test_every_experiment_has_a_page_with_its_claim() -> None:
    research = importlib.import_module("written.research")
    found = dict(research.pages(pages.ROOT))
    for readme in (pages.ROOT / "experiments").rglob("README.md"):
        name = "-".join(readme.parent.relative_to(pages.ROOT / "experiments").parts)
        assert f"research/{name}.md" in found
        assert "**Claim" in readme.read_text(encoding="utf-8")
    assert "research/basis_pursuit-synthetic.md" in found
    listed = found["research/index.md"]
    assert listed.count("**Claim") == len(found) - 1 - sum(path.endswith("svg") for path in found)


def test_every_public_name_is_in_the_reference() -> None:
    api = importlib.import_module("written.api")
    text = "".join(content for _, content in api.pages(pages.ROOT))
    genprop = importlib.import_module("genprop")
    for public in set(genprop.__all__) - {*genprop._ROOMS, "__version__"}:
        assert re.search(rf"(genprop\.|data:: ){re.escape(public)}\n", text), public


def test_errors_of_the_code_are_in_the_reference() -> None:
    errors = importlib.import_module("written.errors")
    found = list(errors.messages(pages.ROOT / "genprop"))
    assert len(found) > 200
    assert (
        "ConfigurationError",
        "matplotlib, which draws the figures, is not installed",
        r"pip install 'genprop\[plot\]'",
    ) in found


def test_links_that_lead_nowhere_and_pages_that_fetch_are_found(tmp_path: Path) -> None:
    links = importlib.import_module("links")
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here">b</a><a href="b.html#gone">b</a><a href="c.html">c</a>'
        '<a href="https://example.org">out</a><script src="https://example.org/x.js"></script>'
    )
    (tmp_path / "b.html").write_text('<h1 id="here">b</h1>')
    first, *others = links.findings(tmp_path)
    assert first == "a.html fetches https://example.org/x.js"
    assert sorted(others) == [
        "a.html links to b.html#gone: there is no such place",
        "a.html links to c.html, which is not there",
    ]


def test_every_section_and_key_of_settings_is_described() -> None:
    settings = importlib.import_module("written.settings")
    ((_, text),) = settings.pages(pages.DOCS)
    described = text.split("## Above all sections")[1].split("\n## ")[0]
    assert all(row.split("|")[3].strip() for row in described.splitlines() if row.startswith("| `"))
