"""`python -m fluxagents.tasks` writes the index of the tools anew; `make index` calls it."""

from __future__ import annotations

from pathlib import Path

from fluxagents.tasks.registry import INDEX_FILE, index_json

if __name__ == "__main__":
    Path(__file__).with_name(INDEX_FILE).write_text(index_json(), encoding="utf-8")
