"""The module and the function of autograd behind :func:`~genprop.torch_layer`; needs torch."""
# torch is in an extra of its own, and without types where it is not installed
# pyright: basic, reportMissingImports=false

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch
    from genprop.runtime.simulator import Simulator

__all__ = ["NetworkLayer"]


class NetworkLayer(torch.nn.Module):
    """A compiled network whose learned parameters are the module's.

    Attributes:
        names: of the learned parameters, as the simulator calls them.
    """

    def __init__(self, sim: Simulator) -> None:
        super().__init__()
        self._sim = sim
        self.names = [p.name for p in sim.spec.leaf_parameters() if p.learned]
        self._specs = {p.name: p for p in sim.spec.leaf_parameters()}
        for name in self.names:
            value = torch.from_numpy(np.array(sim.parameters[name]))
            self.register_parameter(_attribute(name), torch.nn.Parameter(value))

    @property
    def simulator(self) -> Simulator:
        """The network with the module's present parameters, to evaluate, save or retarget."""
        self._keep_bounds()
        for name, value in self._values().items():
            self._sim.parameters[name] = value.detach().cpu().numpy()
        return self._sim

    def forward(self, batch: SpikeBatch) -> torch.Tensor:
        """What the readout sees of every sample, (batch, n).

        Raises:
            GenpropError: for a batch that does not fit, and states that leave the finite numbers.
        """
        self._keep_bounds()
        return _Run.apply(self._sim, batch, self.names, *self._values().values())

    def extra_repr(self) -> str:
        """The network in words."""
        return repr(self._sim)

    def _values(self) -> dict[str, torch.Tensor]:
        return {name: getattr(self, _attribute(name)) for name in self.names}

    def _keep_bounds(self) -> None:
        """Bounds given to ``learn`` hold, whatever an optimiser did."""
        with torch.no_grad():
            for name, value in self._values().items():
                spec = self._specs[name]
                if spec.minimum is not None or spec.maximum is not None:
                    value.clamp_(spec.minimum, spec.maximum)


class _Run(torch.autograd.Function):
    """y of a batch, and for given ∂L/∂y the gradient of every parameter.

    The network is compiled with L' = 1/N Σ ½ (y − target)², whose ∂L'/∂y is (y − target)/N; the
    target y − N s ∂L/∂y makes that s ∂L/∂y. The factor s puts it at the size of y, so that in
    single precision the difference keeps its digits.
    """

    @staticmethod
    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, sim: Simulator, batch: SpikeBatch, names: list[str], *values: torch.Tensor
    ) -> torch.Tensor:
        for name, value in zip(names, values, strict=True):
            sim.parameters[name] = value.detach().cpu().numpy()
        scores = sim.run(batch).scores
        assert scores is not None, "a MeanSquare has scores"
        ctx.run = (sim, batch, names, scores)
        ctx.save_for_backward(*values)  # torch refuses to go back once they have changed
        return torch.from_numpy(np.array(scores)).to(values[0].device) if values else (
            torch.from_numpy(np.array(scores))
        )  # fmt: skip

    @staticmethod
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, slopes: torch.Tensor
    ) -> tuple[torch.Tensor | None, ...]:
        sim, batch, names, scores = ctx.run
        values = ctx.saved_tensors
        wanted = len(scores) * slopes.detach().cpu().numpy().astype(np.float64)
        largest = np.abs(wanted).max(initial=0.0)
        if not largest:
            return (None, None, None, *(torch.zeros_like(value) for value in values))
        factor = max(float(np.abs(scores).max(initial=0.0)), 1e-3) / largest
        for name, value in zip(names, values, strict=True):
            sim.parameters[name] = value.detach().cpu().numpy()
        targets = (scores - factor * wanted).astype(scores.dtype)
        _, gradients = sim.gradients(replace(batch, targets=targets))
        found = (
            torch.from_numpy(np.array(gradients[name] / factor)).to(value)
            for name, value in zip(names, values, strict=True)
        )
        return (None, None, None, *found)


def _attribute(name: str) -> str:
    """A parameter's name as torch takes it: without dots."""
    return name.replace(".", "__")
