"""Checks the finished pages: links inside lead somewhere, and pages fetch nothing from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
_SELDOM = {"canonical", "search", "index", "author", "license", "next", "prev"}
"""Relations of ``<link>`` that load nothing."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Check when all pages are written."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def check(app: Sphinx, fault: Exception | None) -> None:
    """Warn of every link that leads nowhere, which ``-W`` turns into a failure."""
    if fault is not None or app.builder.format != "html":
        return
    from sphinx.util.logging import getLogger

    for finding in findings(Path(app.outdir)):
        getLogger(__name__).warning(finding)


def findings(folder: Path) -> list[str]:
    """What is wrong with the pages in ``folder``, in words."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    found: list[str] = []
    for path, page in pages.items():
        name = path.relative_to(folder).as_posix()
        found += [f"{name} fetches {address}" for address in page.fetched if _outside(address)]
        for link in page.links | {a for a in page.fetched if not _outside(a)}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                found.append(f"{name} links to {link}, which is not there")
            elif target in pages and unquote(parts.fragment) not in pages[target].places:
                found.append(f"{name} links to {link}: there is no such place")
    return found


def _outside(address: str) -> bool:
    return bool(urlsplit(address).netloc)


class Page(HTMLParser):
    """The links of a page, what it fetches, and the places that links may lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.fetched: set[str] = set()
        self.places: set[str] = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element links to or fetches."""
        values = {name: value or "" for name, value in attrs}
        self.places |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        seldom = tag == "link" and values.get("rel", "") in _SELDOM
        address = values.get(_FETCHED.get(tag, ""), "")
        if address and not seldom and not address.startswith("data:"):
            self.fetched.add(address)
