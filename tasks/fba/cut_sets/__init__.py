"""Cut sets: the smallest sets of knock-outs after which a cell cannot do something."""
