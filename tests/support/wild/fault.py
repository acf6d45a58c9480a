"""A fault of a file: how it is drawn, in which formats it occurs, and what must come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypothesis import strategies as st
from tests.support.wild import documents, matlab, sbml
from tests.support.wild.draft import Draft
from tests.support.wild.network import Network


@dataclass(frozen=True)
class Format:
    """A way to write a model."""

    suffix: str
    write: Callable[[Draft], bytes]


FORMATS: Mapping[str, Format] = {
    "sbml3-fbc2": Format(".xml", sbml.write_fbc2),
    "sbml3-fbc1": Format(".xml", sbml.write_fbc1),
    "sbml2": Format(".sbml", sbml.write_level2),
    "json": Format(".json", documents.write_json),
    "yaml": Format(".yml", documents.write_yaml),
    "raven-yaml": Format(".yaml", documents.write_raven_yaml),
    "cobra-mat": Format(".mat", matlab.write_cobra_toolbox),
    "raven-mat": Format(".mat", matlab.write_raven),
}

FBC = ("sbml3-fbc2", "sbml3-fbc1")
SBML = (*FBC, "sbml2")
DOCUMENTS = ("json", "yaml", "raven-yaml")
MATLAB = ("cobra-mat", "raven-mat")
ALL = tuple(FORMATS)


@dataclass(frozen=True)
class Loaded:
    """The file must load: with the growth and the gene rules of this network."""

    network: Network
    warned: tuple[str, ...] = ()
    """Warnings must name each of these; without any, and quiet, there may be no warning."""
    is_quiet: bool = True


@dataclass(frozen=True)
class Refused:
    """The file must be refused, with each of these words."""

    words: tuple[str, ...]


Outcome = Loaded | Refused | tuple[Loaded, Refused]
"""What must come out; both where a fault says that either is right."""


@dataclass(frozen=True)
class Faulty:
    """A draft with its fault, and what must come out."""

    draft: Draft
    outcome: Outcome
    change: Callable[[bytes], bytes] = bytes
    """What happens to the bytes that are written."""
    suffix: str = ""
    """Behind the format's own."""


DrawFault = Callable[[st.DrawFn, Network, str], Faulty]


@dataclass(frozen=True)
class Fault:
    """A kind of fault."""

    formats: tuple[str, ...]
    draw: DrawFault


FAULTS: dict[str, Fault] = {}
"""Kind -> fault."""


def register_fault(*formats: str) -> Callable[[DrawFault], DrawFault]:
    """Enter a function under its own name, less the `draw_` before it."""

    def enter(draw: DrawFault) -> DrawFault:
        kind = draw.__name__.removeprefix("draw_")
        assert kind not in FAULTS
        FAULTS[kind] = Fault(formats, draw)
        return draw

    return enter
