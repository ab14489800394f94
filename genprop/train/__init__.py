"""Learning: fit, evaluate, callbacks, schedules, history, checkpoints, run folders, sweeps."""
