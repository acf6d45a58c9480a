"""Why nothing grows on a medium: the elements that have no source in it, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from cobra import Metabolite

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.media.medium_gaps import explain_no_growth
from fluxagents.tasks.fba.media.medium_request import MediumRequest, resolve_medium


def without(model: Any, *names: str) -> dict[str, float]:
    return dict(resolve_medium(model, MediumRequest(changes=dict.fromkeys(names, 0.0))).uptakes)


def test_a_medium_on_which_the_model_grows_lacks_nothing(textbook: Any) -> None:
    assert explain_no_growth(textbook, textbook.medium) is None


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("ammonium",), "it has no source of nitrogen (such as ammonium, EX_nh4_e)"),
        (("EX_pi_e",), "it has no source of phosphorus (such as phosphate, EX_pi_e)"),
        (("glucose",), "it has no source of carbon (such as glucose, EX_glc__D_e)"),
        (
            ("ammonium", "phosphate"),
            (
                "it has no source of nitrogen (such as ammonium, EX_nh4_e), "
                "phosphorus (such as phosphate, EX_pi_e)"
            ),
        ),
    ],
)
def test_it_names_the_elements_without_a_source(textbook: Any, names: tuple[str, ...], said: str) -> None:
    assert explain_no_growth(textbook, without(textbook, *names)) == f"no growth on it, {said}"


def test_a_vitamin_is_no_lack_of_its_elements(textbook: Any) -> None:
    with textbook:
        vitamin = textbook.metabolites.get_by_id("fum_e")
        biomass = textbook.reactions.get_by_id("Biomass_Ecoli_core")
        textbook.reactions.get_by_id("FRD7").knock_out()
        for reaction in [*vitamin.reactions]:
            if not reaction.boundary:
                reaction.knock_out()
        biomass.add_metabolites({vitamin: -0.001})
        assert explain_no_growth(textbook, textbook.medium) == (
            "no growth on it; the tool check_missing_media finds what is missing"
        )


def test_a_model_that_grows_nowhere_is_not_blamed_on_its_medium(textbook: Any) -> None:
    with textbook:
        biomass = textbook.reactions.get_by_id("Biomass_Ecoli_core")
        biomass.add_metabolites({Metabolite("made_nowhere_c"): -1.0})
        assert explain_no_growth(textbook, textbook.medium) == "no growth on it, nor on any other medium"


def test_the_exchange_of_another_style_means_the_same_compound(textbook: Any) -> None:
    assert without(textbook, "EX_o2(e)") == without(textbook, "oxygen") == without(textbook, "EX_o2_e")


def test_closing_what_a_model_cannot_take_up_changes_nothing_opening_it_is_an_error(textbook: Any) -> None:
    assert without(textbook, "thiamine") == textbook.medium
    with pytest.raises(FluxError, match="no exchange reaction for 'thiamine'") as caught:
        resolve_medium(textbook, MediumRequest(changes={"thiamine": 1.0}))
    assert caught.value.kind is ErrorClass.MEDIUM
