"""The gradient of a hybrid system: flow and jumps backwards, readouts and losses."""
