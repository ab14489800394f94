"""CONTRIBUTING's decisions are all found by subject."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
INDEX, DECISIONS = PAGE.split("\n## Decisions\n")[1].split("\n\n### ", 1)


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_every_decision_is_listed_once() -> None:
    titles = re.findall(r"^### (.+)$", f"### {DECISIONS}", re.MULTILINE)
    assert len(titles) > 50
    listed = re.findall(r"\[(.+)\]\(#(.+)\)", INDEX)
    assert sorted(listed) == sorted((title, _anchor(title)) for title in titles)
