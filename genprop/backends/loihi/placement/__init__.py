"""Which core each neuron stands on, and how far spikes travel."""
