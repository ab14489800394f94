"""Steps: from flow and jumps to a Program of typed statements, forwards and backwards."""
