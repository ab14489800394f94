"""A network as a layer of PyTorch."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from genprop._checks import refuse_unlike
from genprop.describe.objective import MeanSquare
from genprop.describe.update import SGD
from genprop.errors import ConfigurationError
from genprop.runtime.compile import compile

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.describe.network import Network
    from genprop.describe.spec import ReadoutSpec
    from genprop.interchange.torch_module import NetworkLayer
    from genprop.units import Quantity

__all__ = ["torch_layer"]


def torch_layer(
    net: Network,
    readout: ReadoutSpec,
    *,
    dt: Quantity | float,
    duration: Quantity | float,
    batch: int = 32,
    backend: str | Target = "native",
    seed: int = 0,
    clock: str | None = None,
) -> NetworkLayer:
    """A network as a ``torch.nn.Module``: spikes in, what a readout sees out, exact gradients back.

    Its learned parameters are the module's, so that optimisers and schedules of torch move them,
    within their bounds. ``layer(batch)`` takes a :class:`~genprop.data.SpikeBatch` and gives y,
    (batch, n), which may go on into any torch model; ∂L/∂y comes back from there.

    Args:
        net: the description.
        readout: what the rest of the model sees: ``gp.maximum(out, "v")``, ``gp.integral(…)``,
            ``gp.final(…)`` and others with one value per neuron.
        dt: as for :func:`~genprop.compile`, and so the rest.
        duration: length of a trial.
        batch: samples per batch, at most.
        backend: a name or an object with options.
        seed: initial parameters are drawn from it.
        clock: ``"exact"`` or ``"grid"``.

    Raises:
        ConfigurationError: where torch is not installed.
        GenpropError: everything that is wrong with the description, or beyond the backend.
    """
    if find_spec("torch") is None:
        raise ConfigurationError(
            "torch, of which the layer is a part, is not installed",
            remedy="pip install 'genprop[torch]'",
        )
    from genprop.interchange.torch_module import NetworkLayer

    refuse_unlike(
        readout, "kind population", "torch_layer(net, readout, …)", 'gp.maximum(out, "v")'
    )
    sim = compile(
        net,
        loss=MeanSquare(readout),
        optimiser=SGD(),
        dt=dt,
        duration=duration,
        batch=batch,
        backend=backend,
        seed=seed,
        clock=clock,
    )
    return NetworkLayer(sim)
