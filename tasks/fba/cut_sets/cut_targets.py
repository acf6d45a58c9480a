"""What may be knocked out together, and which of it a flux distribution needs."""

from __future__ import annotations

import ast
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, require_reaction
from fluxagents.tasks.fba.solving.gene_rules import GeneRules
from fluxagents.tasks.fba.solving.wild_type import Disabled
from fluxagents.tasks.ports.models import Concern

if TYPE_CHECKING:
    from cobra import Model, Reaction

Kind = Literal["reactions", "genes"]


class CutTargetArgs(ConditionArgs):
    """What may be knocked out, and under which conditions."""

    kind: Kind = Field(default="reactions", description="What is knocked out.")
    candidates: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="Gene or reaction ids that may be knocked out; all genes, or all reactions but "
        "exchanges, demands, sinks, biomass and those that must carry flux, if absent.",
    )
    excluded: tuple[str, ...] = Field(default=(), description="Ids that may not be knocked out.")

    @property
    def further_concerns(self) -> frozenset[Concern]:
        return frozenset({Concern.GENES} if self.kind == "genes" else ())


class CutTargets(Protocol):
    """Genes or reactions of a model that may be knocked out."""

    ids: Sequence[str]
    """In the order of the model."""

    def disable(self, knock_outs: Iterable[str]) -> Disabled:
        """The reactions that carry no flux without these targets."""

    def find_needed(
        self, active: Disabled, knock_outs: Collection[str], avoided: Collection[str] = ()
    ) -> frozenset[str]:
        """Targets that suffice for these reactions to carry flux, none of them a knock-out.

        Args:
            active: Indices in `model.reactions`; none of them is disabled by the knock-outs.
            knock_outs: Targets that are gone.
            avoided: Targets of which the fewest are taken.
        """

    def classes(self, groups: Mapping[int, int]) -> Sequence[Sequence[str]]:
        """The targets, those together of which any one ends what any other ends.

        Args:
            groups: Index in `model.reactions` of what can carry flux -> its group of coupled reactions.
        """


def cut_targets(model: Model, args: CutTargetArgs) -> CutTargets:
    """The targets of a model that is under its conditions, with the objective that is growth.

    Exchanges, demands and sinks, the objective and reactions that are closed anyway are no targets unless
    they are named. Nor is a reaction that must carry flux, such as ATP maintenance, or a gene in its rule:
    without it a cell could do more, and the searches rest on its doing less.

    Raises:
        FluxError: `UNKNOWN_ID` for an id that the model does not have, with the nearest ids;
            `BAD_ARGUMENT` for a candidate that is or has a reaction which must carry flux.
    """
    targets = GeneTargets if args.kind == "genes" else ReactionTargets
    return targets(model, args.candidates, args.excluded)


class ReactionTargets:
    """Reactions as targets; see `cut_targets`."""

    def __init__(self, model: Model, candidates: Sequence[str] | None, excluded: Sequence[str]) -> None:
        left_out = {require_reaction(model, identifier) for identifier in excluded}
        named = None if candidates is None else {require_reaction(model, name) for name in candidates}
        _refuse_forced({reaction.id: reaction for reaction in _list_forced(model)}, candidates)
        self._ids = {
            index: str(reaction.id)
            for index, reaction in enumerate(model.reactions)
            if reaction.id not in left_out
            and not _is_forced(reaction)
            and (
                not (reaction.boundary or reaction.objective_coefficient or reaction.bounds == (0, 0))
                if named is None
                else reaction.id in named
            )
        }
        self._indices = {identifier: index for index, identifier in self._ids.items()}
        self.ids: Sequence[str] = tuple(self._indices)

    def disable(self, knock_outs: Iterable[str]) -> Disabled:
        return frozenset(self._indices[identifier] for identifier in knock_outs)

    def find_needed(
        self, active: Disabled, knock_outs: Collection[str], avoided: Collection[str] = ()
    ) -> frozenset[str]:
        del knock_outs, avoided
        return frozenset(self._ids[index] for index in active if index in self._ids)

    def classes(self, groups: Mapping[int, int]) -> Sequence[Sequence[str]]:
        return _classify({name: groups.get(index, name) for index, name in self._ids.items()})


