"""Networks of other tools: NIR graphs and checkpoints of mlGeNN."""
