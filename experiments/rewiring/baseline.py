"""Trains the published model of surrogate gradients beside ours; see README.md.

Adds to dcls.json. What is there already, with the same settings, is not trained again; an
interrupted training begins anew. Needs ``pip install 'genprop[dcls]'``, which brings torch.
"""
# torch and DCLS are in an extra of their own, and without types where they are not installed
# pyright: basic, reportMissingImports=false

from __future__ import annotations

import argparse
import functools
import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from published import Published
from recordings import frames
from torch import Tensor
from torch.nn import functional
from wiring import STRUCTURES, Wiring

import genprop as gp

HERE = Path(__file__).parent
SETTINGS = ("task", "epochs", "batch", "hidden", "duration", "l1")
VARIED = {n: n for n in ("halvings", "delays", "structure", "dale")} | {"seed": "seeds"}
"""Keys of a case, and the arguments that list their values."""
Split = tuple[Tensor, Tensor]
"""Frames (samples, bands, frames), and labels."""


def main() -> None:
    """Every combination that was requested."""
    options = _parser().parse_args()
    torch.set_num_threads(options.threads)
    about = {name: getattr(options, name) for name in SETTINGS}
    for values in itertools.product(*(getattr(options, name) for name in VARIED.values())):
        known = dict(zip(VARIED, values, strict=True)) | about
        if any(known.items() <= case.items() for case in _stored(options.output)):
            continue
        case = known | train(sets(options, known["seed"]), known)
        _write(options.output, [*_stored(options.output), case])
        print(json.dumps(case), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example, the published length at 87.5 % sparsity: "
        "baseline.py --data FOLDER --halvings 3 --delays learned --structure fixed rigl --dale 0",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--data", default="", help="folder with the files; else $GENPROP_DATA")
    parser.add_argument("--task", choices=("fsdd", "shd", "rawhd"), default="fsdd")
    add = functools.partial(parser.add_argument, nargs="+")
    add("--seeds", type=int, default=[1])
    add("--halvings", type=int, default=list(range(10)), help="k of the sparsity 1 - 2^-k")
    add("--delays", choices=("fixed", "learned"), default=["fixed", "learned"])
    add("--structure", choices=STRUCTURES, default=list(STRUCTURES))
    add("--dale", type=int, choices=(0, 1), default=[0, 1], help="1: a sign per neuron or band")
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=256, help="LIF neurons")
    parser.add_argument("--duration", type=float, default=600.0, help="of a recording [ms]")
    parser.add_argument("--l1", type=float, default=0.01, help="strength of the L1 cost")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, default=HERE / "dcls.json", help="results")
    return parser


def sets(options: argparse.Namespace, seed: int) -> list[Split]:
    """Train, validation, test: the same split of the same recordings as network.py's."""
    found = frames(options.task, options.data, 40, seed, options.duration)
    return [(torch.tensor(x), torch.tensor(labels)) for x, labels in found.values()]


def train(parts: list[Split], case: dict[str, Any]) -> dict[str, Any]:
    """One training; the epoch is chosen by validation, the test set is looked at once."""
    begun = time.process_time()
    torch.manual_seed(case["seed"])
    drawn = torch.Generator().manual_seed(case["seed"])
    classes = int(parts[0][1].max()) + 1
    learned = case["delays"] == "learned"
    model = Published(parts[0][0].shape[1], case["hidden"], classes, learned)
    density = 2.0 ** -case["halvings"]
    wirings = [
        Wiring(weight, density, case["structure"], bool(case["dale"]), drawn)
        for weight in _weights(model)
    ]
    optimisers, schedules = _optimisers(model, case["epochs"], case["batch"], len(parts[0][1]))
    best: tuple[float, int, float] = (-1.0, 0, 0.0)
    curve: list[float] = []
    regrown = 0
    for epoch in range(case["epochs"]):
        model.sharpen(epoch, case["epochs"])
        order = torch.randperm(len(parts[0][1]), generator=drawn)
        for chosen in order.split(case["batch"]):
            _learn(model, (parts[0][0][chosen], parts[0][1][chosen]), optimisers, case["l1"])
            regrown += sum(
                wiring.after_step(cast("dict[str, Tensor]", optimisers[0].state[wiring.weight]))
                for wiring in wirings
            )
            for layer in model.layers:
                layer.conv.clamp_parameters()
            for schedule in schedules:
                schedule.step()
        learned_state = model.rounded()
        curve.append(accuracy(model, parts[1]))
        if curve[-1] > best[0]:
            best = curve[-1], epoch + 1, accuracy(model, parts[2])
        model.learning(learned_state)
        print(f"epoch {epoch + 1}/{case['epochs']}  valid {curve[-1]:.1%}", file=sys.stderr)
    return {
        "valid.accuracy": best[0],
        "test.accuracy": best[2],
        "best_epoch": best[1],
        "curve": [round(value, 4) for value in curve],
        "synapses": [int(wiring.mask.sum()) for wiring in wirings],
        "regrown": regrown if case["structure"] != "fixed" else 0,
        "seconds": round(time.process_time() - begun, 1),
    }


def accuracy(model: Published, part: Split) -> float:
    """The part of samples that are right, at integer delays."""
    model.eval()
    with torch.no_grad():
        right = [
            (model(x.permute(2, 0, 1)).argmax(1) == label).sum()
            for x, label in zip(part[0].split(512), part[1].split(512), strict=True)
        ]
    model.train()
    return float(np.sum(right)) / len(part[1])


def _weights(model: Published) -> list[Tensor]:
    return [cast("Tensor", layer.conv.weight) for layer in model.layers]


def _optimisers(
    model: Published, epochs: int, batch: int, samples: int
) -> tuple[list[torch.optim.Optimizer], list[Any]]:
    """Adam 1e-3, one cycle to 5e-3, for weights; Adam 0.1, a cosine, for positions of delays."""
    steps = epochs * -(-samples // batch)
    places = [p for name, p in model.named_parameters() if name.endswith(".P")]
    others = [p for name, p in model.named_parameters() if not name.endswith((".P", ".SIG"))]
    weights = torch.optim.Adam(others, 1e-3)
    found: list[torch.optim.Optimizer] = [weights]
    schedules: list[Any] = [torch.optim.lr_scheduler.OneCycleLR(weights, 5e-3, steps + 1)]
    if any(p.requires_grad for p in places):
        found.append(torch.optim.Adam(places, 0.1))
        schedules.append(torch.optim.lr_scheduler.CosineAnnealingLR(found[-1], steps))
    return found, schedules


def _learn(
    model: Published, batch: Split, optimisers: list[torch.optim.Optimizer], l1: float
) -> None:
    for optimiser in optimisers:
        optimiser.zero_grad()
    loss = functional.cross_entropy(model(batch[0].permute(2, 0, 1)), batch[1])
    loss = loss + l1 * sum((w.abs().sum() for w in _weights(model)), torch.zeros(()))
    loss.backward()
    for optimiser in optimisers:
        optimiser.step()


def _stored(output: Path) -> list[dict[str, Any]]:
    return json.loads(output.read_text(encoding="utf-8"))["cases"] if output.exists() else []


def _write(output: Path, cases: list[dict[str, Any]]) -> None:
    versions = {"torch": str(torch.__version__), "genprop": gp.__version__}
    found = {"versions": versions, "cases": cases}
    output.write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
