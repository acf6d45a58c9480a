"""Arguments of a pool of enzyme: its size and a stored table of turnover numbers and weights."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.calls.quantities import Arguments, drop_absent
from fluxagents.workers.chat_models.planner.conditions.known_medium import KnownMedium
from fluxagents.workers.chat_models.planner.words.phrase import DIGEST, MASS_SHARE, Phrase


def read_enzyme_limits(phrase: Phrase, _: KnownMedium) -> Iterator[Arguments]:
    pools = [float(token.value) for token in phrase.tokens if token.unit == MASS_SHARE]
    tables = phrase.list_values(DIGEST)
    yield drop_absent(enzyme_table=next(iter(tables), None), pool_g_per_gdw=next(iter(pools), None))
