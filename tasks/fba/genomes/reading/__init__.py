"""Genomes as files: what is in them, and their proteins."""
