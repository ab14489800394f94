"""The pages of the experiments: their READMEs, with their figures, and a list of their claims."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from written.project import experiment, relinked

__all__ = ["claim", "pages"]


def pages(root: Path) -> Iterator[tuple[str, str | bytes]]:
    """A page per experiment, its figures beside it, and the list."""
    rows: list[str] = []
    names: list[str] = []
    for readme in sorted((root / "experiments").rglob("README.md")):
        name = experiment(readme.parent.relative_to(root))
        text = readme.read_text(encoding="utf-8")
        names.append(name)
        yield f"research/{name}.md", relinked(text, readme.parent, root, "research")
        for figure in sorted(readme.parent.glob("*.svg")):
            yield f"research/{figure.parent.name}_{figure.name}", figure.read_bytes()
        title = text.split("\n", 1)[0].removeprefix("# ")
        command = re.search(r"^\$ ((?:genprop|python) .*)$", text, re.MULTILINE)
        rows.append(
            f"## [{title}]({name}.md)\n\n{relinked(claim(text), readme.parent, root, 'research')}"
        )
        if command is not None:
            line = re.sub(r"   +.*", "", command[1])
            rows.append(f"```console\n$ {line}\n```")
    listed = "\n".join(names)
    yield (
        "research/index.md",
        "# Research\n\nEach experiment states a claim and the command that reproduces its numbers. What "
        "follows is drawn from the experiments' own pages, whose tables come from their results.\n\n"
        + "\n\n".join(rows)
        + f"\n\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n",
    )


def claim(text: str) -> str:
    """The paragraph that states the claim."""
    found = re.search(r"^\*\*Claim.*?(?=\n\n)", text, re.MULTILINE | re.DOTALL)
    return found[0] if found else text.split("\n\n")[1]
