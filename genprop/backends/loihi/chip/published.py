"""What others measured on the chip itself, for orientation beside estimates."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PUBLISHED", "REFERENCE", "Published", "Reference"]


@dataclass(frozen=True, slots=True)
class Published:
    """A figure of a paper.

    Attributes:
        paper: which.
        what: was measured, on what.
        value: with its unit.
        standing: where the figure was read.
    """

    paper: str
    what: str
    value: str
    standing: str


_SHOESMITH = "Shoesmith et al. (2025), arXiv:2503.04341"
_MESZAROS = "Mészáros et al. (2025), arXiv:2510.13757"
_ABSTRACT = "read in the abstract"
_IMPLIED = "not read: follows from the papers' ratios and figures, not compared line by line"


@dataclass(frozen=True, slots=True)
class Reference:
    """A network of the papers, by which estimates are calibrated; all of it per SHD sample.

    Attributes:
        operations: synaptic operations, reconstructed from the energy that they take by the
            constants of Loihi 1 (89 … 97 µJ); not read.
        updates: neurons (256 hidden, 20 of the readout) times steps.
        spikes: input and hidden; not known, and not counted.
        steps: of 1 ms.
        cores: among which the work is shared, reconstructed from the time likewise (4.3 ms).
        energy: on Loihi 2 [mJ], as the ratios imply.
        time: least and most on Loihi 2 [ms], likewise.
    """

    operations: float
    updates: float
    spikes: float
    steps: int
    cores: int
    energy: float
    time: tuple[float, float]


REFERENCE = Reference(3.16e6, 276_000, 0.0, 1000, 3, 0.4, (1.5, 2.6))

PUBLISHED = (
    Published(_SHOESMITH, "speed against a Jetson Orin Nano", "up to 10 ×", _ABSTRACT),
    Published(_SHOESMITH, "energy against a Jetson Orin Nano", "200 × less", _ABSTRACT),
    Published(_MESZAROS, "speed against a Jetson Orin Nano, delays", "up to 18 ×", _ABSTRACT),
    Published(_MESZAROS, "energy against a Jetson Orin Nano, delays", "250 × less", _ABSTRACT),
    Published("both", "energy of one SHD sample, Loihi 2", "about 0.4 mJ", _IMPLIED),
    Published("both", "time of one SHD sample, Loihi 2", "1.5 … 2.6 ms", _IMPLIED),
    Published("both", "energy of one SHD sample, Jetson, batch 1", "82 … 94 mJ", _IMPLIED),
    Published("both", "time of one SHD sample, Jetson, batch 1", "26 … 28 ms", _IMPLIED),
    Published("both", "energy of one SHD sample, Jetson, larger batches", "4 … 49 mJ", _IMPLIED),
)
"""Keyword spotting (SHD, SSC) by recurrent and feed-forward networks, with and without delays."""
