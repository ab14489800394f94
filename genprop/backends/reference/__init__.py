"""The two oracles: a Program interpreted in numpy, and networks solved event by event."""
