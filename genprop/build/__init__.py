"""Binaries: find a compiler, compile a bundle of sources, keep what was compiled."""

from __future__ import annotations

from genprop.build.compile import Artifact, build
from genprop.build.toolchain import Toolchain, find_toolchain

__all__ = ["Artifact", "Toolchain", "build", "find_toolchain"]
