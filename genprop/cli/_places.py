"""The arguments --jobs and --on of commands that train many times."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["PLACES", "add_places"]

PLACES = """\
--on says where trainings run; all places write into the same folders (extra `cluster`):
  here                              processes of this computer; the default
  dask                              workers of dask on this computer
  slurm://PARTITION?cores=16&time=2h   jobs of a batch system, --jobs trainings at a time; also
                                    pbs:// lsf:// sge:// oar:// moab:// htcondor://. Options of
                                    dask-jobqueue follow ? or stand below [cluster] in FILE.toml
  tcp://HOST:8786                   a scheduler of dask that runs already
A training whose worker dies is begun again by another one, up to three times. Computers of a
cluster must see the same files and the same genprop."""
"""For the help of a command."""


def add_places(parser: argparse.ArgumentParser) -> None:
    """The arguments --jobs and --on."""
    parser.add_argument("--jobs", type=int, help="trainings at a time (default: all cores)")
    parser.add_argument("--on", default="here", metavar="PLACE", help="where they run (see above)")
