"""Checks of the house that no linter has: names of functions, sizes of folders, imports inside functions."""
