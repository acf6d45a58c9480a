"""Namespaces of SBML as ElementTree writes them before a name."""

from __future__ import annotations

PREFIXES = {
    "fbc": "http://www.sbml.org/sbml/level3/version1/fbc/version2",
    "groups": "http://www.sbml.org/sbml/level3/version1/groups/version1",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "bqbiol": "http://biomodels.net/biology-qualifiers/",
    "bqmodel": "http://biomodels.net/model-qualifiers/",
}
"""Prefix -> the namespace that libSBML takes it for, whatever it is declared as."""

CORE = "{http://www.sbml.org/sbml/level3/version1/core}"
FBC = f"{{{PREFIXES['fbc']}}}"
GROUPS = f"{{{PREFIXES['groups']}}}"
RDF = f"{{{PREFIXES['rdf']}}}"
BIOLOGY = f"{{{PREFIXES['bqbiol']}}}"
MODEL_QUALIFIERS = f"{{{PREFIXES['bqmodel']}}}"
