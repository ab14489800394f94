"""Generated networks that drive the chip's arithmetic into its corners, one per name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from genprop.backends.loihi.chip.integers import Cells, IntegerNetwork, Synapses

STEPS = 40
SOURCES = 6
CELLS = 5


@dataclass(frozen=True)
class Case:
    """A network, and how many spikes each source sends in each step: (steps, sources)."""

    name: str
    network: IntegerNetwork
    counts: np.ndarray


def cases() -> list[Case]:
    """All of them, always the same."""
    return [*_neurons(), *_synapses(), *_recurrent(), *_layered()]


def _weights(rng: np.random.Generator, mode: str, largest: int = 255) -> np.ndarray:
    low, high = {"exc": (0, largest), "inh": (-largest, 0), "mixed": (-largest, largest)}[mode]
    return rng.integers(low, high + 1, (SOURCES, CELLS))


def _case(name: str, cells: Cells, synapses: list[Synapses], seed: int, most: int = 1) -> Case:
    rng = np.random.default_rng(seed)
    active = rng.random((STEPS, SOURCES)) < 0.4
    counts = active * rng.integers(1, most + 1, (STEPS, SOURCES))
    return Case(name, IntegerNetwork({"in": SOURCES}, (cells,), tuple(synapses)), counts)


def _one(name: str, cells: Cells, seed: int, *, mode: str = "mixed", exponent: int = 0) -> Case:
    weight = _weights(np.random.default_rng(seed), mode)
    return _case(name, cells, [Synapses("in", "cells", weight, exponent=exponent)], seed)


def _neurons() -> list[Case]:
    plain = Cells("cells", CELLS, du=741, dv=200, vth=300)
    still = replace(plain, du=-1, dv=0, vth=131071)
    per_neuron = replace(
        plain,
        bias=np.array([-4096, 4095, 17, -300, 0]),
        bias_exponent=np.array([0, 3, 7, 1, 5]),
        vth=2000,
    )
    quirk = Case(
        "u_stays_at_plus_2_23",
        IntegerNetwork(
            {"in": SOURCES},
            (replace(still, dv=4096),),
            (Synapses("in", "cells", np.full((SOURCES, CELLS), 1 << 7), exponent=8),),
        ),
        np.eye(STEPS, SOURCES, dtype=np.int64) + np.eye(STEPS, SOURCES, -8, dtype=np.int64),
    )
    return [
        _one("plain", plain, 1),
        _one("u_wraps", replace(still, dv=100), 2, mode="exc", exponent=7),
        _one("u_wraps_below", replace(still, dv=100), 3, mode="inh", exponent=7),
        _one("u_wraps_both", replace(plain, du=20, vth=100000), 4, exponent=9),
        quirk,
        _one("v_saturates", replace(plain, du=10, dv=0, vth=131071), 5, mode="exc", exponent=4),
        _one("v_saturates_below", replace(plain, du=10, dv=0), 6, mode="inh", exponent=4),
        _one("no_current_decay", replace(plain, du=-1, vth=5000), 7),
        _one("no_current_memory", replace(plain, du=4095), 8),
        _one("no_voltage_memory", replace(plain, dv=4095, vth=200), 9),
        _one("no_decay", replace(plain, du=-1, dv=0, vth=20000), 10),
        _one("lowest_threshold", replace(plain, vth=1), 11),
        _one("highest_threshold", replace(plain, vth=131071), 12, mode="exc", exponent=3),
        _one("bias", replace(plain, bias=123), 13),
        _one("bias_exponent", replace(plain, bias=-1500, bias_exponent=6), 14),
        _one("bias_per_neuron", per_neuron, 15),
        _one("reset_interval", replace(plain, interval=10, vth=4000), 16),
        _one("reset_offset", replace(plain, interval=7, offset=10, vth=4000), 17),
        _one("reset_every_step", replace(plain, interval=1), 18),
    ]


def _synapses() -> list[Case]:
    cells = Cells("cells", CELLS, du=900, dv=300, vth=400)
    found: list[Case] = []
    for mode in ("exc", "inh", "mixed"):
        for bits in (8, 6, 4):
            seed = 100 + len(found)
            weight = _weights(np.random.default_rng(seed), mode, 300)
            synapses = Synapses("in", "cells", weight, bits=bits)
            found.append(_case(f"{mode}_{bits}_bits", cells, [synapses], seed))
    for exponent in (1, -1, -3):
        found.append(_one(f"exponent_{exponent}", cells, 120 + exponent, exponent=exponent))
    for mode in ("exc", "mixed"):
        weight = _weights(np.random.default_rng(130), mode)
        synapses = Synapses("in", "cells", weight, graded=True)
        found.append(_case(f"graded_{mode}", cells, [synapses], 131, most=5))
    for longest in (0, 1, 7, 62):
        for exponent in (0, -3) if longest else (0,):
            seed = 140 + len(found)
            found.append(_delayed(cells, longest, exponent, seed))
    found.append(_delayed(cells, 7, 1, 160, bits=4))
    found.append(_delayed(cells, 7, -1, 161, graded=True))
    return found


def _delayed(
    cells: Cells, longest: int, exponent: int, seed: int, bits: int = 8, graded: bool = False
) -> Case:
    rng = np.random.default_rng(seed)
    delay = rng.integers(0, longest + 1, (SOURCES, CELLS))
    delay[0, 0], delay[1, 1] = longest, 0
    synapses = Synapses(
        "in", "cells", _weights(rng, "mixed"), delay, exponent, bits=bits, graded=graded
    )
    name = f"delays_{longest}_exponent_{exponent}_{bits}_bits" + ("_graded" if graded else "")
    return _case(name, cells, [synapses], seed, most=4 if graded else 1)


def _recurrent() -> list[Case]:
    cells = Cells("cells", CELLS, du=741, dv=200, vth=250)
    found: list[Case] = []
    for longest, exponent in ((0, 0), (0, -1), (1, 0), (5, -3), (12, 1), (30, 0), (62, 0)):
        seed = 200 + len(found)
        rng = np.random.default_rng(seed)
        forth = Synapses("in", "cells", _weights(rng, "exc"))
        delay = rng.integers(0, longest + 1, (CELLS, CELLS))
        weight = rng.integers(-255, 256, (CELLS, CELLS))
        back = Synapses("cells", "cells", weight, delay if longest else None, exponent)
        name = f"recurrent_{longest}_exponent_{exponent}"
        found.append(_case(name, cells, [forth, back], seed))
    return found


def _layered() -> list[Case]:
    rng = np.random.default_rng(300)
    hidden = Cells("hidden", 8, du=741, dv=200, vth=300)
    out = Cells("out", 3, du=741, dv=200, vth=131071)
    synapses = (
        Synapses("in", "hidden", 2 * rng.integers(-64, 128, (SOURCES, 8)), None, -1),
        Synapses("hidden", "hidden", rng.integers(-90, 90, (8, 8)), rng.integers(0, 9, (8, 8))),
        Synapses("hidden", "out", 2 * rng.integers(-128, 128, (8, 3)), None, -1),
    )
    counts = (rng.random((STEPS, SOURCES)) < 0.5).astype(np.int64)
    return [Case("layers", IntegerNetwork({"in": SOURCES}, (hidden, out), synapses), counts)]
