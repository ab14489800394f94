"""What may die does so in a process of its own, and its caller learns of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from genprop import _isolated
from genprop._isolated import EndedError, close, isolated
from genprop.errors import CheckpointError


def echoed(text: str) -> bytes:
    return text.encode()


def number() -> bytes:
    return str(os.getpid()).encode()


def dies(how: int) -> bytes:
    os.kill(os.getpid(), how)
    return b""


def takes(seconds: int) -> bytes:
    while True:
        seconds += 1


def fills(count: int) -> bytes:
    return bytes(count)


def prints(text: str) -> bytes:
    print(text, flush=True)
    os.write(1, text.encode())
    return b"quiet"


def refuses(kind: str) -> bytes:
    if kind == "ours":
        raise CheckpointError("it is none", where="here", remedy="take another")
    raise {"value": ValueError, "full": OSError, "other": StopAsyncIteration}[kind]("words")


@pytest.fixture(autouse=True)
def own_process() -> Iterator[None]:
    close()
    yield
    close()


def ask(function: str, *arguments: str | int, size: int = 0) -> bytes:
    return isolated(__name__, function, *arguments, size=size)


@pytest.mark.parametrize("text", ["", "x", "\n{}\n", "é" * 100_000])
def test_what_a_function_gives_comes_back(text: str) -> None:
    assert ask("echoed", text) == text.encode()


def test_one_process_serves_all_calls_until_it_dies() -> None:
    first, second = ask("number"), ask("number")
    assert first == second != str(os.getpid()).encode()
    with pytest.raises(EndedError, match="SIGSEGV"):
        ask("dies", 11)
    assert ask("number") != first


def test_time_and_memory_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_isolated, "SECONDS", 0.5)
    with pytest.raises(EndedError, match="longer than"):
        ask("takes", 0)
    monkeypatch.setattr(_isolated, "BYTES", 100_000_000)
    with pytest.raises(MemoryError):
        ask("fills", 200_000_000)
    assert len(ask("fills", 200_000_000, size=100_000_000)) == 200_000_000


def test_what_it_prints_is_no_reply() -> None:
    assert ask("prints", '{"size": 3}\n') == b"quiet"


def test_what_it_raises_is_raised() -> None:
    with pytest.raises(CheckpointError) as told:
        ask("refuses", "ours")
    assert (told.value.what, told.value.where, told.value.remedy) == (
        "it is none",
        "here",
        "take another",
    )
    with pytest.raises(ValueError, match=r"^words$"):
        ask("refuses", "value")
    with pytest.raises(OSError, match=r"^words$"):
        ask("refuses", "full")
    with pytest.raises(ValueError, match="StopAsyncIteration: words"):
        ask("refuses", "other")


def test_an_interrupted_call_leaves_nothing_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> object:
        raise KeyboardInterrupt

    assert ask("echoed", "a") == b"a"
    with monkeypatch.context() as patch:
        patch.setattr(_isolated.json, "loads", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ask("echoed", "b")
    assert ask("echoed", "c") == b"c"


def test_a_forked_process_has_one_of_its_own() -> None:
    before = ask("number")
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, ask("number"))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100) not in (b"", before)
    assert ask("number") == before


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), 9)"])
def test_it_ends_with_its_parent(end: str, tmp_path: Path) -> None:
    code = f"""
import os
from genprop._isolated import isolated
os.write(1, isolated("tests.test_isolated", "number", size=0))
{end}
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, check=False
    )
    place = Path("/proc", done.stdout.decode())
    if not Path("/proc/self").exists():
        pytest.skip("there is no /proc")
    for _ in range(500):
        if not place.exists():
            return
        subprocess.run(["sleep", "0.02"], check=True)
    raise AssertionError(f"process {done.stdout.decode()} outlived its parent")


def test_it_leaves_no_bytecode_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk that would be cut off, and what imports it next would die of it."""
    module = tmp_path / "lent.py"
    module.write_text("def give():\n    return b'given'\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        monkeypatch.delenv(name, raising=False)
    assert isolated("lent", "give", size=0) == b"given"
    assert [*tmp_path.iterdir()] == [module]
