"""Intel Loihi 2: what fits, the integer network, its bit-exact emulator, and files for it."""
