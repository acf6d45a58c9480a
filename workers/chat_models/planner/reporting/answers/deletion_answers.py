"""Knock-outs: what is essential, and what is left without a gene or a reaction."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.workers.chat_models.planner.reporting.conditions import (
    describe_conditions,
    describe_failure,
    describe_growth_reaction,
)
from fluxagents.workers.chat_models.planner.reporting.phrases import (
    count_things,
    describe_change,
    format_number,
    format_rate,
    join_words,
    verb_of,
)
from fluxagents.workers.chat_models.planner.reporting.reported_finding import OWN_MEDIUM, ReportedFinding


def describe_essentiality(finding: ReportedFinding) -> Iterator[str]:
    """What is essential; of one or a few that are named, the growth without them."""
    tested = {kind: finding.get(f"{kind}_tested") or 0 for kind in ("genes", "reactions")}
    if not any(tested.values()):
        yield from describe_failure(finding, "nothing can be said to be essential")
        return
    left = (finding.get("growth_without_per_h") or {}).get("values", {})
    if left:
        yield from _describe_each(finding, left)
    else:
        asked = [kind for kind in tested if kind in finding.topics] or list(tested)
        for kind in asked:
            if tested[kind]:
                yield _describe_share(finding, kind, tested[kind])
    threshold = format_number(finding.values["threshold_fraction_of_wild_type"])
    if not left:
        yield (
            f"Growth with all of them is {format_rate(finding.growth)}; essential is what leaves less than "
            f"{threshold} of it."
        )
    yield from _describe_agreement(finding)
    yield from describe_growth_reaction(finding)


def _describe_share(finding: ReportedFinding, kind: str, tested: int) -> str:
    listing = finding.values[f"essential_{kind}"]
    count, condition = listing["count"], _when(finding)
    if count == 0:
        return f"None of {count_things(tested, kind[:-1])} is essential{condition}."
    return (
        f"{count} of {count_things(tested, kind[:-1])} {verb_of(count)} essential{condition}: "
        f"{finding.write_ids(listing)}."
    )


def _when(finding: ReportedFinding) -> str:
    conditions = describe_conditions(finding)
    return "" if conditions == OWN_MEDIUM else f" {conditions}"


def _describe_each(finding: ReportedFinding, left: dict[str, float | None]) -> Iterator[str]:
    essential = {
        identifier
        for kind in ("genes", "reactions")
        for identifier in (finding.get(f"essential_{kind}") or {}).get("ids", ())
    }
    genes = (finding.get("genes_tested") or 0) > 0
    kind = "gene" if genes else "reaction"
    condition = _when(finding)
    if len(left) == 1:
        ((identifier, growth),) = left.items()
        is_essential = identifier in essential
        verdict = f"the {kind} is {'essential' if is_essential else 'not essential'} here"
        change = describe_change(finding.growth, growth if growth is not None else 0.0)
        if finding.asks_yes_or_no and finding.asks("essential|lethal|needed|require"):
            answer = "Yes" if is_essential else "No"
            yield f"{answer}: growth {change} without {finding.names.write(identifier)}{condition}."
        else:
            yield f"Growth {change} without {finding.names.write(identifier)}{condition}: {verdict}."
        if growth is None:
            yield "Without it no fluxes satisfy all bounds."
        return
    write = finding.names.write_short
    pairs = [f"{format_number(growth or 0.0)} without {write(name)}" for name, growth in left.items()]
    yield f"Growth{condition} is {format_rate(finding.growth)}; it is {join_words(pairs)}."
    lost = [write(name) for name in left if name in essential]
    none = f"None of these {kind}s is essential."
    yield f"Essential {verb_of(len(lost))} {join_words(lost)}." if lost else none


def _describe_agreement(finding: ReportedFinding) -> Iterator[str]:
    agreement = finding.get("agreement")
    if not agreement:
        return
    accuracy, mcc = agreement.get("accuracy_fraction"), agreement.get("mcc")
    figures = [
        f"accuracy {format_number(accuracy)}" if accuracy is not None else "no accuracy",
        f"Matthews correlation {format_number(mcc)}" if mcc is not None else "no Matthews correlation",
    ]
    wrong = [
        count_things(agreement[key], f"false {sign}")
        for key, sign in (("false_positives", "positive"), ("false_negatives", "negative"))
        if agreement.get(key) is not None
    ]
    yield f"Against what was observed: {join_words([*figures, *wrong])}."


def _describe_pairs(finding: ReportedFinding, condition: str) -> Iterator[str]:
    pairs, lethal = finding.count("synthetic_lethal_pairs"), finding.get("lethal_pairs") or 0
    if pairs:
        what = count_things(pairs, "pair")
        listed = finding.list_ids("synthetic_lethal_pairs")
        yield f"{what} of genes {verb_of(pairs)} synthetically lethal{condition}: {listed}."
    else:
        yield f"No pair of genes is synthetically lethal{condition}."
    if lethal > pairs:
        why = "the others" if pairs else "each"
        yield f"{count_things(lethal, 'pair')} {verb_of(lethal)} lethal, {why} as one gene is lethal alone."
    yield from finding.list_all("lethal_genes", "gene", "lethal alone")


def describe_deletions(finding: ReportedFinding) -> Iterator[str]:
    """Deletions of genes, one, two or more at a time."""
    tested = finding.get("deletions_tested")
    if not tested:
        yield from describe_failure(finding, "no deletion can be judged")
        return
    left = (finding.get("growth_without_per_h") or {}).get("values", {})
    condition = _when(finding)
    lethal, slower = finding.values["lethal_deletions"], finding.get("slower_deletions")
    if finding.get("kind") == "double":
        yield from _describe_pairs(finding, condition)
    elif len(left) == 1:
        ((genes, growth),) = left.items()
        lost = join_words(map(finding.names.write, genes.split(" + ")))
        verdict = "lethal" if lethal else "not lethal"
        change = describe_change(finding.growth, growth if growth is not None else 0.0)
        yield f"Growth {change} without {lost}{condition}: the deletion is {verdict}."
    else:
        found = f": {finding.list_ids('lethal_genes')}" if finding.count("lethal_genes") else ""
        many = count_things(tested, "deletion")
        yield (
            f"None of {many} is lethal{condition}."
            if not lethal
            else f"{lethal} of {many} {verb_of(lethal)} lethal{condition}{found}."
        )
        if slower:
            yield f"{slower} more {'makes' if slower == 1 else 'make'} growth slower."
        # A deletion only takes fluxes away, so an optimum cannot rise.
        yield "No deletion makes growth faster."
        if left:
            rates = finding.write_fluxes(finding.values["growth_without_per_h"], "1/h")
            yield f"Growth without them: {rates}."
    threshold = format_number(finding.values["threshold_fraction_of_wild_type"])
    method = " by MOMA" if finding.get("method") == "moma" else ""
    if len(left) != 1:
        yield f"Lethal is what leaves less than {threshold} of {format_rate(finding.growth)}{method}."
    elif method:
        yield "Fluxes were adjusted by MOMA."
