"""What the chip can hold, number by number with its source.

Numbers that no public document of Loihi 2 confirms only warn.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "AXONS_PER_CORE",
    "BIAS",
    "BIAS_EXPONENT",
    "CORES",
    "DECAY",
    "DELAY",
    "MESH_COLUMNS",
    "NEURONS_PER_CORE",
    "STATE",
    "SYNAPSE_BYTES_PER_CORE",
    "THRESHOLD",
    "VERSION",
    "WEIGHT",
    "WEIGHT_EXPONENT",
    "Limit",
]

VERSION = "2026-11"
"""When the table was last compared with its sources."""

_LAVA = "lava-nc 0.10.0, lava/proc"
_DAVIES = "Davies et al. (2018), IEEE Micro 38(1):82, of Loihi 1"
_BRIEF = "Intel, Taking Neuromorphic Computing to the Next Level with Loihi 2 (2021)"


@dataclass(frozen=True, slots=True)
class Limit:
    """``lowest`` … ``highest`` is possible, as ``source`` says; unconfirmed limits only warn."""

    what: str
    lowest: int
    highest: int
    source: str
    confirmed: bool = True

    def holds(self, value: float) -> bool:
        """Whether the value is within."""
        return self.lowest <= value <= self.highest

    def __str__(self) -> str:
        doubt = "" if self.confirmed else ", unconfirmed for Loihi 2"
        return f"{self.what} {self.lowest} … {self.highest} ({self.source}{doubt})"


WEIGHT = Limit("weight", -128, 127, f"{_LAVA}/dense, 8 bits")
DELAY = Limit("delay in steps", 0, 62, f"{_LAVA}/dense, 6 bits, a ring of 63 slots")
THRESHOLD = Limit("threshold mantissa", 1, 131071, f"{_LAVA}/lif, 17 bits")
DECAY = Limit("decay in 4096ths", 0, 4096, f"{_LAVA}/lif, 12 bits, the current's minus one")
BIAS = Limit("bias mantissa", -4096, 4095, f"{_LAVA}/lif, 13 bits")
BIAS_EXPONENT = Limit("bias exponent", 0, 7, f"{_LAVA}/lif, 3 bits")
STATE = Limit("u and v", 1 - 2**23, 2**23 - 1, f"{_LAVA}/lif, 24 bits")
WEIGHT_EXPONENT = Limit("weight exponent", -8, 7, _DAVIES, confirmed=False)
CORES = Limit("neurocores", 1, 128, _BRIEF)
MESH_COLUMNS = Limit(
    "columns of the mesh of cores",
    1,
    16,
    "assumed: 128 cores as 8 rows of 16; that they are a mesh is in Davies et al. (2018)",
    confirmed=False,
)
NEURONS_PER_CORE = Limit("neurons per core", 1, 8192, _BRIEF, confirmed=False)
SYNAPSE_BYTES_PER_CORE = Limit(
    "bytes of synapse memory per core",
    128 * 1024,
    192 * 1024,
    "secondary sources; the upper figure includes memory of other uses",
    confirmed=False,
)
AXONS_PER_CORE = Limit("axons into a core", 0, 4096, _DAVIES, confirmed=False)
