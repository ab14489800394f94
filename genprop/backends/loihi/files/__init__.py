"""Networks on the chip for other tools: NetX files and Lava programs."""
