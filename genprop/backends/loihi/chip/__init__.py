"""The chip itself: integers, limits, arithmetic bit by bit, and what a sample costs."""
