"""Sparse layers of the published model: who is connected, of which sign, and who is regrown."""
# torch and DCLS are in an extra of their own, and without types where they are not installed
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import torch
from torch import Tensor

STRUCTURES = ("fixed", "rigl", "deep_r")


class Wiring:
    """A mask and signs beside a weight (post, pre, 1); the number of synapses never changes.

    Args:
        weight: the parameter, which is overwritten with sign × magnitude where the mask is set.
        density: the part of all pairs that is connected.
        structure: one of ``STRUCTURES``.
        dale: one sign per presynaptic neuron; else one per synapse.
        drawn: what is drawn comes from it.
    """

    def __init__(
        self, weight: Tensor, density: float, structure: str, dale: bool, drawn: torch.Generator
    ) -> None:
        self.weight, self.structure, self.drawn = weight, structure, drawn
        post, pre, _ = weight.shape
        count = max(round(density * post * pre), 1)
        chosen = torch.randperm(post * pre, generator=drawn)[:count]
        self.mask = torch.zeros(post * pre, dtype=torch.bool)
        self.mask[chosen] = True
        self.mask = self.mask.view_as(weight)
        signs = torch.rand((1, pre, 1) if dale else weight.shape, generator=drawn) < 0.5
        self.sign = torch.where(signs, 1.0, -1.0).expand_as(weight)
        each = max(pre * density, 1.0)
        magnitude = torch.rand(weight.shape, generator=drawn) * 2 / each**0.5
        weight.data = torch.where(self.mask, self.sign * magnitude, 0.0)

    def after_step(self, moments: dict[str, Tensor]) -> int:
        """Remove what reached zero, regrow as many; gives how many.

        Args:
            moments: what the optimiser keeps of the weight, zeroed where no synapse was.
        """
        magnitude = self.sign * self.weight.data
        gone = self.mask & (magnitude <= 0)
        self.weight.data[~self.mask | gone] = 0.0
        if self.structure != "fixed" and gone.any():
            self._regrow(gone)
        for name in ("exp_avg", "exp_avg_sq"):
            if name in moments:
                moments[name][~self.mask | gone] = 0.0
        return int(gone.sum())

    def _regrow(self, gone: Tensor) -> None:
        dormant = (~self.mask | gone).flatten().nonzero().squeeze(1)
        count = int(gone.sum())
        if self.structure == "rigl" and self.weight.grad is not None:
            growth = -(self.sign * self.weight.grad).flatten()[dormant]
            order = growth.argsort(descending=True)
        else:
            order = torch.randperm(dormant.numel(), generator=self.drawn)
        self.mask[gone] = False
        chosen = dormant[order[:count]]
        self.mask.view(-1)[chosen] = True
        self.weight.data.view(-1)[chosen] = 1e-12 * self.sign.flatten()[chosen]
