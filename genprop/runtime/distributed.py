"""A simulator whose batches several processes run together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from genprop._ranks import Ranks, world
from genprop.backends.distributed import DistributedEngine, ranks_of
from genprop.backends.parts import Divisible
from genprop.errors import ConfigurationError, UnsupportedError
from genprop.runtime.remembered import code_digest
from genprop.runtime.simulator import Simulator

__all__ = ["digest_of", "distributed", "refuse_drift"]


def distributed(sim: Simulator, ranks: Ranks | None = None) -> Simulator:
    """Divide every batch of ``sim`` among the processes that ``mpirun -n N`` started.

    Each rank runs its samples, and all have the same gradient: the bits are those of one process,
    for any number of ranks and threads. All ranks make the same calls in the same order. ``fit``
    gives each rank its part of the data, one rank writes::

        sim = gp.distributed(gp.compile(net, …))      # mpirun -n 4 python train.py
        gp.fit(sim, train, valid, epochs=20, run="runs/mine")

    Args:
        sim: the network; it is changed, and returned.
        ranks: which ones; by default all that were started together.

    Raises:
        UnsupportedError: where ranks were started and there is no MPI, or for a backend whose
            batches cannot be divided.
        ConfigurationError: for more ranks than a batch has samples or groups, and where ranks do
            not run the same code, network and parameters.
    """
    found = world() if ranks is None else ranks
    engine = sim.engine
    if isinstance(engine, DistributedEngine):
        return sim
    if sim.spec.graded:
        raise UnsupportedError(
            "gp.distributed divides batches of spikes alone, and the neurons of this network send "
            "values",
            where="gp.distributed(sim)",
            remedy="train it in one process: its threads divide the samples of a batch",
        )
    if not isinstance(engine, Divisible):
        raise UnsupportedError(
            f"the backend {sim.target.name!r} cannot divide a batch",
            where="gp.distributed(sim)",
            remedy="compile(…, backend='native')",
        )
    most = min(sim.batch, engine.groups)
    if found.size > most:
        raise ConfigurationError(
            f"{found.size} ranks cannot divide batches of {sim.batch} samples, which are dealt "
            f"into {engine.groups} groups: {most} at most have something to do",
            where="gp.distributed(sim)",
            remedy=f"start {most} ranks, or take larger batches: compile(…, batch=…)"
            if sim.batch < engine.groups
            else f"start {most} ranks",
        )
    found.refuse_differences(_facts(sim, engine), "give all ranks the same code, files and seed")
    sim.engine = DistributedEngine(engine, found)
    return sim


def refuse_drift(sim: object) -> None:
    """Refuse to go on where ranks no longer have the same parameters and optimiser states.

    Raises:
        ConfigurationError: naming the ranks.
    """
    if isinstance(sim, Simulator) and (ranks := ranks_of(sim.engine)).size > 1:
        ranks.refuse_differences(
            {"the state": digest_of(sim.state())},
            "callbacks must do the same on all ranks; the last checkpoint is that of rank 0",
        )


def digest_of(arrays: Mapping[str, np.ndarray]) -> str:
    """sha256 of named arrays, as hex."""
    hasher = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        hasher.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        hasher.update(array.tobytes())
    return hasher.hexdigest()


def _facts(sim: Simulator, engine: Divisible) -> dict[str, str]:
    """What must be the same on all ranks, by its name."""
    bundle = sim.bundle.files if sim.bundle is not None else ()
    artifact = getattr(engine, "artifact", None)
    facts = {
        "the code of genprop": code_digest(),
        "the version of numpy": np.__version__,
        "the network": sim.spec.digest(),
        "the generated code": hashlib.sha256(repr(bundle).encode()).hexdigest(),
        "the compiler, its flags or the processor": ""
        if artifact is None
        else artifact.log.parent.name,
        "the batch size": f"{sim.batch} {sim.events} {engine.dtype}",
        "the optimiser": repr(sim.settings),
    }
    return facts | {"the state": digest_of(sim.state())}
