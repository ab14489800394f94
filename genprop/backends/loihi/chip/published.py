"""What others measured on the chip itself, for orientation beside estimates."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PUBLISHED", "Published"]


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
_IMPLIED = "follows from the papers' tables; not compared with them line by line"

PUBLISHED = (
    Published(_SHOESMITH, "speed against a Jetson Orin Nano", "up to 10 ×", _ABSTRACT),
    Published(_SHOESMITH, "energy against a Jetson Orin Nano", "200 × less", _ABSTRACT),
    Published(_MESZAROS, "speed against a Jetson Orin Nano, delays", "up to 18 ×", _ABSTRACT),
    Published(_MESZAROS, "energy against a Jetson Orin Nano, delays", "250 × less", _ABSTRACT),
    Published("both", "energy of one SHD sample, Loihi 2", "about 0.4 mJ", _IMPLIED),
    Published("both", "time of one SHD sample, Loihi 2", "1.5 … 2.6 ms", _IMPLIED),
    Published("both", "energy of one SHD sample, Jetson, batch 1", "82 … 94 mJ", _IMPLIED),
    Published("both", "time of one SHD sample, Jetson, batch 1", "26 … 28 ms", _IMPLIED),
)
"""Keyword spotting (SHD, SSC) by recurrent and feed-forward networks, with and without delays."""
