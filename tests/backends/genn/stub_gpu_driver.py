"""A stub GPU driver, for machines without one: GeNN writes code for it, and nvcc compiles that."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

__all__ = ["gpu_is_here", "stub_gpu_driver"]


def gpu_is_here() -> bool:
    """Is there a CUDA driver, and a GPU that it can use?"""
    try:
        return ctypes.CDLL("libcuda.so.1").cuInit(0) == 0
    except OSError:
        return False


def stub_gpu_driver(folder: Path) -> Path | None:
    """The library for ``LD_PRELOAD``, compiled into ``folder``; None without CUDA's headers.

    Its soname is the driver's, so that it stands for the driver as well.
    """
    headers = Path(os.environ.get("CUDA_PATH", "/usr/local/cuda")) / "include"
    if not (headers / "cuda.h").is_file():
        return None
    made = folder / "libstubgpu.so"
    line = ["cc", "-shared", "-fPIC", f"-I{headers}", "-Wl,-soname,libcuda.so.1"]
    source = Path(__file__).with_suffix(".c")
    subprocess.run([*line, "-o", str(made), str(source)], check=True)
    return made
