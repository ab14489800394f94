"""The standard headers of generated code, parsed once for all libraries that the tests compile."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from genprop._resources import cache_dir
from genprop.build.toolchain import find_toolchain
from genprop.errors import GenpropError

STANDARD = """
algorithm array atomic cmath condition_variable cstddef cstdint cstdlib cstring exception limits
memory mutex new thread type_traits utility vector
"""


def with_headers(flags: str) -> str:
    """``flags``, and the one by which g++ reads the headers as it parsed them before.

    Parsed headers lie in the user's cache below a key of compiler and flags, and g++ itself looks
    whether they fit; where they do not, or cannot be made, it reads the headers. Other compilers
    are given the flags alone. That generated code includes what it uses is held by
    ``tests/build/test_generated.py``, which compiles without them.
    """
    environment = {**os.environ, "GENPROP_CXXFLAGS": flags}
    try:
        chain = find_toolchain(environment)
    except GenpropError:
        return flags  # the tests that compile will say so
    if "Free Software Foundation" not in chain.version:
        return flags
    key = hashlib.sha256(f"{chain.identity()}{STANDARD}".encode()).hexdigest()
    header = cache_dir() / "headers" / key[:32] / "standard.hpp"
    with contextlib.suppress(OSError):
        if not header.with_suffix(".hpp.gch").exists():
            _parse(header, [*chain.command, *chain.flags])
        return f"{flags} -include {shlex.quote(str(header))}"
    return flags


def _parse(header: Path, compiler: list[str]) -> None:
    """Move header and parsed header to their place in one step, unless another process did."""
    header.parent.parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=".", dir=header.parent.parent))
    text = "".join(f"#include <{name}>\n" for name in STANDARD.split())
    (place / header.name).write_text(text, encoding="ascii")
    line = [*compiler, "-x", "c++-header", header.name, "-o", f"{header.name}.gch"]
    subprocess.run(line, cwd=place, capture_output=True, check=False)
    with contextlib.suppress(OSError):
        place.replace(header.parent)
    shutil.rmtree(place, ignore_errors=True)
