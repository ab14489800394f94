"""What is generated for every network of the zoo, under AddressSanitizer, UBSan and TSan."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.backends.sanitised import RUNTIMES, environment, lacking, run_sanitised, runs

PLANTED = {
    "address": (
        "int f(int n) { int* a = new int[4]; int x = a[n]; delete[] a; return x; }",
        "heap-",
    ),
    "undefined": ("int f(int n) { return (1 << 30) * n; }", "signed integer overflow"),
    "thread": (
        "#include <thread>\nint f(int n) { int x = n; std::thread t([&] { ++x; }); ++x; t.join(); "
        "return x; }",
        "data race",
    ),
}
"""A mistake of each kind, and what the sanitiser calls it."""
RUN = """
import ctypes, sys
from genprop.build.compile import build
from genprop.emit.bundle import SourceBundle
text = 'extern "C" int f(int n);\\n' + sys.argv[1]
made = build(SourceBundle("planted", (("planted.cpp", text),), "planted.cpp"))
if len(sys.argv) == 2:
    sys.exit(ctypes.CDLL(str(made.path)).f(4) * 0)
"""


def skip_where_there_is_none(sanitiser: str) -> None:
    if why := lacking(sanitiser):
        pytest.skip(f"no sanitiser: {why}")


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("sanitiser", RUNTIMES)
@pytest.mark.parametrize("name", runs())
def test_nothing_is_found_in_two_batches(name: str, sanitiser: str) -> None:
    skip_where_there_is_none(sanitiser)
    code = ["-m", "tests.backends.sanitised", name]
    built = subprocess.run(
        [sys.executable, *code],
        env=environment(sanitiser),
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr[-3000:]
    done = run_sanitised(sanitiser, code)
    assert (done.returncode, done.stdout.split()) == (0, [name]), done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_found(mistake: str) -> None:
    sanitiser = mistake if mistake in RUNTIMES else "address"
    skip_where_there_is_none(sanitiser)
    text, words = PLANTED[mistake]
    built = subprocess.run(
        [sys.executable, "-c", RUN, text, "build"], env=environment(sanitiser), check=False
    )
    assert built.returncode == 0
    done = run_sanitised(sanitiser, ["-c", RUN, text])
    assert done.returncode != 0
    assert words in done.stderr
