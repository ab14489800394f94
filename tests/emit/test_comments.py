"""No text of the user's is ever code: not in C++, not in the Python of GeNN or Lava."""

from __future__ import annotations

import ast
import dataclasses
import subprocess
from pathlib import Path

import pytest

import genprop as gp
from genprop.adjoint.derive import derive
from genprop.emit.comments import comment
from genprop.emit.lava import render_lava
from genprop.emit.render import render_native
from genprop.equations.analyse import understand
from genprop.errors import DescriptionError
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.network import lower
from genprop.testing.zoo import example

INJECTED = "void injected() {} int stolen = 1; import os"
HOSTILE = (
    f"x\n{INJECTED}\n//",
    f"x\r{INJECTED}",
    f'x"""\n{INJECTED}\n"""',
    f"x'''\n{INJECTED}",
    f"x*/ {INJECTED} /*",
    "x\\",
    "x\\\n",
    "x??/",
    f"x\u2028{INJECTED}",
    f"x\x85{INJECTED}\x0c\x0b\x1c",
    "x\u202e\u2066y",
    "x\0y",
    '"; system("true"); "',
    "{{ 7 * 7 }}{% raw %}",
    "</script><script>",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_comment_is_one_line_without_quotes_or_ends(text: str) -> None:
    made = comment(text)
    assert made.isprintable()
    assert len(made.splitlines()) <= 1
    assert not any(end in made for end in ('"', "\\", "*/", "/*", "{{", "{%", "??/"))


def program(name: str) -> gp.lower.program.Program:  # type: ignore[name-defined]
    chosen = example("feed_forward")
    spec = chosen.spec()
    clock = TimeGrid.of(1.0, chosen.duration)
    made = lower(spec, derive(understand(spec), spec), clock=clock)
    return dataclasses.replace(made, name=name)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_network_is_no_cpp(name: str, tmp_path: Path) -> None:
    bundle, harmless = (render_native(program(n), "float") for n in (name, "x"))
    for (path, text), (_, plain) in zip(bundle.files, harmless.files, strict=True):
        assert len(text.splitlines()) == len(plain.splitlines()), path
    bundle.write(tmp_path)
    line = ["c++", "-std=c++17", "-E", "-P", "-I.", bundle.main]
    code = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "injected" not in code
    assert "stolen" not in code


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_network_is_no_python(name: str) -> None:
    text = dict(render_lava(name, "0" * 16, sources=[], cells=[], synapses=[]).files)["program.py"]
    tree = ast.parse(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not {"injected", "stolen"} & (names | functions)


@pytest.mark.parametrize("name", [*(t for t in HOSTILE if not t.isprintable()), "", "x" * 201, 3])
def test_a_title_that_cannot_be_printed_on_a_line_is_refused(name: object) -> None:
    with pytest.raises(DescriptionError, match="is no title"):
        gp.Network(name)  # type: ignore[arg-type]
