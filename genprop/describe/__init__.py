"""What the scientist writes: networks, neurons, synapses, losses; frozen data, numpy only."""
