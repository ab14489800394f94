"""Rules by which synapses of sparse projections change while learning, one file each."""
