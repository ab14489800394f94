"""Neurons that send values in the chip's integers: their arithmetic, rounding and emulation."""
