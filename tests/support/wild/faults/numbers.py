"""Bounds, coefficients and balances that are no plain numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Literal

from hypothesis import strategies as st
from tests.support.wild.draft import ABSENT, Draft
from tests.support.wild.fault import (
    ALL,
    DOCUMENTS,
    MATLAB,
    SBML,
    Faulty,
    Loaded,
    Refused,
    register_fault,
)
from tests.support.wild.network import USUAL_BOUND, Network

_SIDES = ("lower_bound", "upper_bound")


def _reaction(draw: st.DrawFn, network: Network) -> str:
    return draw(st.sampled_from([row.id for row in network.reactions]))


@register_fault(*ALL)
def draw_bound_nan(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    reaction, side = _reaction(draw, network), draw(st.sampled_from(_SIDES))
    draft = Draft(network, cells={(reaction, side): math.nan})
    return Faulty(draft, Refused((reaction, side.removesuffix("_bound"))))


@register_fault(*DOCUMENTS, *SBML)
def draw_bound_that_is_no_number(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    reaction, side = _reaction(draw, network), draw(st.sampled_from(_SIDES))
    values: list[Any] = ["ten", "1000 mmol", "--5"]
    if form in DOCUMENTS:
        values += ["", [0, 10], {"value": 3}, True]
    value = draw(st.sampled_from(values))
    draft = Draft(network, cells={(reaction, side): value})
    named = (reaction, side.removesuffix("_bound")) if form in DOCUMENTS else ()
    return Faulty(draft, Refused((*named, str(value) if isinstance(value, str) else "")))


@register_fault(*DOCUMENTS)
def draw_bound_as_text(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """A number in quotes is that number, and the warning says so."""
    exchange = draw(st.sampled_from([row for row in network.exchanges if row.lower < 0]))
    text = draw(st.sampled_from([str(exchange.lower), f" {exchange.lower:g} ", f"{exchange.lower:e}"]))
    draft = Draft(network, cells={(exchange.id, "lower_bound"): text})
    return Faulty(draft, Loaded(network, warned=(exchange.id,)))


@register_fault(*ALL)
def draw_bounds_crossed(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    reaction = _reaction(draw, network)
    upper = draw(st.sampled_from([2.0, -7.0, 0.0]))
    lower = upper + draw(st.sampled_from([1.0, 3.5]))
    draft = Draft(network, cells={(reaction, "lower_bound"): lower, (reaction, "upper_bound"): upper})
    return Faulty(draft, Refused((reaction, f"{lower:g}", f"{upper:g}")))


@register_fault(*ALL)
def draw_bound_infinite(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """No limit is a limit as good as any; growth has one of its own here."""
    reaction = draw(st.sampled_from([row.id for row in network.reactions if row.id != network.biomass]))

    changed = network.change_reaction(
        reaction,
        lambda row: replace(row, lower=-math.inf if row.lower < 0 else row.lower, upper=math.inf),
    )
    return Faulty(Draft(changed), Loaded(changed))


@register_fault(*ALL)
def draw_bound_beyond_the_usual(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """99999999 and the like are numbers; so is a lower bound above 1000."""
    big = draw(st.sampled_from([99_999_999.0, 1e6, 5_000.0]))
    reactions = tuple(
        replace(
            row,
            lower=-big if row.lower == -USUAL_BOUND else row.lower,
            upper=big if row.upper == USUAL_BOUND else row.upper,
        )
        for row in network.reactions
    )
    changed = replace(network, reactions=reactions)
    return Faulty(Draft(changed), Loaded(changed))


@register_fault(*SBML, *DOCUMENTS)
def draw_bound_missing(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    """The usual bound is assumed, as cobra has it for the format, and the warning names the reaction."""
    reaction, side = _reaction(draw, network), draw(st.sampled_from(_SIDES))
    is_lower, lowest = side == "lower_bound", 0.0 if form in DOCUMENTS else -USUAL_BOUND
    changed = network.change_reaction(
        reaction,
        lambda row: replace(row, lower=lowest) if is_lower else replace(row, upper=USUAL_BOUND),
    )
    value = draw(st.sampled_from([ABSENT, None])) if form in DOCUMENTS else ABSENT
    draft = Draft(changed, cells={(reaction, side): value})
    return Faulty(draft, Loaded(changed, warned=(reaction,)))


@register_fault(*DOCUMENTS)
def draw_coefficient_as_text(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    row = draw(st.sampled_from(network.reactions))
    name = draw(st.sampled_from(sorted(row.metabolites)))
    text = draw(st.sampled_from([str(row.metabolites[name]), f"{row.metabolites[name]:e}"]))
    draft = Draft(network, cells={(row.id, f"coefficient of {name}"): text})
    return Faulty(draft, Loaded(network, warned=(row.id,)))


@register_fault(*DOCUMENTS, *SBML)
def draw_coefficient_that_is_no_number(draw: st.DrawFn, network: Network, form: str) -> Faulty:
    row = draw(st.sampled_from(network.reactions))
    name = draw(st.sampled_from(sorted(row.metabolites)))
    values: list[Any] = ["two", "n", "1/2"]
    if form in DOCUMENTS:
        values += [None, [1], math.nan, math.inf, ""]
    value = draw(st.sampled_from(values))
    draft = Draft(network, cells={(row.id, f"coefficient of {name}"): value})
    named = (row.id,) if form in DOCUMENTS else ()
    return Faulty(draft, Refused((*named, value if isinstance(value, str) else "")))


@register_fault(*MATLAB)
def draw_matrix_with_nan(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    row = draw(st.sampled_from(network.reactions))
    name = draw(st.sampled_from(sorted(row.metabolites)))
    value = draw(st.sampled_from([math.nan, math.inf]))
    return Faulty(Draft(network, cells={(row.id, f"coefficient of {name}"): value}), Refused((row.id,)))


@register_fault("cobra-mat")
def draw_row_that_is_an_inequality(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """`csense` L or G: the right optimum, or the rows by name."""
    names = draw(
        st.lists(st.sampled_from([row.id for row in network.species]), min_size=1, max_size=2, unique=True)
    )
    sense: Literal["L", "G"] = draw(st.sampled_from(["L", "G"]))
    changed = replace(network, rows=dict.fromkeys(names, (sense, 0.0)))
    loaded = Loaded(changed, warned=tuple(names))
    return Faulty(Draft(changed), (loaded, Refused(tuple(names))))


@register_fault(*MATLAB)
def draw_row_with_a_right_hand_side(draw: st.DrawFn, network: Network, _form: str) -> Faulty:
    """`b` other than 0; a sink here, so that all stays feasible."""
    exchange = draw(st.sampled_from([row for row in network.exchanges if row.lower < 0]))
    (name,) = exchange.metabolites
    right = draw(st.sampled_from([0.5, 1.0]))
    changed = replace(network, rows={name: ("E", right)})
    return Faulty(Draft(changed), (Loaded(changed, warned=(name,)), Refused((name, f"{right:g}"))))
