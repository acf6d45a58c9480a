"""The linear program of a model, written to GLPK in one go instead of piece by piece."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import swiglpk as glpk
from cobra import Model
from optlang import glpk_interface


def solve_with_glpk(model: Model, objective: Mapping[int, float], direction: str) -> None:
    """Give a model the linear program that cobra would: two columns a reaction, one row a metabolite.

    Args:
        model: Its reactions and metabolites are complete; what its solver holds is dropped.
        objective: Index in `model.reactions` -> coefficient.
        direction: `max` or `min`.
    """
    problem = glpk.glp_create_prob()
    glpk.glp_set_obj_dir(problem, glpk.GLP_MIN if direction == "min" else glpk.GLP_MAX)
    _add_rows(problem, model)
    _add_columns(problem, model, objective)
    _load_matrix(problem, model)
    glpk.glp_delete_prob(model.solver.problem)
    vars(model)["_solver"] = glpk_interface.Model(problem=problem)
    model.tolerance = model.tolerance  # the new solver's configuration is not the model's yet
    for reaction in model.reactions:
        if any(map(math.isinf, reaction.bounds)):
            reaction.update_variable_bounds()  # optlang reads GLPK's "none" as the largest number there is


def _add_rows(problem: Any, model: Model) -> None:
    if model.metabolites:
        glpk.glp_add_rows(problem, len(model.metabolites))
    for row, metabolite in enumerate(model.metabolites, start=1):
        glpk.glp_set_row_name(problem, row, metabolite.id)
        glpk.glp_set_row_bnds(problem, row, glpk.GLP_FX, 0.0, 0.0)


def _add_columns(problem: Any, model: Model, objective: Mapping[int, float]) -> None:
    glpk.glp_add_cols(problem, 2 * len(model.reactions))
    for index, reaction in enumerate(model.reactions):
        lowest, highest = reaction.bounds
        forward, reverse = 2 * index + 1, 2 * index + 2
        glpk.glp_set_col_name(problem, forward, reaction.id)
        glpk.glp_set_col_name(problem, reverse, reaction.reverse_id)
        _set_bounds(problem, forward, max(lowest, 0.0), max(highest, 0.0))
        _set_bounds(problem, reverse, max(-highest, 0.0), max(-lowest, 0.0))
        if index in objective:
            glpk.glp_set_obj_coef(problem, forward, objective[index])
            glpk.glp_set_obj_coef(problem, reverse, -objective[index])


def _set_bounds(problem: Any, column: int, lowest: float, highest: float) -> None:
    if math.isinf(highest):
        glpk.glp_set_col_bnds(problem, column, glpk.GLP_LO, lowest, 0.0)
    else:
        glpk.glp_set_col_bnds(
            problem, column, glpk.GLP_FX if lowest == highest else glpk.GLP_DB, lowest, highest
        )


def _load_matrix(problem: Any, model: Model) -> None:
    rows = {metabolite: row for row, metabolite in enumerate(model.metabolites, start=1)}
    terms = [
        (rows[metabolite], column, value)
        for index, reaction in enumerate(model.reactions)
        for metabolite, coefficient in reaction.metabolites.items()
        for column, value in ((2 * index + 1, coefficient), (2 * index + 2, -coefficient))
    ]
    at_row, at_column = glpk.intArray(len(terms) + 1), glpk.intArray(len(terms) + 1)
    values = glpk.doubleArray(len(terms) + 1)
    for position, (row, column, value) in enumerate(terms, start=1):
        at_row[position], at_column[position], values[position] = row, column, value
    glpk.glp_load_matrix(problem, len(terms), at_row, at_column, values)
