"""What sends an SBML file to libSBML and cobra."""

from __future__ import annotations


class NotPlainError(Exception):
    """A file writes what only libSBML and cobra read for certain; the message names it."""
