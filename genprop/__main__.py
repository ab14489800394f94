"""``python -m genprop`` is the command ``genprop``."""

from __future__ import annotations

import sys

from genprop.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
