"""Rules that turn words into edits of a medium; an error names a phrase that no rule understands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.media.library.compounds import CARBON_SOURCES, classes_by_name
from fluxagents.tasks.fba.media.medium_edit import Action, Edit

EXAMPLES = (
    "remove oxygen",
    "anaerobic",
    "add all amino acids at 1",
    "increase glucose to 18.5",
    "double glucose",
    "limit oxygen to 5",
    "replace glucose by acetate at 20",
    "use succinate as sole carbon source",
)
"""Phrases that are understood."""

_ADD = "add|supplement(?: the medium)? with|supplement|include|supply|provide|open|feed"
_REMOVE = "remove|delete|omit|drop|exclude|close|eliminate|deplete|take out|take away|without|no"
_SET = "set|fix|adjust|change|put"
_RAISE = "increase|raise|boost"
_LOWER = "decrease|reduce|lower|limit|restrict|cap|constrain"
_FACTORS: Mapping[str, float] = {"double": 2.0, "triple": 3.0, "quadruple": 4.0, "halve": 0.5}
_SCALE = "|".join(_FACTORS)
_SWAP = "replace|substitute|swap|exchange|switch from|switch|change from"
_USE = "use|grow on|feed on"
_AEROBIC = (
    r"(?:make|set|switch|change|turn|keep|go)?\s*(?:it|the (?:medium|model|conditions?|culture))?\s*"
    r"(?:to|be)?\s*(?:under\s+)?(?P<an>an)?aerobic(?:ally)?(?:\s+(?:conditions?|growth|medium))?"
)
_VERBS = (
    f"{_ADD}|{_REMOVE}|{_SET}|{_RAISE}|{_LOWER}|{_SCALE}|{_SWAP}|{_USE}|multiply|make|go|anaerobic|aerobic"
)

_GLUE = r"(?:\s*(?:,|;|\band\b|\bthen\b|\bbut\b|\balso\b))+\s*"
_CLAUSES = re.compile(rf"{_GLUE}(?=(?:{_VERBS})\b)|\s*(?:;|\.(?=\s|$))\s*", re.IGNORECASE)

_OPEN, _CLOSE = "\u27e8", "\u27e9"
_OBJECT = (
    rf"(?:(?:all|the|any|every|each|its|both|of)\s+)*{_OPEN}\d+{_CLOSE}"
    r"(?:\s+(?:uptakes?|limits?|levels?|supply|bound|import))*"
)
_OBJECTS = rf"{_OBJECT}(?:\s*(?:,\s*and\b|,|\band\b|&|\+|\bor\b|\bplus\b)\s*{_OBJECT})*"
_UNIT = (
    r"(?:\s*mmol(?:\s*/\s*gdw\s*/\s*h|\s*/\s*\(?gdw\s*[*·]?\s*h\)?|\s+per\s+gdw\s+(?:and|per)\s+h(?:our)?)?)?"
)
_NUMBER = rf"(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?){_UNIT}(?:\s+each)?"
_TO = rf"(?:to|at|of|=|with|up to|at most)?\s*{_NUMBER}"
_TAIL = r"(?:\s+(?:from|to|in|into)\s+(?:the\s+)?(?:medium|media|model))?"

_ITEM = re.compile(
    rf"(?:{_NUMBER}\s+(?:of\s+)?(?P<counted>{_OBJECTS})|(?P<objects>{_OBJECTS})"
    rf"(?:\s*{_TO.replace('number', 'limit')})?){_TAIL}"
)
_SEPARATOR = re.compile(_GLUE)


@dataclass(frozen=True, slots=True)
class _Clause:
    """One clause, with its compounds as marks."""

    text: str
    phrase: str
    mentions: Sequence[str]

    def words(self, marked: str) -> tuple[str, ...]:
        """The compounds that a part of the clause mentions."""
        return tuple(self.mentions[int(number)] for number in re.findall(rf"{_OPEN}(\d+){_CLOSE}", marked))


def edits_in(text: str, known: Sequence[str]) -> tuple[Edit, ...]:
    """The edits that a text asks for, in its order.

    Args:
        text: Such as "remove oxygen and add all amino acids at 1".
        known: Names and ids of compounds and classes that may be mentioned.

    Raises:
        FluxError: `MEDIUM`, naming the phrase that was not understood.
    """
    # Single blanks only: the rules try each blank of a run in turn.
    marked, mentions = _mark_compounds(" ".join(text.replace("\n", " ; ").split()), known)
    edits: list[Edit] = []
    for part in filter(None, (part.strip(" ,") for part in _CLAUSES.split(marked))):
        phrase = re.sub(rf"{_OPEN}(\d+){_CLOSE}", lambda match: mentions[int(match[1])], part)
        edits += _edits(_Clause(part.lower(), phrase, mentions), known)
    if not edits:
        raise FluxError(ErrorClass.MEDIUM, f"'{text}' orders no edit of a medium", suggestions=_HINT)
    return tuple(edits)


_HINT = (f"such as: {'; '.join(EXAMPLES)}",)


def _mark_compounds(text: str, known: Sequence[str]) -> tuple[str, list[str]]:
    """The text with a mark for each mention, and the mentions."""
    words = "|".join(re.escape(word) for word in sorted(known, key=len, reverse=True))
    mentions: list[str] = []
    exact = set(known)

    def mark(match: re.Match[str]) -> str:
        mentions.append(match[0] if match[0] in exact else match[0].lower())
        return f"{_OPEN}{len(mentions) - 1}{_CLOSE}"

    return re.sub(rf"(?<![\w-])(?:{words})(?![\w-])", mark, text, flags=re.IGNORECASE), mentions


def _edits(clause: _Clause, known: Sequence[str]) -> list[Edit]:
    for pattern, make in _RULES:
        match = pattern.fullmatch(clause.text)
        edits = list(make(match, clause)) if match else []
        if edits:
            return edits
    plain = re.sub(rf"{_OPEN}\d+{_CLOSE}", " ", clause.text)
    if re.match(rf"(?:{_RAISE}|{_LOWER}|{_SET})\b", plain) and not re.search(r"\d", plain):
        message = f"the phrase '{clause.phrase}' says no amount"
        hints: tuple[str, ...] = ("say 'to 18.5', or 'by 50 %'",)
    else:
        rest = re.sub(rf"\b(?:{_VERBS})\b", " ", plain).split()
        strange = [word for word in rest if len(word) > len("with")]
        suggestions = tuple(hint for word in strange[-2:] for hint in nearest(word, known))
        message = f"the phrase '{clause.phrase}' was not understood"
        hints = (*suggestions, *_HINT)
    raise FluxError(ErrorClass.MEDIUM, message, suggestions=hints)


Made = Iterator[Edit]


def _items(text: str, clause: _Clause) -> list[tuple[tuple[str, ...], float | None]]:
    """Compounds with the number that goes with them; empty if a part of the text is neither."""
    items: list[tuple[tuple[str, ...], float | None]] = []
    position = 0
    while position < len(text):
        match = _ITEM.match(text, position)
        if match is None:
            return []
        number = match["number"] or match["limit"]
        words = clause.words(match["counted"] or match["objects"])
        items.append((words, float(number) if number else None))
        glue = _SEPARATOR.match(text, match.end())
        position = match.end() if glue is None else glue.end()
        if glue is None and position < len(text):
            return []
    return items


def _read_addition(match: re.Match[str], clause: _Clause) -> Made:
    for words, number in _items(match["rest"], clause):
        yield Edit(action="add", nutrients=words, uptake_mmol_per_gdw_h=number, phrase=clause.phrase)


def _read_removal(match: re.Match[str], clause: _Clause) -> Made:
    items = _items(match["rest"], clause)
    if all(number is None for _, number in items):
        for words, _ in items:
            yield Edit(action="remove", nutrients=words, phrase=clause.phrase)


def _read_setting(action: Action) -> Callable[[re.Match[str], _Clause], Made]:
    def read(match: re.Match[str], clause: _Clause) -> Made:
        items = _items(match["rest"], clause)
        if all(number is not None for _, number in items):
            for words, number in items:
                yield Edit(action=action, nutrients=words, uptake_mmol_per_gdw_h=number, phrase=clause.phrase)

    return read


def _read_step(sign: int) -> Callable[[re.Match[str], _Clause], Made]:
    def read(match: re.Match[str], clause: _Clause) -> Made:
        number, words = float(match["number"]), clause.words(match["objects"])
        kind = match["kind"] or (match["ratio"] and "times") or ""
        if not kind:
            yield Edit(
                action="shift", nutrients=words, uptake_mmol_per_gdw_h=sign * number, phrase=clause.phrase
            )
        elif kind.startswith(("%", "percent")):
            factor = max(1 + sign * number / 100, 0.0)
            yield Edit(action="scale", nutrients=words, factor=factor, phrase=clause.phrase)
        elif number > 0:
            factor = number if sign > 0 else 1 / number
            yield Edit(action="scale", nutrients=words, factor=factor, phrase=clause.phrase)

    return read


def _read_scaling(match: re.Match[str], clause: _Clause) -> Made:
    factor = float(match["number"]) if match["verb"] == "multiply" else _FACTORS[match["verb"]]
    yield Edit(action="scale", nutrients=clause.words(match["objects"]), factor=factor, phrase=clause.phrase)


def _read_swap(match: re.Match[str], clause: _Clause) -> Made:
    old, new = clause.words(match["old"]), clause.words(match["new"])
    if match["verb"] == "substitute" and match["link"] == "for":  # "substitute acetate for glucose"
        old, new = new, old
    yield _replacing(old, new, match["number"], clause)


def _sole(match: re.Match[str], clause: _Clause) -> Made:
    (named,) = clause.words(match["source"])
    if classes_by_name().get(named) == CARBON_SOURCES:
        yield _replacing((CARBON_SOURCES,), clause.words(match["objects"]), match["number"], clause)


def _replacing(old: tuple[str, ...], new: tuple[str, ...], number: str | None, clause: _Clause) -> Edit:
    limit = float(number) if number else None
    return Edit(action="replace", nutrients=old, by=new, uptake_mmol_per_gdw_h=limit, phrase=clause.phrase)


def _read_aeration(match: re.Match[str], clause: _Clause) -> Made:
    yield Edit(action="remove" if match["an"] else "add", nutrients=("oxygen",), phrase=clause.phrase)


_KIND = r"(?P<kind>%|percent|-?fold|times)"
_BY = rf"\s+by\s+(?P<ratio>a factor of\s+)?{_NUMBER}\s*{_KIND}?"
_FOLD = rf"\s+{_NUMBER}\s*(?P<ratio>){_KIND}"
_FOR = "(?P<link>by|with|for|to)"
_ONLY_SOURCE = rf"(?:the\s+|a\s+)?(?:sole\s+|only\s+)?(?P<source>{_OPEN}\d+{_CLOSE})"

_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Clause], Made]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (_AEROBIC, _read_aeration),
        (
            rf"(?:(?:{_USE})\s+)?(?P<objects>{_OBJECTS})(?:\s+{_TO})?\s+as\s+{_ONLY_SOURCE}",
            _sole,
        ),
        (
            rf"(?:(?:{_USE})\s+)?(?P<objects>{_OBJECTS})\s+as\s+{_ONLY_SOURCE}\s+{_TO}",
            _sole,
        ),
        (rf"(?P<verb>{_SCALE})\s+(?P<objects>{_OBJECTS})", _read_scaling),
        (rf"(?P<verb>multiply)\s+(?P<objects>{_OBJECTS})\s+by\s+{_NUMBER}", _read_scaling),
        (
            rf"(?P<verb>{_SWAP})\s+(?P<old>{_OBJECTS})\s+{_FOR}\s+(?P<new>{_OBJECTS})(?:\s+{_TO})?",
            _read_swap,
        ),
        (rf"(?:{_RAISE})\s+(?P<objects>{_OBJECTS}){_BY}", _read_step(1)),
        (rf"(?:{_RAISE})\s+(?P<objects>{_OBJECTS}){_FOLD}", _read_step(1)),
        (rf"(?:{_LOWER})\s+(?P<objects>{_OBJECTS}){_BY}", _read_step(-1)),
        (rf"(?:{_LOWER})\s+(?P<objects>{_OBJECTS}){_FOLD}", _read_step(-1)),
        (rf"(?:{_RAISE})\s+(?P<rest>.+)", _read_setting("raise")),
        (rf"(?:{_LOWER})\s+(?P<rest>.+)", _read_setting("lower")),
        (rf"(?:{_SET})\s+(?P<rest>.+)", _read_setting("set")),
        (rf"(?:{_ADD})\s+(?P<rest>.+)", _read_addition),
        (rf"(?:{_REMOVE})\s+(?P<rest>.+)", _read_removal),
    )
)
