"""A space is read as a second, plain reader reads it, and what is none is refused."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from genprop.errors import ConfigurationError
from genprop.experiment.config import read_config
from genprop.experiment.search_settings import search_of
from genprop.experiment.spaces import Space, space_of
from tests.experiment.test_config import write

HEAD = 'network = "network.py"\n[fit]\nepochs = 2\n[search]\n'


def plainly(text: str) -> Space | None:
    """The oracle: words from the left, then all ways to cut the rest at two dots."""
    words = text.split()
    kinds: list[str] = []
    while words and words[0] in ("log", "int"):
        kinds.append(words.pop(0))
    rest = " ".join(words)
    cuts = [k for k in range(len(rest)) if rest[k : k + 2] == ".."]
    pairs = [(number(rest[:k]), number(rest[k + 2 :])) for k in cuts]
    found = [(a, b) for a, b in pairs if a is not None and b is not None]
    if len(found) != 1 or len(cuts) != 1 or len(kinds) != len(set(kinds)):
        return None
    low, high = found[0]
    if "int" in kinds and not all(part.strip().lstrip("+-").isdigit() for part in rest.split("..")):
        return None
    if not (low < high < math.inf) or low == -math.inf or ("log" in kinds and low <= 0):
        return None
    return Space(low, high, "log" in kinds, "int" in kinds)


def number(text: str) -> float | None:
    text = text.strip()
    try:
        return float(text) if set(text) <= set("0123456789+-.eE") else None
    except ValueError:
        return None


def read(text: object) -> Space | None:
    try:
        return space_of(text, "here")
    except ConfigurationError:
        return None


def test_a_space_is_what_a_plain_reader_finds() -> None:
    rng = random.Random(0)
    parts = ["log ", "int ", " ", "..", ".", "1", "2", "0", "-", "+", "e", "1e-3", "0.5", "30", "x"]
    taken = 0
    for _ in range(60_000):
        sides = ["".join(rng.choices(parts, k=rng.randint(1, 3))) for _ in range(2)]
        text = "..".join(sides)
        assert read(text) == plainly(text), text
        taken += read(text) is not None
    assert taken > 500, "the texts are mostly none"


@pytest.mark.parametrize(
    ("given", "space"),
    [
        ("log 1e-4..1e-2", Space(1e-4, 1e-2, log=True)),
        ("0.1..1", Space(0.1, 1.0)),
        ("-1 .. .5", Space(-1.0, 0.5)),
        ("int 8..256", Space(8, 256, whole=True)),
        ("log int 8..256", Space(8, 256, log=True, whole=True)),
        ("int log 8..256", Space(8, 256, log=True, whole=True)),
        (["a", "b"], Space(choices=("a", "b"))),
        ([1, 2.5, True], Space(choices=(1, 2.5, True))),
    ],
)
def test_a_space_comes_back_from_its_own_text(given: object, space: Space) -> None:
    assert space_of(given, "here") == space
    if not space.choices:
        assert space_of(str(space), "here") == space


@pytest.mark.parametrize(
    "given",
    ["", "1", "1..", "2..1", "1..1", "log 0..1", "log -1..1", "int 1.5..3", "int 1e2..1e3",
     "lin 1..2", "1...5", "log log 1..2", "nan..1", "1..inf", "1..1e999", "१..९", [], ["a"],
     ["a", "a"], [1, [2]], 3, True, {"a": 1}],
)  # fmt: skip
def test_what_is_no_space_is_refused_with_its_place(given: object) -> None:
    with pytest.raises(ConfigurationError) as told:
        space_of(given, "train.toml, line 5")
    assert "train.toml, line 5" in str(told.value) and "→" in str(told.value)


def test_settings_may_stand_in_quotes_or_in_tables(tmp_path: Path) -> None:
    quoted = search_of(read_config(write(tmp_path, HEAD + '"options.rate" = "0.1..1"\n')))
    nested = search_of(read_config(write(tmp_path, HEAD + 'options.rate = "0.1..1"\n')))
    given = search_of(
        read_config(write(tmp_path, HEAD), ['search."options.rate"=0.1..1', "search.trials=7"])
    )
    assert quoted.spaces == nested.spaces == given.spaces == {"options.rate": Space(0.1, 1.0)}
    assert (quoted.trials, given.trials, quoted.metric) == (60, 7, "valid.loss")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('metric = "test.loss"', "cannot choose by 'test.loss', only by the validation"),
        ('metric = "test.accuracy"', "cannot choose by 'test.accuracy'"),
        ('metric = "train.loss"', "cannot choose by 'train.loss'"),
        ("trials = 0", "there cannot be 0 trials"),
        ("trials = true", "trials cannot be True"),
        ('prune = "yes"', "prune cannot be 'yes'"),
        ('seed = "int 0..7"', "'seed' is nothing that a search may choose"),
        ('"fit.epochs" = "int 1..7"', "'fit.epochs' is nothing that a search may choose"),
        ('metrik = "0..1"', "did you mean 'metric'"),
        ('"options.rate" = "1..0"', "the space is empty"),
        ("", "there is nothing to search"),
    ],
)
def test_a_search_that_cannot_be_is_refused(text: str, words: str, tmp_path: Path) -> None:
    space = '"options.samples" = "int 8..9"\n' if text else ""
    with pytest.raises(ConfigurationError) as told:
        search_of(read_config(write(tmp_path, HEAD + space + text + "\n")))
    assert words in str(told.value)
    assert "train.toml" in str(told.value)
