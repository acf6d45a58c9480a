"""`make answers`: write what is answered in each outcome of each tool, for people to read."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

from cobra.io import load_model
from tests.answers.cases import RECORDED, find, list_cases, place_of, write_answer
from tests.support.recorded_run import record


def main() -> None:
    texts: dict[Path, list[str]] = defaultdict(list)
    model = load_model("textbook")
    with tempfile.TemporaryDirectory() as folder:
        _, sources = record(folder)
        for case in list_cases():
            answer = write_answer(case, find(case, model, sources))
            texts[place_of(case.tool)].append(f"## {case.tool}, {case.title}\n\n{answer}\n")
    for file in RECORDED.glob("*.md"):
        file.unlink()
    for file, sections in texts.items():
        file.write_text("\n".join(sections), encoding="utf-8")


main()
