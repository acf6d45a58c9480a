"""The smallest set that has a member of each given set: an integer program, solved exactly by GLPK."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError

LIMIT_MS = 120_000


def smallest_hitting_set(
    universe: Sequence[str], hit: Sequence[Collection[str]], excluded: Sequence[Collection[str]]
) -> tuple[str, ...] | None:
    """The smallest subset of the universe that meets every set of `hit` and contains none of `excluded`.

    Returns:
        The members in the order of the universe, or None if there is no such subset.

    Raises:
        FluxError: `TIMEOUT` if GLPK does not prove an optimum in `LIMIT_MS`, `SOLVER` if it fails.
    """
    import swiglpk as glpk

    problem = glpk.glp_create_prob()
    try:
        columns = {name: glpk.glp_add_cols(problem, 1) for name in universe}
        for column in columns.values():
            glpk.glp_set_col_kind(problem, column, glpk.GLP_BV)
            glpk.glp_set_obj_coef(problem, column, 1.0)
        for members in hit:
            _add_row(problem, [columns[name] for name in sorted(members)], glpk.GLP_LO, 1.0)
        for members in excluded:
            _add_row(problem, [columns[name] for name in sorted(members)], glpk.GLP_UP, len(members) - 1.0)
        parameters = glpk.glp_iocp()
        glpk.glp_init_iocp(parameters)
        parameters.msg_lev = glpk.GLP_MSG_OFF
        parameters.presolve = glpk.GLP_ON
        parameters.tm_lim = LIMIT_MS
        code = glpk.glp_intopt(problem, parameters)
        status = glpk.glp_mip_status(problem)
        if code == glpk.GLP_ENOPFS or (code == 0 and status == glpk.GLP_NOFEAS):
            return None
        if code != 0 or status != glpk.GLP_OPT:
            kind = ErrorClass.TIMEOUT if code == glpk.GLP_ETMLIM else ErrorClass.SOLVER
            raise FluxError(kind, f"GLPK proved no smallest set: code {code}, status {status}")
        return tuple(name for name, column in columns.items() if glpk.glp_mip_col_val(problem, column) > 0.5)  # noqa: PLR2004 - 0 or 1
    finally:
        glpk.glp_delete_prob(problem)


def _add_row(problem: Any, columns: Sequence[int], kind: int, bound: float) -> None:
    import swiglpk as glpk

    row = glpk.glp_add_rows(problem, 1)
    indices, values = glpk.intArray(len(columns) + 1), glpk.doubleArray(len(columns) + 1)
    for position, column in enumerate(columns, start=1):
        indices[position], values[position] = column, 1.0
    glpk.glp_set_mat_row(problem, row, len(columns), indices, values)
    glpk.glp_set_row_bnds(problem, row, kind, bound, bound)
