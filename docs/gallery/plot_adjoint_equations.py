"""
The adjoint of a neuron
=======================

What is run backwards for a quadratic integrate-and-fire neuron, derived from its equations.
"""

import genprop as gp

gp.plot.adjoint(gp.neuron("qif"))
