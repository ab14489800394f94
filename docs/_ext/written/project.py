"""CONTRIBUTING.md and CHANGELOG.md as pages, their links led to what the site has of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["experiment", "pages", "relinked"]


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """Both pages."""
    for name in ("CONTRIBUTING", "CHANGELOG"):
        text = (root / f"{name}.md").read_text(encoding="utf-8")
        yield f"{name.lower()}.md", relinked(text, root, root, "")


def experiment(folder: Path) -> str:
    """The name of the page of ``experiments/a/b``: ``a-b``."""
    return "-".join(folder.parts[1:])


def relinked(text: str, folder: Path, root: Path, place: str) -> str:
    """``text`` of a file in ``folder`` for a page in ``docs/written/<place>``.

    Links to experiments lead to their pages, figures to the copies beside them; files that the
    site does not have are named as they stand in the project.
    """
    back = "../" if place else ""

    def lead(found: re.Match[str]) -> str:
        mark, words, target = found.groups()
        if re.match(r"\w+:|#", target):
            return found[0]
        path = (folder / target).resolve()
        if mark:
            return f"![{words}]({path.parent.name}_{path.name})"
        inside = path.relative_to(root) if path.is_relative_to(root) else Path(target)
        if inside.parts[:1] == ("experiments",) and (root / inside / "README.md").exists():
            return f"[{words}]({back}research/{experiment(inside)}.md)"
        if inside.as_posix() in ("experiments", "CONTRIBUTING.md", "CHANGELOG.md"):
            page = (
                "research/index.md" if inside.name == "experiments" else f"{inside.stem.lower()}.md"
            )
            return f"[{words}]({back}{page})"
        return f"{words} (`{inside.as_posix()}`)" if words != inside.as_posix() else f"`{words}`"

    text = re.sub(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", lead, text)
    text = re.sub(
        r"<!--.*?-->\n*|</?details>|<summary>(.*?)</summary>", r"\1", text, flags=re.DOTALL
    )
    return text.replace("```mermaid", "```text")
