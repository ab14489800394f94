"""Whatever a population is called, its network compiles, and different names stay different."""

from __future__ import annotations

import itertools
import keyword
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import genprop as gp
from genprop._resources import data_dir
from genprop.adjoint.derive import derive
from genprop.backends.genn import check as genn_check
from genprop.backends.genn import compiled as genn_compiled
from genprop.data.spikes import SpikeBatch
from genprop.emit.names import file_stem, identifier, in_users_words, taken, type_name
from genprop.emit.render import render_native
from genprop.equations.analyse import understand
from genprop.errors import DescriptionError, ToolchainError
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.network import lower

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)
FLAT = st.one_of(NAMES, st.builds("{}->{}".format, NAMES, NAMES))
_LISTED = """
hidden Hidden HIDDEN E L1 l1 l_1 a_b aB AB Ab a__b a_b_ _a_b h1 h_1 to a_to_b TO int q1int Int
record Record hidden_record hidden_numbers network Network batch engine events dense no2 x_no2
qhidden q0 q q_ NULL errno M_PI or and alignas char8_t None lambda match a->b a_to->b a->to_b
a->b.2 a->b_no2 a->b_2 a_q2to_b
"""
ALIKE = _LISTED.split()


@given(st.lists(FLAT, unique=True, min_size=2, max_size=6))
def test_different_names_are_different_identifiers_types_and_files(names: list[str]) -> None:
    for made in (identifier, type_name, lambda name: identifier(name).lower()):
        assert len({made(name) for name in names}) == len(names)


def test_names_that_look_alike_are_different_too() -> None:
    for one, other in itertools.combinations(ALIKE, 2):
        assert identifier(one) != identifier(other)
        assert type_name(one) != type_name(other), (one, other)


@given(FLAT)
def test_identifiers_are_legal_everywhere(name: str) -> None:
    word = identifier(name)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", word)
    assert "__" not in word
    assert not word.endswith("_")
    assert word not in taken()
    assert not keyword.iskeyword(word)
    assert len(word) <= 60


@given(st.text(max_size=2000))
def test_a_title_of_any_text_names_a_file(title: str) -> None:
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", file_stem(title))
    assert len(file_stem(title)) <= 61


def network(names: list[str]) -> gp.Network:
    """A chain through all of them, the last one observed."""
    net = gp.Network("names")
    source = net.population("source", 2, gp.spikes())
    for name in names:
        target = net.population(name, 2, gp.neuron("LIF"))
        weight = gp.learn(gp.constant(1.0))
        net.connect(source, target, gp.synapse("exp"), weight=weight, delay=1.0)
        source = target
    return net


POPULATIONS = [n for n in ALIKE if "->" not in n]


def test_the_code_for_any_populations_compiles(tmp_path: Path) -> None:
    spec = network(POPULATIONS).freeze(gp.CrossEntropy(gp.spike_count(POPULATIONS[-1])), gp.Adam(1))
    clock = TimeGrid.of(1.0, 20.0)
    bundle = render_native(lower(spec, derive(understand(spec), spec), clock=clock), "float")
    bundle.write(tmp_path)
    line = ["c++", "-std=c++17", "-fsyntax-only", "-w", "-I.", bundle.main]
    ended = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[:2000]


def test_results_do_not_depend_on_names() -> None:
    batch = SpikeBatch.from_events(
        [([1.0, 3.0], [0, 1])], channels=2, duration=20.0, labels=np.array([1])
    )
    found: list[float] = []
    for name in ("hidden", "Hidden" * 2_000):
        net = network([name])
        loss = gp.CrossEntropy(gp.integral(name, "v"))
        sim = gp.compile(
            net, loss=loss, optimiser=gp.Adam(1), clock="grid", dt=1, duration=20, batch=1
        )
        found.append(sim.gradients(batch)[0])
        sim.step()
    assert len(set(found)) == 1


FAULTS = {
    "kernels/population.hpp.j2": ("#pragma once", "#pragma once\nint {{ p.id }}_spikes = absent;"),
    "sample.hpp.j2": ("#pragma once", "#pragma once\n{{ populations[0].type }} wrong;"),
}
"""What a user's template may do wrong: in a file of a population, and where its type stands."""


@pytest.mark.parametrize("template", FAULTS)
def test_a_compiler_that_refuses_is_reported_in_the_names_of_the_network(
    template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(["Hidden", "int", "out"])
    old, new = FAULTS[template]
    text = (data_dir("templates") / "native" / template).read_text(encoding="utf-8")
    assert text.count(old) == 1
    place = tmp_path / "native" / template
    place.parent.mkdir(parents=True)
    place.write_text(text.replace(old, new), encoding="utf-8")
    monkeypatch.setenv("GENPROP_TEMPLATES", str(tmp_path))
    with pytest.raises(ToolchainError) as error:
        gp.compile(net, clock="grid", dt=1, duration=20, batch=1)
    output, _, names = str(error.value).partition("generated from these names")
    assert "error:" in output
    assert "qhidden" in output.lower()
    assert "'Hidden'" in names
    assert "'out'" not in names  # which is its own identifier


def test_what_genn_refuses_is_reported_in_the_names_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GeNN's compiler is one that knows no word of the program; PyGeNN is not asked for."""

    def refusing(line: list[str], place: Path) -> subprocess.CompletedProcess[str]:
        text = "".join(p.read_text(encoding="utf-8") for p in place.rglob("*.py"))
        words = sorted(set(re.findall(r"\b\w*q1int\w*|\b\w*qhidden\w*|\bout\w*", text)))
        output = "".join(f"neuronUpdate.cc:1:2: error: '{w}' was not declared\n" for w in words)
        return subprocess.CompletedProcess(line, 1, stdout=output)

    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path))
    monkeypatch.setattr(genn_check, "version", lambda: "5.4.0")
    monkeypatch.setattr(genn_check, "devices", lambda: ("cpu",))
    monkeypatch.setattr(genn_compiled, "run_logged", refusing)
    with pytest.raises(ToolchainError, match="GeNN did not compile") as error:
        sim = gp.compile(
            network(["Hidden", "int", "out"]), dt=1, duration=20, batch=1, backend="genn"
        )
        sim.run(gp.data.SpikeBatch.from_events([([1.0], [0])], channels=1, duration=20))
    output, _, names = str(error.value).partition("generated from these names")
    assert "error: 'qhidden" in output
    assert "'Hidden'" in names
    assert "'int'" in names
    assert "'out'" not in names


def test_words_of_a_compiler_are_no_names() -> None:
    error = ToolchainError("error: expected int before qhidden_spikes, Q1intNumbers; a_to_qb, qab")
    names = ["Hidden", "int", "error", "a->B", "aB", "before"]
    rows = in_users_words(error, names).what.splitlines()[2:]
    assert [row.split() for row in rows] == [
        ["Q1int", "'int'"],
        ["a_to_qb", "'a->B'"],
        ["qhidden", "'Hidden'"],
    ]
    plain = ToolchainError("there is no compiler")
    assert in_users_words(plain, names) is plain


@pytest.mark.parametrize(
    "name", ["größe", "a b", "a-b", "a\nb", "a.b", "1a", "", 'a"b', "a\u202eb"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(DescriptionError, match="is no name"):
        network([name])
