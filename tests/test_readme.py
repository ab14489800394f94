"""What the README shows is run; what it tells to type is what .ci/run types."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETUP = (
    "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && "
    ".venv/bin/genprop train experiments/yin_yang/train.toml"
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_two_commands_do_all_the_set_up() -> None:
    assert [block.strip() for block in blocks("sh")] == [SETUP, ".venv/bin/pytest"]


def test_the_python_blocks_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = blocks("python")
    assert len(shown) >= 3
    namespace: dict[str, object] = {}
    for block in shown:
        line = README[: README.index(block)].count("\n")
        exec(compile("\n" * line + block, str(ROOT / "README.md"), "exec"), namespace)


def test_every_file_it_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_checks_read_their_commands_from_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    function = script[script.index("readme_block()") : script.index("files()")]
    for number, expected in enumerate((SETUP, ".venv/bin/pytest"), 1):
        line = ["bash", "-c", f"{function}\nreadme_block {number}"]
        answer = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
        assert answer.stdout.strip() == expected


def test_what_ci_run_asks_of_the_project_is_there() -> None:
    """A name that moved would read as a machine without Python 3.10."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    asked = re.findall(r"from (genprop[\w.]*) import (\w+)", script)
    assert asked
    for module, name in asked:
        assert hasattr(import_module(module), name)
    paths = re.findall(r"\btests/[\w/.]+", script)
    assert len(paths) > 2
    assert [path for path in paths if not (ROOT / path).exists()] == []
