"""The published model, with surrogate gradients: torch, and the package DCLS for its delays.

40 real-valued bands × frames of 10 ms → DCLS → batch norm → LIF → dropout → DCLS → LI. Written from
the equations of arXiv:2407.18917; see README.md.
"""
# torch and DCLS are in an extra of their own, and without types where they are not installed
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import math
from typing import Any

import torch
from DCLS.construct.modules import Dcls1d
from torch import Tensor, nn

TAPS = 25
TAU = 10.05
"""Of the membrane, in frames."""
WIDEST, NARROWEST = 12.0, 0.5
"""σ of the Gaussian that stands for a delay, while it learns."""


class Spike(torch.autograd.Function):
    """A step forwards, the slope of an arc tangent backwards (α = 5)."""

    @staticmethod
    def forward(ctx: Any, above: Tensor) -> Tensor:
        """1 where the threshold is crossed."""
        ctx.save_for_backward(above)
        return (above > 0).to(above.dtype)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        """α/2 / (1 + (π α x/2)²)."""
        (above,) = ctx.saved_tensors
        return slope * 2.5 / (1 + (math.pi * 2.5 * above) ** 2)


def lif(current: Tensor) -> Tensor:
    """Spikes (frames, batch, neurons) of v ← ((1 − 1/τ) v + syn)(1 − s), syn the current before."""
    v = syn = torch.zeros_like(current[0])
    spikes: list[Tensor] = []
    for now in current:
        spike = Spike.apply(v - 1.0)
        spikes.append(spike)
        v = ((1 - 1 / TAU) * v + syn) * (1 - spike.detach())
        syn = now
    return torch.stack(spikes)


def leak(current: Tensor) -> Tensor:
    """The potentials (frames, batch, neurons) of a layer without threshold."""
    v = syn = torch.zeros_like(current[0])
    found: list[Tensor] = []
    for now in current:
        found.append(v)
        v = (1 - 1 / TAU) * v + syn
        syn = now
    return torch.stack(found)


def causal(x: Tensor, kernel: Tensor) -> Tensor:
    """What ``conv1d`` gives of x (frames, batch, pre), padded with zeros before its first frame.

    y_t = Σ_k kernel_k x_{t − taps + 1 + k}, kernel (post, pre, taps), as products of discrete
    Fourier transforms of frames + taps − 1 points, so that nothing wraps around: an eighth of the
    multiplications, and with its gradients a third of the time on a processor.
    """
    frames, batch, pre = x.shape
    post, _, taps = kernel.shape
    period = frames + taps - 1
    cosine, sine = _waves(period // 2 + 1, period)
    a, b = (m[:, :frames] @ x.reshape(frames, -1) for m in (cosine, -sine))
    late = kernel.flip(-1).permute(2, 1, 0).reshape(taps, -1)
    c, d = (m[:, :taps] @ late for m in (cosine, -sine))
    a, b = (part.view(-1, batch, pre) for part in (a, b))
    c, d = (part.view(-1, pre, post) for part in (c, d))
    real, imaginary = torch.baddbmm(a @ c, b, d, alpha=-1), torch.baddbmm(a @ d, b, c)
    twice = torch.full((len(cosine), 1), 2 / period)
    twice[[0, -1] if period % 2 == 0 else [0]] /= 2  # no conjugate beside them
    back = [(twice * m)[:, :frames].T for m in (cosine, -sine)]
    found = torch.addmm(back[0] @ real.flatten(1), back[1], imaginary.flatten(1))
    return found.view(frames, batch, post)


def _waves(frequencies: int, period: int) -> tuple[Tensor, Tensor]:
    numbers = torch.arange(period, dtype=torch.float64)
    phase = torch.outer(numbers[:frequencies], numbers) % period * (2 * math.pi / period)
    return phase.cos().float(), phase.sin().float()


class Delayed(nn.Module):
    """A DCLS layer: one delay per synapse, 12 − P frames of the past ones."""

    def __init__(self, pre: int, post: int, learned: bool) -> None:
        super().__init__()
        self.conv = Dcls1d(
            pre, post, kernel_count=1, dilated_kernel_size=TAPS, bias=False, version="gauss"
        )
        nn.init.uniform_(self.conv.P, -(TAPS // 2), TAPS // 2)
        self.conv.SIG.requires_grad_(False)
        self.conv.P.requires_grad_(learned)

    def forward(self, x: Tensor) -> Tensor:
        """(frames, batch, pre) → (frames, batch, post); no frame sees a later one."""
        conv = self.conv
        return causal(x, conv.DCK(conv.weight, conv.P, conv.SIG))


class Published(nn.Module):
    """The network; every layer's weight has a ``Wiring`` beside it in :mod:`wiring`."""

    def __init__(self, bands: int, hidden: int, classes: int, learned: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [Delayed(bands, hidden, learned), Delayed(hidden, classes, learned)]
        )
        self.norm = nn.BatchNorm1d(hidden)
        self.dropout = 0.4

    def forward(self, x: Tensor) -> Tensor:
        """Σ_t softmax(out_t), (batch, classes), of (frames, batch, bands)."""
        hidden = self.layers[0](x)
        hidden = self.norm(hidden.flatten(0, 1)).view_as(hidden)
        spikes = lif(hidden)
        if self.training:
            passed = torch.rand_like(spikes[0]) > self.dropout  # the same ones in all frames
            spikes = spikes * (passed / (1 - self.dropout))
        return leak(self.layers[1](spikes)).softmax(-1).sum(0)

    def sharpen(self, epoch: int, epochs: int) -> None:
        """σ falls by the same factor each epoch, over the first quarter, as published."""
        falling = max(round(epochs * 37 / 150), 1)
        sigma = WIDEST * (NARROWEST / WIDEST) ** min(epoch / falling, 1.0)
        for layer in self.layers:
            layer.conv.SIG.data.fill_(sigma)

    def rounded(self) -> dict[str, Tensor]:
        """Make delays integer for evaluation; gives what :meth:`learning` takes back."""
        learned_state = {name: value.clone() for name, value in self.state_dict().items()}
        for layer in self.layers:
            layer.conv.SIG.data.zero_()
            layer.conv.P.data.round_()
            layer.conv.DCK.version = "max"
        return learned_state

    def learning(self, learned_state: dict[str, Tensor]) -> None:
        """Back to the delays that learn."""
        self.load_state_dict(learned_state)
        for layer in self.layers:
            layer.conv.DCK.version = "gauss"
