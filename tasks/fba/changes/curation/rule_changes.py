"""Gene rules that make a gene needed, or not needed any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fluxagents.tasks.fba.solving.lazy_libraries import cobra

if TYPE_CHECKING:
    from cobra import Model, Reaction


def free_of(model: Model, gene: str) -> dict[str, str]:
    """For each reaction that is lost without a gene, its rule without that gene; empty where none is left."""
    return {
        reaction.id: _write(_drop(reaction.gpr.body, gene))
        for reaction in _list_reactions(model, gene)
        if not reaction.gpr.eval({gene})
    }


def bind_to(model: Model, gene: str) -> dict[str, str]:
    """For each reaction that has isozymes without a gene, its rule with those alone that need the gene."""
    rules = {}
    for reaction in _list_reactions(model, gene):
        body = reaction.gpr.body
        if isinstance(body, ast.BoolOp) and isinstance(body.op, ast.Or):
            kept = [part for part in body.values if gene in _names(part)]
            if len(kept) < len(body.values):
                rules[reaction.id] = _write(_join(body, kept))
    return rules


def _list_reactions(model: Model, gene: str) -> list[Reaction]:
    return sorted(model.genes.get_by_id(gene).reactions, key=lambda reaction: reaction.id)


def _drop(node: Any, gene: str) -> Any:
    if isinstance(node, ast.Name):
        return None if gene in _names(node) else node
    return _join(node, [part for value in node.values if (part := _drop(value, gene)) is not None])


def _join(node: ast.BoolOp, parts: list[Any]) -> Any:
    if len(parts) > 1:
        return ast.BoolOp(node.op, parts)
    return parts[0] if parts else None


def _write(node: Any) -> str:
    return "" if node is None else str(cobra.core.gene.GPR(ast.Expression(node)).to_string())


def _names(node: Any) -> Iterator[str]:
    yield from cobra.core.gene.GPR(ast.Expression(node)).genes
