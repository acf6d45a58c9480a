"""Cultures over time: flux balance analysis at each moment, and what it does to the medium."""
