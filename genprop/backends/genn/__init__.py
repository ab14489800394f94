"""GeNN: rendered neuron, synapse and update models that GeNN compiles for CPUs and GPUs."""

from genprop.backends.genn.target import GeNN

__all__ = ["GeNN"]
