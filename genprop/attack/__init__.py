"""Attacks on networks: the change of an input, within a bound, that raises the loss the most."""

from genprop.attack.ifgsm import Attacked, ifgsm

__all__ = ["Attacked", "ifgsm"]
