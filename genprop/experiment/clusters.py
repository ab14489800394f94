"""Pools of dask: a local cluster, the batch systems that dask-jobqueue knows, a running scheduler.

Workers have one thread, so that one which dies loses its training alone; that is begun again by
another, up to three times, and goes on from its last checkpoint.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import threading
from collections.abc import Generator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from genprop.errors import ConfigurationError, UnsupportedError, did_you_mean
from genprop.experiment.pools import Pool, end_tasks, run_task
from genprop.experiment.processes import ended
from genprop.experiment.workers import Workers

__all__ = ["batch_cluster", "dask_pool"]

_BATCH = {
    "htcondor": "HTCondorCluster",
    "lsf": "LSFCluster",
    "moab": "MoabCluster",
    "oar": "OARCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
    "slurm": "SLURMCluster",
}
_ADDRESSES = ("tcp", "tls", "ucx", "ws", "wss")
_PATIENCE = 30.0
"""[s] that a scheduler has to reply, unless [cluster] says ``timeout``."""
_FOR_A_WORKER = 4
"""So many times that long there may be none of its workers."""
_GRACE = 5.0
"""[s] beyond that, for a client to give up by itself."""
_AGAIN = 3
_SETTINGS = {
    "distributed.scheduler.allowed-failures": _AGAIN,
    "distributed.scheduler.worker-saturation": 1.0,
}


@contextlib.contextmanager
def dask_pool(on: str, options: Mapping[str, object], jobs: int | None) -> Generator[Pool]:
    """See :func:`genprop.experiment.places.opened`.

    Raises:
        ConfigurationError: for a place that is none, and a scheduler that does not reply.
        UnsupportedError: without dask.
    """
    dask, distributed = _module("dask"), _module("distributed")
    settings = dict(options)
    patience = float(str(settings.pop("timeout", _PATIENCE)))
    with contextlib.ExitStack() as held:
        held.enter_context(dask.config.set(_SETTINGS))
        target, slots = _target(on, settings, jobs, held)
        client = held.enter_context(_connected(distributed.Client, target, patience, on))
        executor = client.get_executor(pure=False)

        def end() -> None:
            with contextlib.suppress(Exception):  # what is gone has nothing to end
                client.run(end_tasks)

        def restart() -> None:
            target.scale(n=0)
            target.scale(n=slots)

        workers = Workers(
            lambda: len(client.nthreads()),
            None if isinstance(target, str) else restart,
            _FOR_A_WORKER * patience,
            queued=urlsplit(on).scheme in _BATCH,
            on=on,
        )
        with ended(end), workers:
            yield Pool(
                lambda task: workers.future(executor.submit(run_task, task)),
                slots or _threads(client),
            )


def _connected(kind: Any, target: Any, patience: float, on: str) -> Any:
    """A client of ``target``; its own time-out does not hold where one listens and says nothing.

    Raises:
        ConfigurationError: where none could be had in time.
    """
    found: list[Any] = []
    faults: list[BaseException] = []

    def connect() -> None:
        try:
            found.append(kind(target, timeout=patience))
        except (OSError, TimeoutError) as fault:
            faults.append(fault)

    attempt = threading.Thread(target=connect, daemon=True)
    attempt.start()
    attempt.join(patience + _GRACE)
    if not found:
        reason = f" ({faults[0]!s:.80})" if faults else ""
        raise ConfigurationError(
            f"the scheduler does not reply within {patience:g} s{reason}",
            where=on,
            remedy="check that it runs and that this computer reaches it; timeout = 120 below "
            "[cluster] waits longer",
        )
    return found[0]


def batch_cluster(on: str, options: Mapping[str, object]) -> Any:
    """The cluster of a batch system; nothing is submitted before it is scaled.

    Args:
        on: such as ``"slurm://partition?cores=16&time=2h"``; what follows ``?`` are options, too.
        options: of dask-jobqueue's class, such as ``account`` or ``job_extra_directives``.

    Raises:
        ConfigurationError: for options that it does not take.
    """
    system = urlsplit(on).scheme
    given = dict(options) | dict(parse_qsl(urlsplit(on).query, keep_blank_values=True))
    if (queue := urlsplit(on).netloc) and system not in ("htcondor", "oar"):
        given["queue"] = queue
    if "time" in given:
        given["walltime"] = _clock_time(str(given.pop("time")), on)
    cores = int(str(given.get("cores", 1)))
    given |= {"cores": cores, "processes": int(str(given.get("processes", cores)))}
    given.setdefault("memory", f"{2 * cores}GB")
    kind = getattr(_module("dask_jobqueue"), _BATCH[system])
    try:
        return kind(**given)
    except (TypeError, ValueError) as fault:
        raise ConfigurationError(
            f"{kind.__name__} of dask-jobqueue does not take these options: {fault}",
            where=on,
            remedy="give those of its documentation, after ? or below [cluster]",
        ) from None


def _target(
    on: str, options: Mapping[str, object], jobs: int | None, held: contextlib.ExitStack
) -> tuple[Any, int]:
    """What a client connects to, and how many workers it has; 0 where others have begun them."""
    kind = urlsplit(on).scheme
    if on == "dask":
        distributed = _module("distributed")
        cluster = held.enter_context(
            distributed.LocalCluster(
                n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=None,
                memory_limit=None, **dict(options),
            )
        )  # fmt: skip
        return cluster, len(cluster.workers)
    if kind in _BATCH:
        cluster = held.enter_context(batch_cluster(on, options))
        count = jobs or int(cluster.new_spec["options"].get("processes") or 1)
        cluster.scale(n=count)
        return cluster, count
    if kind not in _ADDRESSES:
        known = ["here", "dask", *(f"{name}://" for name in (*_BATCH, *_ADDRESSES))]
        raise ConfigurationError(
            f"nothing is called {on!r} where trainings could run",
            where="--on",
            remedy=did_you_mean(on, known),
        )
    return on, jobs or 0


def _threads(client: Any) -> int:
    """How many trainings the workers of a running scheduler take at a time."""
    return max(1, sum(client.nthreads().values()))


def _clock_time(text: str, where: str) -> str:
    """``2h``, ``90m`` or ``1d`` as 02:00:00; what has colons stays."""
    found = re.fullmatch(r"(\d+)([dhm])", text)
    if found is None and ":" not in text:
        raise ConfigurationError(
            f"{text!r} is no time", where=where, remedy="write 2h, 90m, 1d or 02:00:00"
        )
    if found is None:
        return text
    minutes = int(found[1]) * {"d": 1440, "h": 60, "m": 1}[found[2]]
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UnsupportedError(
            f"this needs {name.replace('_', '-')}, which is not installed",
            where="--on",
            remedy="pip install 'genprop[cluster]'",
        ) from None
