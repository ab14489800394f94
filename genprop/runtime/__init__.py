"""One object to hold: compile, run, learn, show, save, check and cite a network."""
