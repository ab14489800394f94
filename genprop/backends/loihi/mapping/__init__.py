"""From floats to the chip's integers: what can be mapped, scales, rounding, and back."""
