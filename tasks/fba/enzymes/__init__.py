"""Enzymes: what fluxes cost in protein."""
