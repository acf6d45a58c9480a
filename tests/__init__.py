"""A package by name, since carveme installs another `tests` into the environment."""