class GeneTargets:
    """Genes as targets, by the gene rules of the model; see `cut_targets`."""

    def __init__(self, model: Model, candidates: Sequence[str] | None, excluded: Sequence[str]) -> None:
        self._rules = GeneRules(model)
        forced = {gene.id: reaction for reaction in _list_forced(model) for gene in reaction.genes}
        left_out = {gene.id for gene in self._rules.require_genes(excluded)} | forced.keys()
        named = model.genes if candidates is None else self._rules.require_genes(candidates)
        _refuse_forced(forced, candidates)
        self.ids: Sequence[str] = tuple(gene.id for gene in named if gene.id not in left_out)
        self._targets = frozenset(self.ids)
        self._broken = frozenset(gene.id for gene in model.genes if not gene.functional)
        self._bodies = {
            index: reaction.gpr.body
            for index, reaction in enumerate(model.reactions)
            if reaction.gpr.body is not None
        }
        self._choices = {index: body for index, body in self._bodies.items() if _has_choice(body)}
        self._fixed = {
            index: self._targets.intersection(gene.id for gene in reaction.genes)
            for index, reaction in enumerate(model.reactions)
            if index in self._bodies.keys() - self._choices.keys()
        }

    def disable(self, knock_outs: Iterable[str]) -> Disabled:
        return self._rules.disabled_reactions(knock_outs)

    def find_needed(
        self, active: Disabled, knock_outs: Collection[str], avoided: Collection[str] = ()
    ) -> frozenset[str]:
        missing = self._broken.union(knock_outs)
        # What has no choice comes first, so that choices fall on what is needed anyway.
        needed = set[str]().union(*(self._fixed[index] for index in active if index in self._fixed))
        unwanted = frozenset(avoided)
        for index in sorted(active & self._choices.keys()):
            needed |= self._support(self._choices[index], missing, needed, unwanted) or frozenset()
        return frozenset(needed)

    def classes(self, groups: Mapping[int, int]) -> Sequence[Sequence[str]]:
        ends: dict[str, set[Hashable]] = {identifier: set() for identifier in self.ids}
        for index, body in self._bodies.items():
            if index in groups:
                for gene, end in _list_ends(body, index, groups):
                    if gene in ends:
                        ends[gene].add(end)
        return _classify({name: frozenset(found) or name for name, found in ends.items()})

    def _support(
        self, rule: ast.AST, missing: frozenset[str], needed: set[str], avoided: frozenset[str]
    ) -> frozenset[str] | None:
        """The fewest targets beside those needed that make a rule hold; None if it fails."""
        if isinstance(rule, ast.Name):
            return None if rule.id in missing else self._targets & {rule.id}
        assert isinstance(rule, ast.BoolOp)
        supports = [self._support(part, missing, needed, avoided) for part in rule.values]
        held = [support for support in supports if support is not None]
        if isinstance(rule.op, ast.And):
            return frozenset().union(*held) if len(held) == len(supports) else None
        return min(
            held,
            key=lambda genes: (len((genes & avoided) - needed), len(genes - needed), sorted(genes)),
            default=None,
        )


def _has_choice(rule: ast.AST) -> bool:
    return any(isinstance(node, ast.Or) for node in ast.walk(rule))


def _list_ends(rule: ast.AST, index: int, groups: Mapping[int, int]) -> Iterator[tuple[str, Hashable]]:
    """Each gene of a rule, with what ends without it: a group of reactions, or a part of the rule."""
    if isinstance(rule, ast.Name):
        yield rule.id, groups[index]
        return
    for place, node in enumerate(ast.walk(rule)):
        if isinstance(node, ast.BoolOp):
            end = groups[index] if node is rule else (index, place)
            for part in node.values:
                if isinstance(part, ast.Name):
                    # An isozyme ends nothing alone: it is like no other gene.
                    yield part.id, end if isinstance(node.op, ast.And) else (index, place, part.id)


def _classify(ends: Mapping[str, Hashable]) -> Sequence[Sequence[str]]:
    alike: dict[Hashable, list[str]] = {}
    for identifier, end in ends.items():
        alike.setdefault(end, []).append(identifier)
    return list(alike.values())


def _is_forced(reaction: Reaction) -> bool:
    return not reaction.lower_bound <= 0 <= reaction.upper_bound


def _list_forced(model: Model) -> list[Reaction]:
    return [reaction for reaction in model.reactions if _is_forced(reaction)]


def _refuse_forced(forced: Mapping[str, Reaction], candidates: Sequence[str] | None) -> None:
    """Refuse candidates among targets that would end the flux of a reaction which must carry some."""
    for name in candidates or ():
        if name in forced:
            reaction = forced[name]
            bounds = f"{reaction.lower_bound:g} to {reaction.upper_bound:g} mmol/gDW/h"
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"'{name}' cannot be knocked out: reaction '{reaction.id}' must carry flux ({bounds})",
                suggestions=(
                    f"leave it out of 'candidates', or let the bounds of '{reaction.id}' include 0",
                ),
            )
