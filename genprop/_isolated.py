"""Work on files of strangers in a process of its own, which may die: HDF5 does, on some of them.

One process serves all calls of its parent, one after another, and is begun anew after its death.
Calls and replies go through its pipes as lines of JSON, a reply's bytes behind it, so that
nothing of a stranger's is unpickled. It dies with its parent, whose end closes the pipe.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import importlib
import json
import math
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from genprop import errors

__all__ = ["EndedError", "close", "isolated"]

BYTES, SECONDS = 4 << 30, 60.0
"""What every call may use, of memory and processor time; and twice the file's size beside it, and
a second for each of so many bytes of it:"""
BYTES_A_SECOND = 500_000

_BEGIN = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from genprop._isolated import serve
serve()
"""


class EndedError(Exception):
    """The process died over a call, or was ended because it took too long."""


def isolated(module: str, function: str, *arguments: str | int, size: int) -> bytes:
    """What a function of a module returns, called in the other process.

    Args:
        module: of genprop.
        function: its name there; it returns bytes.
        arguments: as JSON holds them.
        size: of the file [bytes], which bounds memory and time.

    Raises:
        EndedError: where the process died.
        Exception: what the function raised, if it is genprop's or Python's own.
    """
    call = {
        "module": module,
        "function": function,
        "arguments": arguments,
        "bytes": 2 * size + BYTES,
        "seconds": math.ceil(size / BYTES_A_SECOND + SECONDS),
    }
    with _LOCK:
        header, content = _server().reply(json.dumps(call))
    if header.get("raised"):
        raise _raised(header)
    return content


class _Server:
    """The other process, and both ends of its pipes."""

    def __init__(self) -> None:
        # -B: bytecode that a full disk cuts off would end whatever imports it next.
        line = [sys.executable or "python3", "-B", "-c", _BEGIN, json.dumps(sys.path)]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        try:
            self._process = subprocess.Popen(
                line,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            raise EndedError(f"no process could be begun to read it: {error}") from error
        self.parent = os.getpid()

    @property
    def serves(self) -> bool:
        """Whether it lives, and is this process's own."""
        return self.parent == os.getpid() and self._process.poll() is None

    def reply(self, call: str) -> tuple[Mapping[str, Any], bytes]:
        """One call: what it is about, and the bytes that it gave."""
        given, taken = cast("IO[bytes]", self._process.stdin), self._process.stdout
        assert taken is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                given.write(call.encode() + b"\n")
                given.flush()
            line = taken.readline()
            header: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
            content = taken.read(header.get("size", 0))
        except BaseException:  # an interrupt: what is left in the pipe is of this call
            self.end()
            raise
        if not header or len(content) < header["size"]:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self.end()
            raise EndedError(_death(self._process.returncode))
        return header, content

    def end(self) -> None:
        """End the process, where it is this one's, and close the pipes."""
        if self.parent == os.getpid():
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                cast("IO[bytes]", stream).close()


_LOCK = threading.Lock()
_servers: list[_Server] = []


def _server() -> _Server:
    if not _servers or not _servers[0].serves:
        _servers[:] = [_Server()]
    return _servers[0]


def close() -> None:
    """End the process; the next call begins another."""
    with _LOCK:
        while _servers:
            _servers.pop().end()


atexit.register(close)


def _death(status: int) -> str:
    if status == -signal.SIGXCPU:
        return "reading it took longer than a sound file of its size does"
    name = signal.Signals(-status).name if status < 0 else f"status {status}"
    return f"the process that read it died of it: {name}"


def _raised(header: Mapping[str, Any]) -> Exception:
    """The exception that a reply tells of."""
    name, words = str(header["raised"]), str(header["what"])
    kind: object = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, errors.GenpropError):
        return kind(words, where=str(header["where"]), remedy=str(header["remedy"]))
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, (OSError, ArithmeticError, LookupError)):
        return kind(words)
    if kind in (AttributeError, MemoryError, RuntimeError, RecursionError, TypeError, ValueError):
        return cast("type[Exception]", kind)(words)
    return ValueError(f"{name}: {words}")


def serve() -> None:
    """Reply to calls until the pipe is closed; the other process runs this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the parent's
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no reply
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin.buffer:
        header, content = _called(json.loads(line))
        out.write(json.dumps({**header, "size": len(content)}).encode() + b"\n")
        out.write(content)
        out.flush()


def _called(call: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
    arguments: Sequence[str | int] = call["arguments"]
    try:
        function = getattr(importlib.import_module(call["module"]), call["function"])
        _bound(call["bytes"], call["seconds"])
        return {}, function(*arguments)
    except errors.GenpropError as error:
        name = type(error).__name__
        parts = {"raised": name, "what": error.what, "where": error.where, "remedy": error.remedy}
        return parts, b""
    except Exception as error:
        return {"raised": type(error).__name__, "what": str(error).strip("'\"")}, b""


def _bound(room: int, seconds: int) -> None:
    """Refuse this process more, where the system can."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime) + seconds
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = pages * resource.getpagesize() + room
        resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))
