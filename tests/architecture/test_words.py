"""The words of the field are used, and not those that genprop once had of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import genprop

ROOT = Path(genprop.__file__).parents[1]
PLACES = (
    "genprop",
    "templates",
    "models",
    "experiments",
    "docs",
    "README.md",
    "CONTRIBUTING.md",
)
SUFFIXES = (".py", ".j2", ".toml", ".md")

WORDS: Mapping[str, str] = {
    r"\b[Ww]orth\b": "accuracy, agreement, ∂L/∂t_arrival or ∂L/∂t_spike",
    r"\b[Ww]hole[ _](number|step|delay|weight|time)s?\b": "integer",
    r"\b\w*by_(weight|time|delay)\b": "dL_dw, dL_dt, dL_dd",
    r"\basking\b|\b[Jj]udge\w*": "adjoint_event, evaluate",
    r"\b[Cc]lamp(s|ed)?\b(?!\()": "refractory, held",
    r"\bof paper\b": "stub",
    r"\bthere and back\b": "host–device transfer",
    r"\b\w*[Ss]heets?\b|\bSheet\w+|\bLines\b": "delay buffer, aligned array",
    r"\bshares?\b": "batch weight, chunk, fraction",
    r"\bSLOWEST\b": "MIN_CROSSING_RATE",
    r"\w*[Mm]isfit\w*": "incompatibilities",
    r"\b\w*[Cc]ompanion\w*": "auxiliary arrays",
    r"\bStandsAlone\b|\bKnowsMemory\b": "Standalone, MemoryEstimator",
    r"\b_?[Pp]orts?\b|\bPort[A-Z]\w*|\b\w+_ports?\b|\bports?_\w+": "receptor",
    r"\bGrid\b": "Clock, TimeGrid, QuantisationGrid",
    r"\b_?ahead\b": "prefetch",
    r"\b_?[Ww]atch(ed|er|es|ing)?\b": "record, recorder, on_rounded",
    r"\b[Bb]ump\w*": "revive silent neurons",
    r"\bPlain\b|\b\w*_plain\b|\bplain_\w+|\bplain\(": "serialise",
    r"\bdownstream\b": "explanation, later",
    r"\b[Ww]ires?\b|\bwires_\w+": "connectivity",
    r"\bimport fits\b|\.fits\b": "incompatibilities",
    r"\b\w*[Pp]ortra(it|y)\w*": "run data, network diagram",
    r"\bKept\b|\b\w*\.kept\b|\b_kept\b|\bkept\s*[:=,)\[]": "code snapshot, recorded, stored",
    r"\bEaseIn\b|\bease_in\b": "warm-up",
    r"\bTwoAverages\b|\btwo_averages\b": "dual-EMA plateau",
    r"good too": "sharpness-aware minimisation",
    r"\bmakes? (each other |one another )?good\b|\bmade good\b": "compensating rounding (GPTQ)",
    r"\b_?[Aa]nswer(s|ed|ing)?\b": "prediction, return value",
    r"\b[Tt]old\b|\b[Ss]aid\b": "reported, output",
    r"\b[Ff]org[eo]ts?\b|\bforgotten\b": "clear",
    r"\b_?[Aa]sked\b|\bepochs_asked\b": "requested",
    r"\b_?farewell\b": "interruption message",
    r"\b[Ww]hom to cite\b": "citation",
    r"\bever needed\b": "safe to delete",
    r"\b[Hh]ow good\b": "evaluate",
    r"\b\w*[Aa]dopt\w*": "import",
}
"""Words of before as patterns, and what the field says instead."""

OTHERWISE: Mapping[str, tuple[str, ...]] = {
    "templates/loihi/graded.py.j2": ("ports?",),  # of Lava
    "genprop/cli/main.py": ("adopt",),
    "genprop/data/augment.py": ("share",),
    "genprop/experiment/config.py": ("kept",),
    "genprop/experiment/deploy.py": ("watched",),
    "genprop/experiment/renamed.py": ("bump", "ease_in", "two_averages"),
    "genprop/experiment/training.py": ("epochs_asked",),
    "genprop/interchange/mlgenn.py": ("kept",),
    "genprop/report/figures/__init__.py": ("Portrait", "portray"),
    "genprop/runtime/aware.py": ("watch",),
    "genprop/runtime/simulator.py": ("watch",),
    "genprop/testing/contract.py": ("forget",),
    "genprop/train/__init__.py": ("Bump", "EaseIn", "TwoAverages"),
    "genprop/train/checkpoint.py": ("Bump", "EaseIn", "TwoAverages"),
    # a folder of the system
    "genprop/backends/loihi/files/lava_python.py": ("share",),
}
"""Words of before that stand in a file: names that are still understood, or another meaning."""


def found(root: Path) -> Iterator[tuple[str, int, str]]:
    """File, line and word, wherever a word of before stands."""
    words = re.compile("|".join(f"(?:{pattern})" for pattern in WORDS))
    for place in PLACES:
        top = root / place
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if {"_build", "made", "written"} & {*path.relative_to(root).parts}:  # by Sphinx
                continue
            if path.suffix not in SUFFIXES or not path.is_file():
                continue
            name = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                for match in words.finditer(line):
                    yield name, number, match.group(0)


@cache
def here() -> tuple[tuple[str, int, str], ...]:
    """What stands in this repository, which takes seconds to read."""
    return tuple(found(ROOT))


def allowed(name: str, word: str) -> bool:
    return any(re.search(rf"\b{known}\b", word) for known in OTHERWISE.get(name, ()))


def test_no_word_of_before_is_left() -> None:
    left = [f"{name}:{number}: {word}" for name, number, word in here() if not allowed(name, word)]
    assert left == []


def test_every_exception_is_needed() -> None:
    there = {(name, word) for name, _, word in here()}
    for name, words in OTHERWISE.items():
        for word in words:
            assert any(n == name and re.search(rf"\b{word}\b", w) for n, w in there), (name, word)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("by_time[n] += 1", "by_time"),
        ("Sheet<Real> arrivals", "Sheet"),
        ("const Real share = 1 / batch;", "share"),
        ("for port in p.ports:", "port"),
        ("class PortProgram:", "PortProgram"),
        ("self._watched(call)", "_watched"),
        ("what an arrival is worth", "worth"),
        ("the weights make each other good", "make each other good"),
        ("refuse_if(misfits(network))", "misfits"),
        ("a clamp's end", "clamp"),
        ("kept = outcome.recorded", "kept ="),
        ("the answers of both", "answers"),
    ],
)
def test_a_word_of_before_is_found(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "README.md").write_text(text)
    assert word in [w for _, _, w in found(tmp_path)]


@pytest.mark.parametrize(
    "text",
    [
        "a shared library, kept in the cache",
        "support, important, report, import, exports",
        "max-width: clamp(1rem, 2vw, 3rem)",
        "grid, TimeGrid, QuantisationGrid",
        "lines of a file; plain text; explained",
        "portable code that benefits",
    ],
)
def test_english_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text)
    assert list(found(tmp_path)) == []
