"""The generated text of networks whose neurons send values is whole."""

from __future__ import annotations

import re

import genprop as gp


def test_every_header_that_is_included_is_there() -> None:
    net = gp.Network("graded")
    x = net.population("x", 3, gp.graded())
    atoms = net.population("atoms", 4, gp.neuron("lca"))
    net.connect(x, atoms, gp.synapse("graded"), weight=gp.learn(0.1))
    net.connect(atoms, atoms, gp.synapse("graded"), weight=gp.gram("x->atoms.weight"))
    text = gp.show(net, "source", loss=gp.MeanSquare(gp.final(atoms, "a")))
    files = set(re.findall(r"^// ---- (\S+)$", text, re.MULTILINE))
    included = set(re.findall(r'^#include "([^"]+)"$', text, re.MULTILINE))
    assert "platform/threads.hpp" in included and included <= files
