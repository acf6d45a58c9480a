"""The options `--medium` and `--change`: under which conditions something runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import click

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.media.library.media_library import MediaLibrary
from fluxagents.tasks.fba.media.library.medium_file import medium_file
from fluxagents.tasks.fba.media.medium_request import MediumRequest
from fluxagents.tasks.ports.media import LibraryMedium
from fluxagents.workers.commands.display.options import Command
from fluxagents.workers.commands.display.warning_lines import print_warning

OWN = "own"
"""What `--medium` calls the model's own medium."""

MEDIUM_WORDS = "NAME|FILE|NUTRIENT=UPTAKE,…"
MEDIUM_HELP = (
    "A medium of the library (`fluxagents media list`), a file, the whole medium as "
    "glucose=10,ammonium=1000,… with names or exchange reactions and largest uptakes in mmol/gDW/h, or "
    f"'{OWN}' for the model's own."
)
CHANGE_WORDS = "NUTRIENT=UPTAKE,…"
CHANGE_HELP = "Change uptakes of the medium, mmol/gDW/h: oxygen=0 or EX_glc__D_e=5,EX_o2_e=0."

_WAYS_OUT = (
    "`fluxagents media list` shows the media of the library",
    "or name a file with a medium, or write glucose=10,oxygen=0 (uptakes in mmol/gDW/h)",
)


def medium_options(command: Command) -> Command:
    """Give a command `--medium` and `--change` for one condition, passed as `medium` and `changes`."""
    text = f"{CHANGE_HELP} May be repeated: all are made together."
    command = click.option("--change", "changes", multiple=True, metavar=CHANGE_WORDS, help=text)(command)
    return click.option("--medium", metavar=MEDIUM_WORDS, help=MEDIUM_HELP)(command)


def media_options(command: Command) -> Command:
    """As `medium_options`, for several conditions, passed as `media` and `changes`."""
    text = f"{CHANGE_HELP} May be repeated: each is made to every medium, and is a condition of its own."
    command = click.option("--change", "changes", multiple=True, metavar=CHANGE_WORDS, help=text)(command)
    text = f"{MEDIUM_HELP} May be repeated."
    return click.option("--medium", "media", multiple=True, metavar=MEDIUM_WORDS, help=text)(command)


def read_request(library: MediaLibrary, medium: str | None, changes: Sequence[str]) -> MediumRequest:
    """One condition from the words of the options; several changes are made together.

    Raises:
        FluxError: `MEDIUM` for what is no medium, with the nearest names.
    """
    uptakes: dict[str, float] = {}
    for text in changes:
        uptakes |= _parse_uptakes(text)
    named = "" if medium is None or medium == OWN else medium
    base = _read_medium(library, named) if named else None
    return MediumRequest("; ".join(filter(None, (named, ",".join(changes)))), base, uptakes)


def read_requests(library: MediaLibrary, media: Sequence[str], changes: Sequence[str]) -> list[MediumRequest]:
    """Every medium with every change; the model's own medium as it is if nothing is named."""
    named = list(dict.fromkeys(media)) or [OWN]
    changed: list[tuple[str, ...]] = [(text,) for text in dict.fromkeys(changes)] or [()]
    return [read_request(library, medium, texts) for medium, texts in product(named, changed)]


def print_notes(notes: Sequence[str]) -> None:
    """Print what a reader should know of the media before anything runs, on standard error."""
    for note in notes:
        print_warning(note, err=True)


def _read_medium(library: MediaLibrary, text: str) -> LibraryMedium | Mapping[str, float]:
    if Path(text).is_file():
        return _read_file(text)
    if "=" in text:
        return _parse_uptakes(text)
    names = library.names()
    if text not in names:
        hints = (*nearest(text, names), *_WAYS_OUT)
        message = f"medium {text!r} is neither in the library nor a file"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=hints)
    return library.medium(text)


def _read_file(file: str) -> LibraryMedium:
    try:
        read = medium_file(Path(file).read_text(encoding="utf-8-sig"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise _medium_error(file, f"the file cannot be read: {error}") from error
    if read.base:
        raise _medium_error(file, f"it builds on {read.base!r}: put it into the folder of your media")
    return LibraryMedium(
        name=Path(file).stem,
        title=read.title or file,
        source=read.source or file,
        convention=read.convention,
        is_users=True,
        warnings=read.warnings,
        components=tuple(part for part in read.components if part.uptake_mmol_per_gdw_h > 0),
    )


def _parse_uptakes(text: str) -> dict[str, float]:
    """Nutrient -> most uptake from `glucose=10,oxygen=0`."""
    uptakes: dict[str, float] = {}
    for part in text.split(","):
        nutrient, equals, uptake = (word.strip() for word in part.rpartition("="))
        if not equals or not nutrient:
            raise _medium_error(text, f"{part!r} is not NUTRIENT=UPTAKE")
        if nutrient in uptakes:
            raise _medium_error(text, f"{nutrient!r} is named twice")
        uptakes[nutrient] = _parse_uptake(text, nutrient, uptake)
    return uptakes


def _parse_uptake(text: str, nutrient: str, uptake: str) -> float:
    try:
        number = float(uptake)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise _medium_error(text, f"uptake {uptake!r} of {nutrient!r} is no number of at least 0")
    return number


def _medium_error(text: str, reason: str) -> FluxError:
    return FluxError(ErrorClass.MEDIUM, f"medium {text!r}: {reason}", suggestions=_WAYS_OUT)
