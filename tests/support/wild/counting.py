"""How many files were generated, and what came out of them: for the end of a test run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

PROPERTY = "wild_file"
"""What a test records for each file: kind, format and outcome, with blanks between them."""


def count_files(reports: Iterable[pytest.TestReport]) -> list[str]:
    """A line per kind of fault, the largest first, and one for all; nothing if no file was generated."""
    properties = [pair for report in reports for pair in report.user_properties if pair[0] == PROPERTY]
    drawn = [str(value).split() for _, value in properties]
    if not drawn:
        return []
    kinds, outcomes = Counter(kind for kind, *_ in drawn), Counter((kind, end) for kind, _, end in drawn)
    lines = [
        f"{count:6} {kind}: {outcomes[kind, 'loaded']} loaded, {outcomes[kind, 'refused']} refused"
        for kind, count in sorted(kinds.items())
    ]
    forms = ", ".join(f"{form} {count}" for form, count in Counter(form for _, form, _ in drawn).items())
    return [*lines, f"{len(drawn):6} files of {len(kinds)} kinds: {forms}"]
