"""Models as other groups write them: small ones of ours in the layout of large public ones."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from scipy.optimize import linprog  # type: ignore[import-untyped]
from tests.support.command_calls import invoke
from tests.support.convention_models import (
    AGORA_GENES,
    GROWTH,
    METABOLITES,
    REACTIONS,
    RULES,
    SUBSYSTEMS,
    YEAST_GENES,
    write_agora,
    write_raven,
)

from fluxagents.workers.commands.tools.tools import tools
from fluxagents.workers.models.reading.model_reader import read_model
from fluxagents.workers.models.reading.refusal import RefusedFileError

FILES = Path(__file__).parents[4] / "data" / "conventions"


@dataclass(frozen=True)
class Convention:
    """What a file must give."""

    name: str
    glucose: str
    oxygen: str
    products: tuple[str, ...]
    biomass: str
    genes: tuple[str, ...]
    subsystems: frozenset[str]
    compartments: frozenset[str]
    reactions: int = 12
    warnings: frozenset[str] = frozenset()

    def read_bytes(self) -> bytes:
        made = {"yeast_gem.mat": write_raven, "agora.mat": write_agora}.get(self.name)
        return made() if made else (FILES / self.name).read_bytes()


YEAST = Convention(
    "yeast_gem.yml",
    glucose="r_1714",
    oxygen="r_1992",
    products=("r_1546", "r_1672", "r_2111"),
    biomass="r_2111",
    genes=YEAST_GENES,
    subsystems=frozenset(
        {
            "Exchange reaction",
            "Transport [c, e]",
            "Oxidative phosphorylation; Citrate cycle (TCA cycle)",
            "Glycolysis / gluconeogenesis",
            "Growth",
        }
    ),
    compartments=frozenset({"c", "e"}),
    warnings=frozenset({"subsystem_joined", "field_left_out"}),
)
HUMAN = Convention(
    "human_gem.yml",
    glucose="MAR09034",
    oxygen="MAR09048",
    products=("MAR09058", "MAR09135", "MAR10024"),
    biomass="MAR13082",
    genes=tuple(f"ENSG00000{number}" for number in (117394, 198804, 198712, 134333, 111716)),
    subsystems=frozenset(
        {
            "Exchange/demand reactions",
            "Transport reactions",
            "Oxidative phosphorylation",
            "Glycolysis / Gluconeogenesis",
            "Artificial reactions",
        }
    ),
    compartments=frozenset({"c", "e"}),
    warnings=frozenset({"field_left_out"}),
)
AGORA = Convention(
    "agora.xml",
    glucose="EX_glc_D(e)",
    oxygen="EX_o2(e)",
    products=("EX_biomass(e)", "EX_co2(e)", "EX_lac_L(e)"),
    biomass="biomass345",
    genes=AGORA_GENES,
    subsystems=frozenset(SUBSYSTEMS.values()),
    compartments=frozenset({"c", "e"}),
)
MODELSEED = Convention(
    "modelseed.xml",
    glucose="EX_cpd00027_e0",
    oxygen="EX_cpd00007_e0",
    products=("EX_cpd00011_e0", "EX_cpd00221_e0", "SK_cpd11416_c0"),
    biomass="bio1",
    genes=tuple(f"fig|83333.1.peg.{number}" for number in range(1, 6)),
    subsystems=frozenset({""}),
    compartments=frozenset({"c0", "e0"}),
)
CARVED = Convention(
    "carveme_fbc2.xml",
    glucose="EX_glc__D_e",
    oxygen="EX_o2_e",
    products=("EX_co2_e", "EX_lac__D_e"),
    biomass="Growth",
    genes=tuple(f"NP_41000{number}_1" for number in range(1, 6)),
    subsystems=frozenset({""}),
    compartments=frozenset({"C_c", "C_e"}),
    reactions=11,
)
CONVENTIONS = (
    YEAST,
    replace(
        YEAST,
        name="yeast_gem.mat",
        subsystems=frozenset(SUBSYSTEMS.values()),
        warnings=frozenset({"charge_unknown"}),
    ),
    HUMAN,
    replace(HUMAN, name="human_gem.xml", warnings=frozenset()),
    AGORA,
    replace(AGORA, name="agora.mat"),
    MODELSEED,
    replace(
        MODELSEED,
        name="gapseq.xml",
        products=("EX_cpd00011_e0", "EX_cpd00221_e0", "EX_cpd11416_c0"),
        genes=tuple(f"NC_000913.3_{number}000_{number}899" for number in range(1, 6)),
        subsystems=frozenset({"Exchange", "Transport", "PWY-3781", "ANAGLYCOLYSIS-PWY; P41-PWY", "Biomass"}),
        warnings=frozenset({"subsystem_joined"}),
    ),
    CARVED,
    replace(
        CARVED,
        name="carveme_cobra.xml",
        subsystems=frozenset({"Exchange", "Transport", "Respiration", "Fermentation", "Growth"}),
    ),
    replace(CARVED, name="carveme_universe.xml", genes=(), warnings=frozenset({"no_genes"})),
)
by_name = pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda convention: convention.name)


def test_the_growth_of_the_network_by_an_independent_program() -> None:
    rows = [[columns.get(name, 0.0) for columns, _ in REACTIONS.values()] for name in METABOLITES]
    solved = linprog(
        [-float(name == "growth") for name in REACTIONS],
        A_eq=rows,
        b_eq=[0.0] * len(rows),
        bounds=[(lowest, 1_000) for _, lowest in REACTIONS.values()],
    )
    assert -solved.fun == pytest.approx(GROWTH, abs=1e-9)


@by_name
def test_a_file_is_read_as_its_group_means_it(convention: Convention) -> None:
    model, warned = read_model(convention.read_bytes(), Path(convention.name).suffix)
    assert model.slim_optimize() == pytest.approx(GROWTH, abs=1e-6)
    assert model.reactions.get_by_id(convention.biomass).flux == pytest.approx(GROWTH, abs=1e-6)
    assert model.medium == {convention.glucose: 10.0, convention.oxygen: 6.0}
    boundary = {reaction.id for reaction in model.boundary}
    assert boundary == {convention.glucose, convention.oxygen, *convention.products}
    assert len(model.reactions) == convention.reactions
    assert {gene.id for gene in model.genes} == set(convention.genes)
    assert all(gene.reactions for gene in model.genes)
    assert {reaction.subsystem for reaction in model.reactions} == convention.subsystems
    assert {metabolite.compartment for metabolite in model.metabolites} == convention.compartments
    assert {warning.kind for warning in warned} == convention.warnings


@by_name
def test_the_rules_of_genes_are_those_of_the_network(convention: Convention) -> None:
    model, _ = read_model(convention.read_bytes(), Path(convention.name).suffix)
    rules = {reaction.gene_reaction_rule for reaction in model.reactions if reaction.gene_reaction_rule}
    assert rules == (
        {rule.format(*convention.genes) for rule in RULES.values()} if convention.genes else set()
    )


@by_name
def test_growth_by_the_command_line(
    convention: Convention, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / convention.name
    file.write_bytes(convention.read_bytes())
    monkeypatch.setenv("FLUXAGENTS_DATA_DIR", str(tmp_path / "data"))
    done = invoke(tools, "call", "run_metabolic_fba", "--model", str(file), "--json")
    result = json.loads(done.stdout)["result"]
    assert result["growth_per_h"] == pytest.approx(GROWTH, abs=1e-5)
    assert result["uptakes_mmol_per_gdw_h"]["values"] == {convention.glucose: 10.0, convention.oxygen: 6.0}


def test_an_object_of_kbase_is_refused_with_the_way_out() -> None:
    with pytest.raises(RefusedFileError, match="object of KBase: export it as SBML"):
        read_model((FILES / "kbase_fbamodel.json").read_bytes(), ".json")
