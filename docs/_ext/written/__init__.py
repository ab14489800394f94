"""Pages that are written from what they are about: the code, the model files, the experiments.

They stand in ``docs/written``, which is made anew by every build and belongs to no commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from written import api, commands, errors, models, project, research, settings

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[3]
FOLDER = "written"

WRITERS: tuple[Callable[[Path], Iterator[tuple[str, str | bytes]]], ...] = (
    api.pages,
    commands.pages,
    errors.pages,
    models.pages,
    project.pages,
    research.pages,
    settings.pages,
)
"""Each gives the paths below ``docs/written`` and what stands there."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before any is read."""
    app.connect("config-inited", lambda app, config: write(Path(app.srcdir) / FOLDER))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(folder: Path) -> None:
    """Write all pages, those that changed alone, and remove those that are no more."""
    found = {path: text for pages in WRITERS for path, text in pages(ROOT)}
    if folder.exists():
        old = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        for path in old - set(found):
            (folder / path).unlink()
    for path, content in found.items():
        place = folder / path
        raw = content if isinstance(content, bytes) else content.encode()
        if not place.exists() or place.read_bytes() != raw:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(raw)
