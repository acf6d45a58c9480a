"""The offline planner understands questions, and says so when it does not."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from tests.support.decisions import decide_with, state_at

from fluxagents.flows.commands import AskHuman, CallTool, Decision, Finish
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.state import Finding, Note
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.decider import Decider, messages_of
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.planner.offline_planner import OfflinePlanner

ESSENTIAL = "analyze_essentiality"
FBA = "run_metabolic_fba"
FVA = "run_flux_variability_analysis"
MEDIA = "find_minimal_media"
ENVELOPE = "run_production_envelope"
APPLY = "apply_medium"
LIMITS = "analyze_limitations"
PLANE, CULTURE = "run_phase_plane", "run_dynamic_fba"
SCREEN = "screen_nutrients"
SOURCES = ["EX_fru_e", "EX_mal__L_e", "EX_for_e"]


def on(exchange: str, limit: float = 10.0) -> dict[str, Any]:
    return {"medium_changes": {"EX_glc__D_e": 0.0, exchange: limit}}


def batch(**starts: float) -> dict[str, Any]:
    """Substances with their concentrations at the beginning, mmol/L."""
    return {"substances": [{"exchange": name, "start_mmol_per_l": start} for name, start in starts.items()]}


def at(**limits: float) -> dict[str, Any]:
    return {"medium_changes": {f"EX_{name}": limit for name, limit in limits.items()}}


NO_OXYGEN = at(o2_e=0.0)
TABLE = "sha256:" + "0123456789abcdef" * 4
ENZYMES = "run_enzyme_constrained_fba"
LETHALS, CUT_SETS = "find_synthetic_lethals", "find_minimal_cut_sets"

COMPARE, DELETE, DRAW = "compare_models", "run_gene_deletion_analysis", "draw_flux_map"

QUESTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("Which genes are essential for growth?", ESSENTIAL, {}),
    ("List the essential genes of this model", ESSENTIAL, {}),
    ("Which genes can the cell not live without?", ESSENTIAL, {}),
    ("Which genes are lethal when knocked out?", ESSENTIAL, {}),
    ("How many genes are essential?", ESSENTIAL, {}),
    ("Which genes are non-essential?", ESSENTIAL, {}),
    ("Find all indispensable genes on succinate", ESSENTIAL, on("EX_succ_e")),
    ("which genes are essential on acetate?", ESSENTIAL, on("EX_ac_e")),
    ("Which reactions are essential without oxygen?", ESSENTIAL, NO_OXYGEN),
    ("Which genes are essential when oxygen is absent?", ESSENTIAL, NO_OXYGEN),
    ("Is the reaction ENO essential anaerobically?", ESSENTIAL, {**NO_OXYGEN, "reactions": ["ENO"]}),
    ("Is b0720 essential?", ESSENTIAL, {"genes": ["b0720"]}),
    ("What happens if gene b0720 is knocked out?", ESSENTIAL, {"genes": ["b0720"]}),
    ("What is the growth rate when b0720 is knocked out?", ESSENTIAL, {"genes": ["b0720"]}),
    ("Essential genes with a threshold of 5 %", ESSENTIAL, {"threshold_fraction_of_wild_type": 0.05}),
    (
        "Which genes are essential in minimal medium with acetate as carbon source?",
        ESSENTIAL,
        on("EX_ac_e"),
    ),
    (
        "Which gene deletions lower growth by more than 10 %?",
        ESSENTIAL,
        {"threshold_fraction_of_wild_type": 0.9},
    ),
    ("gene deletions that lower growth to below 30 %", ESSENTIAL, {"threshold_fraction_of_wild_type": 0.3}),
    ("Does the cell survive without eno?", ESSENTIAL, {"genes": ["eno"]}),
    ("How fast does it grow on acetate?", FBA, on("EX_ac_e")),
    ("Oxygen-limited growth, at most 10 mmol/gDW/h O2", FBA, at(o2_e=10.0)),
    ("microaerobic growth with oxygen at 2", FBA, at(o2_e=2.0)),
    ("What happens to growth when the oxygen drops to 1?", FBA, at(o2_e=1.0)),
    ("Is oxygen needed for growth?", FBA, NO_OXYGEN),
    ("Growth with neither oxygen nor glucose", FBA, at(o2_e=0.0, glc__D_e=0.0)),
    ("¿Puede crecer solo con acetato?", FBA, on("EX_ac_e")),
    ("Does feeding acetate on top of the glucose make it grow faster?", FBA, at(ac_e=10.0)),
    ("would more ammonium increase growth?", LIMITS, {"nutrients": ["EX_nh4_e"]}),
    ("Does adding oxygen increase growth?", LIMITS, {}),
    (
        "Which differences to iJO1366 change growth?",
        "compare_models",
        {"models": ["iJO1366"], "effects": True},
    ),
    ("How long until glucose is used up?", CULTURE, batch(EX_glc__D_e=10.0)),
    ("When is the glucose used up?", CULTURE, batch(EX_glc__D_e=10.0)),
    ("Run a dynamic FBA for 10 hours", CULTURE, {"hours": 10.0}),
    ("Dynamische FBA über 10 Stunden", CULTURE, {"hours": 10.0}),
    ("How much biomass is there after 5 h?", CULTURE, {"hours": 5.0}),
    ("simulate a batch culture over time, 20 mmol/L glucose", CULTURE, batch(EX_glc__D_e=20.0)),
    (
        "batch culture with 20 mM glucose and 5 mM acetate without oxygen",
        CULTURE,
        {**NO_OXYGEN, **batch(EX_glc__D_e=20.0, EX_ac_e=5.0)},
    ),
    (
        "Simulate the diauxic shift from glucose to acetate over 12 hours",
        CULTURE,
        {"hours": 12.0, **batch(EX_glc__D_e=10.0, EX_ac_e=0.0)},
    ),
    (
        "A chemostat at a dilution rate of 0.3, for 60 hours",
        CULTURE,
        {
            "hours": 60.0,
            "culture": "chemostat",
            "dilution_per_h": 0.3,
            "substances": [{"exchange": "EX_glc__D_e", "start_mmol_per_l": 10.0, "feed_mmol_per_l": 10.0}],
        },
    ),
    ("How much acetate accumulates in a batch culture?", CULTURE, batch(EX_glc__D_e=10.0, EX_ac_e=0.0)),
    (
        "A chemostat at D = 0.3: how much acetate is secreted?",
        CULTURE,
        {
            "culture": "chemostat",
            "dilution_per_h": 0.3,
            "substances": [
                {"exchange": "EX_glc__D_e", "start_mmol_per_l": 10.0, "feed_mmol_per_l": 10.0},
                {"exchange": "EX_ac_e", "start_mmol_per_l": 0.0},
            ],
        },
    ),
    (
        "Fed-batch: start with 5 mM glucose, feed 20 mL/h with 500 mM glucose",
        CULTURE,
        {
            "culture": "fed_batch",
            "feed_l_per_h": 0.02,
            "substances": [{"exchange": "EX_glc__D_e", "start_mmol_per_l": 5.0, "feed_mmol_per_l": 500.0}],
        },
    ),
    (f"Does the model agree with my Biolog plate {TABLE}?", SCREEN, {"phenotype_table": TABLE}),
    ("How sensitive is growth to PGI?", "run_robustness", {"reaction": "PGI"}),
    ("How fast does it grow with an enzyme pool of 0.05 g/gDW?", ENZYMES, {"pool_g_per_gdw": 0.05}),
    ("Growth with a protein pool of 0.1 g/gDW and the default kcats", ENZYMES, {"pool_g_per_gdw": 0.1}),
    (
        "growth with enzyme limits from the table sha256:abcdef0123456789",
        ENZYMES,
        {"enzyme_table": "sha256:abcdef0123456789"},
    ),
    ("synthetic lethals of order 3", LETHALS, {"kind": "reactions", "most_knock_outs": 3}),
    ("Which sets of 3 reactions are lethal together?", LETHALS, {"kind": "reactions", "most_knock_outs": 3}),
    ("Synthetic lethals up to order 2, genes", LETHALS, {"kind": "genes", "most_knock_outs": 2}),
    ("triple gene deletions", LETHALS, {"kind": "genes", "most_knock_outs": 3}),
    (
        "Cut sets that force ethanol at a yield of at least 0.5 mol per mol of glucose, up to 2 knock-outs",
        CUT_SETS,
        {"product_exchange": "EX_etoh_e", "most_knock_outs": 2, "min_yield_mol_per_mol": 0.5},
    ),
    (
        "minimal cut sets for succinate with at least 0.3 mol/mol, keeping 20 % growth",
        CUT_SETS,
        {
            "product_exchange": "EX_succ_e",
            "min_yield_mol_per_mol": 0.3,
            "min_growth_fraction_of_wild_type": 0.2,
        },
    ),
    ("Which nutrients is growth most sensitive to?", LIMITS, {}),
    (
        "vary oxygen from 0 to 20 and plot growth",
        "run_robustness",
        {"reaction": "EX_o2_e", "lowest_mmol_per_gdw_h": 0.0, "highest_mmol_per_gdw_h": 20.0},
    ),
    ("growth over glucose and oxygen as a plane", PLANE, {"first": "EX_glc__D_e", "second": "EX_o2_e"}),
    ("growth as a function of acetate and oxygen", PLANE, {"first": "EX_ac_e", "second": "EX_o2_e"}),
    ("Which of fructose, malate and formate is the best carbon source?", SCREEN, {"sources": SOURCES}),
    ("best substrate for anaerobic growth", SCREEN, NO_OXYGEN),
    ("Is the ED pathway active?", "analyze_pathway", {"pathway": "Entner-Doudoroff"}),
    ("flux through FBA", "analyze_pathway", {"reactions": ["FBA"]}),
    ("Which genes encode PFK?", "analyze_pathway", {"reactions": ["PFK"]}),
    ("optimise the medium for 0.6 1/h", "optimize_media_composition", {"min_growth_per_h": 0.6}),
    ("mol succinate per mol glucose", ENVELOPE, {"product_exchange": "EX_succ_e"}),
    ("Is anything lost when it is written as SBML and read back?", "test_modelseed_cobra_compatibility", {}),
    ("Does it grow better with succinate or with fumarate?", FBA, on("EX_succ_e")),
    ("How fast does it grow on acetate at 20?", FBA, on("EX_ac_e", 20.0)),
    ("Can it grow on ethanol as the sole carbon source?", FBA, on("EX_etoh_e")),
    ("Growth on 20 mmol/gDW/h succinate instead of glucose", FBA, on("EX_succ_e", 20.0)),
    ("How fast does it grow anaerobically?", FBA, NO_OXYGEN),
    ("Does it grow without oxygen?", FBA, NO_OXYGEN),
    ("If I remove oxygen from the medium, how fast does it grow?", FBA, NO_OXYGEN),
    ("And without oxygen?", FBA, NO_OXYGEN),
    ("How fast does it grow with glucose at 18.5?", FBA, at(glc__D_e=18.5)),
    (
        "What is the growth rate with a glucose uptake of 18.5 mmol/gDW/h and no oxygen?",
        FBA,
        at(glc__D_e=18.5, o2_e=0.0),
    ),
    ("How fast would the cell grow if oxygen is limited to 5?", FBA, at(o2_e=5.0)),
    ("growth with glucose at 5 and acetate at 3", FBA, at(glc__D_e=5.0, ac_e=3.0)),
    ("on acetate plus glucose, how fast does it grow?", FBA, at(ac_e=10.0)),
    ("How fast does it grow on a mixture of acetate and glucose?", FBA, at(ac_e=10.0)),
    (
        "Growth under anaerobic conditions on fumarate",
        FBA,
        {**on("EX_fum_e")} | at(glc__D_e=0.0, fum_e=10.0, o2_e=0.0),
    ),
    ("How fast does it grow with EX_fru_e at 7?", FBA, at(fru_e=7.0)),
    ("What does it secrete without oxygen?", FBA, NO_OXYGEN),
    ("Show me the flux distribution", FBA, {}),
    ("Maximise ATPM", FBA, {"objective": "ATPM"}),
    ("Which reactions are blocked?", FVA, {"fraction_of_optimum": 0.0}),
    ("Which reactions are blocked at 90% of the best growth?", FVA, {"fraction_of_optimum": 0.9}),
    ("Which fluxes are variable (FVA)?", FVA, {}),
    ("Run FVA at 95% of the optimum", FVA, {"fraction_of_optimum": 0.95}),
    ("Which reactions carry no flux without oxygen?", FVA, {"fraction_of_optimum": 0.0} | NO_OXYGEN),
    ("What is the flux range of PGI and EX_o2_e?", FVA, {"reactions": ["PGI", "EX_o2_e"]}),
    ("What is the minimal medium?", MEDIA, {}),
    ("Which nutrients are needed for growth?", MEDIA, {}),
    ("What does it need to grow?", MEDIA, {}),
    ("Minimal medium for anaerobic growth", MEDIA, NO_OXYGEN),
    ("How much succinate can it make?", ENVELOPE, {"product_exchange": "EX_succ_e"}),
    ("Show the production envelope of ethanol", ENVELOPE, {"product_exchange": "EX_etoh_e"}),
    (
        "What is the maximum yield of lactate without oxygen?",
        ENVELOPE,
        {**NO_OXYGEN, "product_exchange": "EX_lac__D_e"},
    ),
    ("Is growth coupled to acetate production?", ENVELOPE, {"product_exchange": "EX_ac_e"}),
    ("Add acetate to the medium", APPLY, at(ac_e=10.0)),
    ("Remove oxygen from the medium", APPLY, NO_OXYGEN),
    ("Set glucose uptake to 5", APPLY, at(glc__D_e=5.0)),
    ("Double the glucose uptake", APPLY, at(glc__D_e=20.0)),
    ("Increase the glucose uptake by 50 %", APPLY, at(glc__D_e=15.0)),
    ("Replace glucose with acetate", APPLY, on("EX_ac_e")),
    ("Remove glucose and add 15 mmol/gDW/h fructose to the medium", APPLY, on("EX_fru_e", 15.0)),
    ("Change the medium to anaerobic conditions", APPLY, NO_OXYGEN),
    ("What differs between this model and the model without pfkA?", COMPARE, {"without": ["pfkA"]}),
    ("Vergleiche das Modell mit einem ohne pfkA", COMPARE, {"without": ["pfkA"]}),
    ("Grow iJO1366 and iML1515 together", "analyze_community", {"models": ["iJO1366", "iML1515"]}),
    ("Which gene knockouts make it grow faster than the wild type?", DELETE, {}),
    ("I want a strain model lacking pfkA and pfkB", "knock_out", {"genes": ["pfkA", "pfkB"]}),
    ("nitrogen sources that work anaerobically", SCREEN, {**NO_OXYGEN, "elements": ["nitrogen"]}),
    ("Is the PGI flux unique at the optimum?", FVA, {"fraction_of_optimum": 1.0, "reactions": ["PGI"]}),
    ("Wie schnell wächst es mit einem Enzympool von 0,05 g/gTG?", ENZYMES, {"pool_g_per_gdw": 0.05}),
    (
        "with an enzyme pool of 0.05 g/gDW, how fast does it grow anaerobically?",
        ENZYMES,
        {**NO_OXYGEN, "pool_g_per_gdw": 0.05},
    ),
    ("What is secreted under fermentive conditions?", FBA, NO_OXYGEN),
    ("Does it need phosphate to grow?", FBA, at(pi_e=0.0)),
    ("Rendement maximal d'éthanol à partir du glucose ?", ENVELOPE, {"product_exchange": "EX_etoh_e"}),
    ("Succinate secretion if I knock out ldhA and pta", FBA, {"knock_outs": ["ldhA", "pta"]}),
    (
        "Show the fluxes of the wild type and of the pgi knockout side by side on a map",
        DRAW,
        {"knock_outs": ["pgi"], "compared_with": {}},
    ),
    ("how does growth depend on the maintenance ATP demand?", "run_robustness", {"reaction": "ATPM"}),
    (
        "Batch on 20 mM glucose from 0.05 gDW/L in 2 L: when is the sugar gone?",
        CULTURE,
        {**batch(EX_glc__D_e=20.0), "initial_biomass_gdw_per_l": 0.05, "volume_l": 2.0},
    ),
    ("find all metabolites with phosphate in the name", "search_biochem", {"words": "phosphate"}),
]


def decide(question: str, *, prompt: str = "tool_selection", left: int = 8, **state: Any) -> Decision:
    decider = Decider(OfflinePlanner(), "offline-planner", PromptManager(), TOOLS)
    verdict = decider.decide(state_at(question, **state), decide_with(prompt=prompt, left=left))
    assert verdict.error is None, verdict.error
    assert verdict.decision is not None
    return verdict.decision


def finding(number: int, tool: str, args: dict[str, Any], **found: Any) -> Finding:
    return Finding(id=f"f{number}", tool=tool, args=args, key_findings={"status": "optimal", **found})


def read_answer(decision: Decision) -> str:
    assert isinstance(decision, Finish), decision
    return decision.answer


@pytest.mark.parametrize(("question", "tool", "args"), QUESTIONS, ids=[row[0] for row in QUESTIONS])
def test_a_question_becomes_a_call_with_its_arguments(question: str, tool: str, args: dict[str, Any]) -> None:
    assert decide(question) == CallTool(tool=tool, args=args)


@pytest.mark.parametrize(
    "question",
    [
        "What is the growth rate?",
        "Tell me about the model",
        "How many reactions are there?",
        "What is the objective?",
    ],
)
def test_what_is_known_already_is_not_computed_again(question: str) -> None:
    assert "Answered by" in read_answer(decide(question))


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("What is the weather today?", "does not understand this question"),
        ("Which genes are essential on xylitol?", "I do not understand the condition 'xylitol'"),
        ("Which genes are essential in LB?", "I do not understand the condition 'LB'"),
        ("Gapfill the model", "gapfill_model needs 'universal'"),
        ("Simulate a fed-batch", "A fed-batch needs its feed"),
        ("simulate a chemostat", "A chemostat needs its dilution rate"),
        (
            "Compare the growth predictions with my phenotype table",
            "What was observed comes as a stored table",
        ),
        (
            "minimal cut sets for succinate with a yield above 0.3",
            "The least yield of cut sets is in mol/mol",
        ),
        ("minimal cut sets for succinate with at least 0.3 g/g", "The least yield of cut sets is in mol/mol"),
        ("growth on 10 mM glucose", "No tool here can turn a concentration"),
        ("How long does the lag phase last?", "No tool here can model kinetics or regulation"),
        ("growth rate at pH 5", "No tool here can model pH or temperature"),
        ("oxygen-limited growth", "I do not understand the condition 'oxygen'"),
        ("microaerobic growth", "I do not understand the condition 'oxygen'"),
        ("growth on cellulose", "I do not understand the condition 'cellulose'"),
        ("Describe the biomass composition", "No tool here can list what biomass is made of"),
        ("1 % glucose in a shake flask, how fast do they grow?", "I do not understand the condition"),
        ("How does knocking out the transporter affect growth?", "what is not named by its id"),
        ("What if the reactions PGI and PFK are deleted?", "several genes or reactions at once"),
        ("How much of it can be produced?", "which product is meant"),
    ],
)
def test_what_it_cannot_do_it_says_and_names_three_that_are_near(question: str, says: str) -> None:
    answer = read_answer(decide(question))
    assert says in answer
    assert len(answer.splitlines()) == 2
    assert "Nearest: " in answer


def test_the_parts_of_a_question_are_called_in_turn_and_then_it_stops() -> None:
    question = "How fast does it grow on acetate and which genes are essential anaerobically?"
    first, second = finding(3, FBA, on("EX_ac_e")), finding(4, ESSENTIAL, NO_OXYGEN)
    known = state_at(question).findings
    assert decide(question) == CallTool(tool=FBA, args=on("EX_ac_e"))
    assert decide(question, findings=(*known, first)) == CallTool(tool=ESSENTIAL, args=NO_OXYGEN)
    answer = read_answer(decide(question, findings=(*known, first, second)))
    assert answer == f"Answered by {FBA}, {ESSENTIAL}."


@pytest.mark.parametrize(
    ("question", "calls"),
    [
        ("Compare growth with and without oxygen", [NO_OXYGEN]),
        (
            "Compare growth on acetate and succinate",
            [on("EX_ac_e"), on("EX_succ_e")],
        ),
        ("How does growth on acetate compare with glucose?", [on("EX_ac_e")]),
        ("What is the growth rate? And without oxygen?", [NO_OXYGEN]),
    ],
)
def test_a_comparison_is_one_call_for_each_condition(question: str, calls: list[dict[str, Any]]) -> None:
    findings = list(state_at(question).findings)
    for args in calls:
        assert decide(question, findings=findings) == CallTool(tool=FBA, args=args)
        findings.append(finding(len(findings) + 1, FBA, args))
    read_answer(decide(question, findings=findings))


@pytest.mark.parametrize(
    ("question", "uptake", "oxygen"),
    [
        ("Compare growth on glucose, acetate and succinate", 10, "aerobic"),
        ("Can it use glucose, acetate or succinate as sole carbon source?", 10, "aerobic"),
        ("Which of glucose, acetate and succinate support growth without oxygen?", 10, "anaerobic"),
        ("Does it grow on glucose, acetate and succinate at 20 mmol/gDW/h?", 20, "aerobic"),
    ],
)
def test_several_named_sources_are_one_screen(question: str, uptake: float, oxygen: str) -> None:
    sources = ["EX_glc__D_e", "EX_ac_e", "EX_succ_e"]
    args = {"sources": sources, "uptake_mmol_per_gdw_h": uptake, "oxygen": oxygen}
    assert decide(question) == CallTool(tool="screen_nutrients", args=args)


def test_a_number_after_the_last_of_two_sources_is_that_of_both() -> None:
    question = "Growth on acetate and succinate at 20 mmol/gDW/h each"
    assert decide(question) == CallTool(tool=FBA, args=on("EX_ac_e", 20.0))


def test_conditions_that_open_a_sentence_hold_for_all_of_it() -> None:
    question = "Without oxygen, how fast does it grow and which genes are essential?"
    findings = [*state_at(question).findings, finding(3, FBA, NO_OXYGEN)]
    assert decide(question, findings=findings) == CallTool(tool=ESSENTIAL, args=NO_OXYGEN)


def test_what_is_asked_after_a_change_waits_for_it_and_is_asked_of_the_new_model() -> None:
    question = "Add acetate to the medium and tell me the growth"
    known = state_at(question).findings
    change = finding(3, APPLY, at(ac_e=10.0)).model_copy(update={"model": known[0].model})
    assert decide(question) == CallTool(tool=APPLY, args=at(ac_e=10.0))
    after = decide(question, findings=(*known, change), model="sha256:" + "9" * 64)
    assert after == CallTool(tool=FBA, args={})


def test_a_rejected_change_is_not_asked_for_again() -> None:
    note = Note(by="ada", about=APPLY, text="rejected: too early")
    answer = read_answer(decide("Add acetate to the medium", notes=[note]))
    assert answer == "apply_medium was not run: ada rejected: too early."


def test_a_number_that_is_missing_is_asked_for_and_then_used() -> None:
    asked = decide("Increase glucose uptake")
    assert asked == AskHuman(question="Which uptake should 'EX_glc__D_e' get, in mmol/gDW/h?")
    note = Note(by="ada", about=asked.question, text="make it 15, please")
    assert decide("Increase glucose uptake", notes=[note]) == CallTool(tool=APPLY, args=at(glc__D_e=15.0))


def error(
    message: str, *suggestions: str, kind: ErrorClass = ErrorClass.MEDIUM, tool: str = FBA
) -> ErrorInfo:
    return FluxError(kind, message, suggestions=suggestions).info(tool)


def test_an_exchange_that_the_model_has_not_is_named() -> None:
    missing = error("exchange 'EX_zn2_e' is not in model 'x'", "nearest: EX_o2_e")
    answer = read_answer(decide("Growth without zinc", errors=[missing], open_errors=1))
    assert answer.startswith("The model has no exchange reaction for 'zinc'.")


def test_an_id_in_another_style_is_taken_from_the_error() -> None:
    missing = error("exchange 'EX_ac_e' is not in model 'x'", "nearest: EX_ac(e), EX_akg(e)")
    again = decide("How fast does it grow on acetate?", errors=[missing], open_errors=1)
    assert again == CallTool(tool=FBA, args=on("EX_ac(e)"))


def test_several_genes_that_are_named_get_their_ids_from_one_error() -> None:
    hints = ("gene 'ldhA' has the id 'b1380'", "gene 'pta' has the id 'b2297'")
    unknown = error(
        "knock-out 'ldhA' is no gene or reaction of model 'x'", *hints, kind=ErrorClass.UNKNOWN_ID
    )
    again = decide("Succinate secretion if I knock out ldhA and pta", errors=[unknown], open_errors=1)
    assert again == CallTool(tool=FBA, args={"knock_outs": ["b1380", "b2297"]})


@pytest.mark.parametrize(
    "said",
    [
        "exchange 'EX_o2' is not in model 'x'",
        "reaction 'EX_o2' is not in model 'x'",
        "gene 'b1' is not in model 'x'",
    ],
)
def test_an_error_about_an_id_that_the_call_does_not_name_is_of_another_call(said: str) -> None:
    other = error(said, kind=ErrorClass.UNKNOWN_ID)
    again = decide("How fast does it grow without oxygen?", errors=[other], open_errors=1)
    assert isinstance(again, CallTool)
    assert again.args["medium_changes"] == {"EX_o2_e": 0}
    own = error("gene 'b0720' is not in model 'x'", kind=ErrorClass.UNKNOWN_ID, tool=ESSENTIAL)
    assert "failed" in read_answer(decide("Is b0720 essential?", errors=[own], open_errors=1))


def test_a_call_that_failed_is_not_repeated_but_a_timeout_is_tried_once_more() -> None:
    question = "Which genes are essential?"
    bad = error("no growth", kind=ErrorClass.SOLVER, tool=ESSENTIAL)
    assert "failed: no growth" in read_answer(decide(question, errors=[bad], open_errors=1))
    slow = error("too slow", kind=ErrorClass.TIMEOUT, tool=ESSENTIAL)
    assert decide(question, errors=[slow], open_errors=1) == CallTool(tool=ESSENTIAL, args={})
    read_answer(decide(question, errors=[slow, slow], open_errors=2))


@pytest.mark.parametrize("hint", ["use 'fba'", "use method 'fba'"])
def test_what_an_error_advises_for_an_argument_is_followed_once(hint: str) -> None:
    question = "How fast does it grow without oxygen?"
    lost = error("no least flux", hint, kind=ErrorClass.NUMERICAL)
    again = decide(question, errors=[lost], open_errors=1)
    assert again == CallTool(tool=FBA, args={**NO_OXYGEN, "method": "fba"})
    assert "failed: no least flux" in read_answer(decide(question, errors=[lost, lost], open_errors=2))
    done = finding(3, FBA, again.args)
    known = (*state_at(question).findings, done)
    assert "Answered by" in read_answer(decide(question, findings=known, errors=[lost]))


def test_advice_that_the_schema_does_not_know_is_not_followed() -> None:
    lost = error("no least flux", "use 'magic'", "use solver 'fba'", kind=ErrorClass.NUMERICAL)
    answer = read_answer(decide("How fast does it grow without oxygen?", errors=[lost], open_errors=1))
    assert "failed: no least flux" in answer


def test_a_human_who_was_called_after_failures_ends_it_or_lets_it_go_on() -> None:
    question, about = "Which genes are essential?", "3 failures in a row (solver): no. What should be done?"
    stop = Note(by="ada", about=about, text="leave it")
    assert "ada said: leave it" in read_answer(decide(question, notes=[stop]))
    again = Note(by="ada", about=about, text="try again")
    assert decide(question, notes=[again]) == CallTool(tool=ESSENTIAL, args={})


def test_the_last_step_is_kept_for_an_end() -> None:
    assert "last step" in read_answer(decide("Which genes are essential?", left=1))


def test_the_medium_of_the_run_goes_with_every_analysis() -> None:
    medium = {"EX_glc__D_e": 5, "EX_o2_e": 1000}
    call = decide("Which genes are essential?", inputs={"medium": medium})
    assert call == CallTool(tool=ESSENTIAL, args={"medium": medium})


def test_without_growth_it_looks_for_nutrients_and_tries_them() -> None:
    question = "Which genes are essential?"
    medium = {"EX_o2_e": 1000.0}
    poor = [
        *state_at(question).findings[:1],
        finding(2, FBA, {"medium": medium, "method": "fba"}).model_copy(
            update={"key_findings": {"status": "zero_growth", "growth_per_h": 0.0}}
        ),
    ]
    search = decide(question, prompt="no_growth", findings=poor, inputs={"medium": medium})
    assert search == CallTool(tool=MEDIA, args={"min_growth_per_h": 0.1, "open_exchanges": True})
    media = {"count": 1, "uptakes_mmol_per_gdw_h": [{"values": {"EX_o2_e": 1.0, "EX_glc__D_e": 1.0}}]}
    poor.append(finding(3, MEDIA, search.args, media=media))
    attempt = decide(question, prompt="no_growth", findings=poor, inputs={"medium": medium})
    assert attempt == CallTool(tool=FBA, args={"medium": medium, **at(glc__D_e=10.0)})
    poor.append(finding(4, FBA, attempt.args))
    answer = read_answer(decide(question, prompt="no_growth", findings=poor, inputs={"medium": medium}))
    assert answer == "The medium lacks what growth needs; it grows with EX_glc__D_e added."


def test_the_same_prompt_gives_the_same_answer() -> None:
    decider = Decider(OfflinePlanner(), "offline-planner", PromptManager(), TOOLS)
    messages = messages_of(
        decider.request(state_at("Which genes are essential?"), decide_with()), "offline-planner"
    )
    chat = OfflinePlanner().bind_tools(_schemas(decide_with().tools))
    first, second = chat.invoke(messages), chat.invoke(messages)
    assert first.tool_calls == second.tool_calls
    assert first.response_metadata["model_name"] == "offline-planner"


def _schemas(names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": n, "description": "", "parameters": {}}} for n in names]


def test_a_prompt_without_its_sections_is_refused() -> None:
    with pytest.raises(FluxError, match="the offline planner cannot read this prompt"):
        OfflinePlanner().invoke([HumanMessage("Which genes are essential?")])


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("How fast does it grow? Use PGI as biomass.", FBA),
        ("Which genes are essential with PGI as the biomass reaction?", ESSENTIAL),
    ],
)
def test_a_question_names_the_biomass_reaction(question: str, tool: str) -> None:
    assert decide(question) == CallTool(tool=tool, args={"biomass": "PGI"})


def test_the_biomass_reaction_of_the_run_goes_to_each_tool_that_has_growth() -> None:
    inputs = {"biomass": "PGI"}
    decision = decide("Which genes are essential?", inputs=inputs)
    assert isinstance(decision, CallTool)
    assert (decision.tool, decision.args) == (ESSENTIAL, {"biomass": "PGI"})
