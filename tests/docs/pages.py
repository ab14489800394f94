"""The pages of the site as programs: their Python blocks, in order, and their command lines."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(
    r"^```(\{code-cell\}[^\n]*|python|py)\n(?::[^\n]*\n)*(.*?)^```$", re.MULTILINE | re.DOTALL
)
_UNRUN = "py"
"""Blocks that read files which only their reader has."""


def written_by_hand() -> list[Path]:
    """Every page that is no part of what builds make."""
    made = ("_build", "written", "made")
    return sorted(p for p in DOCS.rglob("*.md") if not {*p.relative_to(DOCS).parts} & {*made})


def examples() -> list[Path]:
    """The scripts of the gallery."""
    return sorted((DOCS / "gallery").glob("plot_*.py"))


def program(page: Path, *, whole: bool = True) -> str:
    """The page's Python, each line where it stands on the page; ``!`` lines run as commands.

    Not ``whole``: without what reads files that only its reader has, in blocks of ``py``.
    """
    text = page.read_text(encoding="utf-8")
    lines = [""] * (text.count("\n") + 1)
    for block in _BLOCK.finditer(text):
        if block[1] == _UNRUN and not whole:
            continue
        first = text.count("\n", 0, block.start(2))
        for k, line in enumerate(block[2].splitlines()):
            typed = line.startswith("!")
            lines[first + k] = f"_run({line[1:]!r})" if typed else line
    return "\n".join(lines) + "\n"


def run(page: Path) -> None:
    """Run a page, or a script, where we are."""
    here = page.suffix == ".md"
    code = program(page, whole=False) if here else page.read_text(encoding="utf-8")
    exec(compile(code, str(page), "exec"), {"__name__": "__main__", "_run": _run})


def commands(page: Path) -> list[list[str]]:
    """The words of every ``genprop …`` that the page shows to be typed."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(
        r"^(?:\$ (?:mpirun -n \d+ |\.venv/bin/)*|!)genprop (.*)$", text, re.MULTILINE
    )
    return [shlex.split(re.sub(r" {3,}.*|#.*", "", line)) for line in found]


def _run(line: str) -> None:
    """A command as a notebook runs it, with the genprop of these tests; it must succeed."""
    ours = f"{shlex.quote(sys.executable)} -m genprop"
    line = re.sub(r"^genprop\b", ours.replace("\\", r"\\"), line)
    subprocess.run(line, shell=True, check=True, capture_output=True, text=True)
