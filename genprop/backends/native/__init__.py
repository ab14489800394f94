"""Generated C++17 on the machine at hand."""

from genprop.backends.native.target import Native

__all__ = ["Native"]
