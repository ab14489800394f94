"""One object to hold: compile, run, learn, show, keep, check and cite a network."""
