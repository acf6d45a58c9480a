"""Where tests find files: the repository, recorded histories, and the data beside the project."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
HISTORIES = ROOT / "tests" / "histories"
SHARED = ROOT.parent / "shared"
"""Data beside the project; tests that read it say what they skip where it is absent."""
