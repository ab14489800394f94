"""The reference: a Program interpreted in numpy, and in `exact` networks solved event by event."""
