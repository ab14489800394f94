"""``genprop export``: the network of a run as a file for other tools."""

from __future__ import annotations

import argparse
from pathlib import Path

from genprop.cli._command import Commands, add_command
from genprop.cli._settings import add_overrides
from genprop.errors import ConfigurationError
from genprop.interchange.nir_export import SPIKES

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Register ``genprop export``."""
    parser = add_command(
        commands,
        "export",
        "write the network of a run as a NIR file, which other tools read",
        """genprop export runs/digits digits.nir               best parameters
           genprop export runs/digits digits.nir --branches    with delays of single synapses
           genprop import digits.toml digits.nir               the reverse, into a run folder""",
        more="NIR (neuir.org) holds LIF and LI neurons, linear connections and delays per neuron;\n"
        "what it cannot express is reported at once. It holds no losses or optimisers. A run\n"
        "that learned on the grid of Loihi 2 gives the floats it learned in.\n"
        "Integers for Loihi 2 and a NetX file (.net) come from genprop retarget RUN -o DIR.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="a folder of genprop train")
    parser.add_argument("file", type=Path, metavar="FILE.nir", help="what is written")
    parser.add_argument(
        "--checkpoint",
        choices=("best", "last"),
        default="best",
        help="parameters of the best epoch, or of the last",
    )
    parser.add_argument(
        "--branches",
        action="store_true",
        help="one branch per delay where delays differ from synapse to synapse, in time steps",
    )
    parser.add_argument(
        "--spikes",
        choices=SPIKES,
        default="step",
        help="the pulse of a spike: 1 for one step (default), or of area 1 s",
    )
    add_overrides(parser, "change a setting, such as options.data=FOLDER")


def run(args: argparse.Namespace) -> int:
    """Open the run, write, say where."""
    from genprop.experiment.experiment import described
    from genprop.experiment.trained import open_run
    from genprop.interchange.nir_export import save_nir

    if args.file.suffix != ".nir":
        raise ConfigurationError(
            f"{args.file.name} is no name of a NIR file",
            where="genprop export",
            remedy="end it with .nir; genprop retarget RUN -o DIR writes a .net for Loihi 2",
        )
    opened, _ = open_run(args.folder, args.checkpoint, args.overrides)
    sim = described(opened, str(args.folder), "which NIR cannot hold")
    print(save_nir(sim, args.file, branches=args.branches, spikes=args.spikes))
    return 0
